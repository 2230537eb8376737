import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { approvalViews, holdViews, incidentViews } from '../../db/queries/steering-views.ts';
import { jobViews, releaseViews } from '../../db/queries/views.ts';
import { environment, release } from '../../db/schema/index.ts';
import type { Person } from '../../server/demo/slack/person.ts';
import { saveApprovalRule } from '../../server/services/approval-rule/save.ts';
import { demoteRelease } from '../../server/services/release/demote.ts';
import type { Actor } from '../../server/services/verb.ts';
import { regrant } from '../support/people.ts';
import { rollouts } from '../support/rollout.ts';
import type { BotSite } from '../support/slack/bot-site.ts';
import { answerIn, fieldsOf, filled, opened, openDialogSite, textOf } from '../support/slack/dialogs.ts';
import { users } from '../support/slack/workspace.ts';
import { until } from '../support/until.ts';
import { openRecall } from '../../server/services/recall/open.ts';
import { apply } from '../support/fleet.ts';
import { recallsOf } from '../support/recall.ts';
import { declareFleet, publish, type World } from '../support/world.ts';

/** Against our own stand-in at Slack's protocol, through real Bolt over HTTP with signed requests. */
let site: BotSite;
let world: World;
let ana: Person;
let anaActor: Actor;
let rollout: ReturnType<typeof rollouts>;
beforeAll(async () => {
  site = await openDialogSite({ settings: { SIGNALBOX_BAKE_MS: '0' } });
  world = site.world;
  rollout = rollouts(world);
  ana = site.slack.person(users.ana);
});
beforeEach(async () => {
  anaActor = await site.linked(users.ana, 'Ana', 'operator');
});
afterEach(async () => {
  for (const view of site.slack.workspace.views.values()) view.closed = true;
  await world.clear();
});
afterAll(() => site.close());

const said = (part: string) => until(`an answer with ${part}`, () => answerIn(site).includes(part));
const rollbacks = async () => (await jobViews(world.ctx.db, {})).filter(({ kind }) => kind === 'rollback');
const incidents = () => incidentViews(world.ctx.db, {});
const holds = () => holdViews(world.ctx.db, {});

/** Three hosts on 1.0.0, then 2.0.0 that fails on the hosts in `bad`. Answers with the job of 2.0.0. */
async function troubled(bad: number[]): Promise<number> {
  await declareFleet(world, { targets: 3 });
  await publish(world, ['1.0.0', '2.0.0']);
  await rollout.download([1, 2]);
  await rollout.install(1, [1, 2, 3]);
  await rollout.finish();
  world.time.now += 60_000;
  const id = await rollout.install(2, [1, 2, 3], { maxFailures: { count: 100 } });
  await rollout.finish(bad);
  return id;
}

describe('Demote', () => {
  const demote = (channel: string | null = 'stable') => ({ dialog: 'demote' as const, releaseId: 2, channel });

  test('shows what it means to each environment, wants a reason, and says what was done', async () => {
    await troubled([]);
    const view = await opened(site, ana, demote());
    expect(textOf(view)).toContain('*orders 2.0.0* on stable is taken off the channel.');
    expect(textOf(view)).toContain('• plant runs this release and goes on running it. (3 of 3 hosts on it)');
    expect(await ana.submit(view)).toEqual({ kind: 'incomplete', blocks: ['reason'] });
    await ana.fill(view, 'reason', '   ');
    expect(await ana.submit(view)).toEqual({
      kind: 'errors',
      errors: { reason: 'State why: everybody who looks at this reads it.' },
    });
    await ana.fill(view, 'reason', 'it <leaks>');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    await said('*orders 2.0.0* is demoted on stable.');
    const [found] = await releaseViews(world.ctx.db, [2]);
    expect(found?.demotions).toMatchObject([{ channel: 'stable', by: 'Ana', reason: 'it <leaks>' }]);
  });

  test('without a channel it is picked among those of the release', async () => {
    await troubled([]);
    const view = await opened(site, ana, demote(null));
    expect(fieldsOf(view)).toEqual(['channel', 'reason']);
    const offered = await ana.suggest(view, 'channel', '');
    expect(offered.map(({ value }) => value)).toEqual(['stable']);
    await filled(site, ana, view, 'channel', 'stable');
    expect(textOf(view)).toContain('3 of 3 hosts on it');
    await ana.fill(view, 'reason', 'it leaks');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
  });

  test('demoted by somebody else meanwhile: the dialog says by whom and why', async () => {
    await troubled([]);
    const view = await opened(site, ana, demote());
    await demoteRelease.run(
      world.ctx,
      { ...world.operator, name: 'Cleo' },
      { id: 2, channel: 'stable', reason: 'slow' },
    );
    await ana.fill(view, 'reason', 'it leaks');
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toMatch(/Demote refused: Cleo demoted it on stable at .*: "slow"/);
    expect(textOf(view)).toContain('✗ It is demoted on stable already.');
  });

  test('un-demote makes it active again; who lost the role meanwhile is refused', async () => {
    await troubled([]);
    await demoteRelease.run(world.ctx, world.operator, { id: 2, channel: 'stable', reason: 'slow' });
    const view = await opened(site, ana, { dialog: 'undemote', releaseId: 2, channel: 'stable', reason: 'measured' });
    expect(textOf(view)).toContain('• plant may install it again (3 of 3 hosts on it)');
    await regrant(world, anaActor, 'viewer');
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('release.demote refused: it needs the role operator');
    await regrant(world, anaActor, 'operator');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    expect((await releaseViews(world.ctx.db, [2]))[0]?.demotions).toEqual([]);
  });
});

describe('Promote and recall', () => {
  /** 1.0.0 and 2.0.0 on the channel dev, which a lab follows and installs by itself; nothing on stable. */
  async function onDev(): Promise<void> {
    await apply(world, {
      products: [
        { name: 'orders', channels: ['dev', 'stable'], entryChannels: ['dev'], feed: { folder: '/srv/feed' } },
      ],
      environments: [
        { name: 'lab', subscriptions: { orders: 'dev' } },
        { name: 'plant', updatePolicy: 'auto', subscriptions: { orders: 'stable' } },
      ],
      hosts: ['lab', 'plant'].map((environment) => ({
        name: `${environment}-1`,
        environment,
        root: `/srv/${environment}`,
        local: true,
      })),
    });
    await publish(world, ['1.0.0', '2.0.0']);
    await rollout.download([1, 2]);
    await rollout.report(1, '1.0.0');
  }

  test('a promotion picks release and channel, shows who follows it, and says what was done', async () => {
    await onDev();
    const view = await opened(site, ana, { dialog: 'promote', releaseId: null, channel: null, picks: true });
    expect(fieldsOf(view)).toEqual(['release', 'reason']);
    expect(await ana.submit(view)).toMatchObject({ kind: 'incomplete' });
    const offered = await ana.suggest(view, 'release', '2.0');
    expect(offered.map(({ value }) => value)).toEqual(['2']);
    await filled(site, ana, view, 'release', '2');
    expect(textOf(view)).toContain('Soak and maintenance window are skipped');
    expect((await ana.suggest(view, 'channel', '')).map(({ value }) => value)).toEqual(['stable']);
    await filled(site, ana, view, 'channel', 'stable');
    expect(textOf(view)).toContain('1 environment follows stable.');
    expect(textOf(view)).toContain('• plant installs it by itself');
    await ana.fill(view, 'reason', 'the shift cannot wait');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    await said('*orders 2.0.0* is on stable.');
    expect((await releaseViews(world.ctx.db, [2]))[0]?.channels).toEqual(['dev', 'stable']);
  });

  test('what the rule refuses keeps the dialog open, in its words', async () => {
    await onDev();
    const view = await opened(site, ana, { dialog: 'promote', releaseId: 2, channel: 'stable', reason: 'now' });
    await openRecall.run(world.ctx, world.operator, {
      productId: 1,
      range: { only: '2.0.0' },
      except: [],
      strategy: { type: 'forward' },
      reason: 'loses orders',
    });
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toMatch(/recall/);
  });

  test('a recall shows what it does before it is done; who sees another plan looks once more', async () => {
    await onDev();
    const view = await opened(site, ana, { dialog: 'recall', releaseId: null });
    expect((await ana.suggest(view, 'release', 'orders 1')).map(({ value }) => value)).toEqual(['1']);
    await filled(site, ana, view, 'release', '1');
    expect(textOf(view)).toContain('• 1 host in lab runs it');
    expect(textOf(view)).toContain('• Rolls 1 host to 2.0.0');
    await ana.fill(view, 'reason', 'loses orders');
    await rollout.report(2, '1.0.0');
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('This is not the plan that you saw');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    await said('of *orders 1.0.0* is open: it is served nowhere while it lasts.');
    expect(await recallsOf(world)).toMatchObject([
      { range: { only: '1.0.0' }, openedBy: 'Ana', reason: 'loses orders' },
    ]);
  });
});

describe('Roll back', () => {
  const rollback = (jobId: number, more = {}) => {
    return { dialog: 'rollback' as const, jobId, hostIds: null, includeHealthy: false, ...more };
  };

  test('names the affected hosts, why, and what was good on each, and starts the job', async () => {
    const id = await troubled([1]);
    const view = await opened(site, ana, rollback(id));
    expect(textOf(view)).toContain('*Plan:* 1 host of 3 go back; 1 affected');
    expect(textOf(view)).toMatch(/• To \*1\.0\.0\* \(still on them\): line-1 \(failed/);
    expect(await ana.submit(view)).toEqual({ kind: 'incomplete', blocks: ['reason'] });
    await ana.fill(view, 'reason', 'line 1 is down');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const [job] = await rollbacks();
    expect(job).toMatchObject({ parentJobId: id, releaseId: 1, reason: 'line 1 is down', requestedBy: 'Ana' });
    await said(`/jobs/${job?.id}|Job ${job?.id}>, orders to 1.0.0 on 1 host`);
  });

  test('a healthy host is refused until the switch includes it', async () => {
    const id = await troubled([1]);
    const view = await opened(site, ana, rollback(id, { reason: 'to be safe' }));
    const offered = await ana.suggest(view, 'hosts', 'line');
    expect(offered.map(({ value }) => value)[0]).toBe('1');
    await filled(site, ana, view, 'hosts', ['2']);
    expect(textOf(view)).toContain('✗ Refused on line-2: line-2 left out: it is healthy and consistent');
    expect(textOf(view)).toContain('△ Affected and left out: line-1');
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(await rollbacks()).toEqual([]);
    await filled(site, ana, view, 'healthy', ['on']);
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    expect(await rollbacks()).toMatchObject([{ releaseId: 1 }]);
  });

  test('with no known-good release it says what will be contained, and contains it', async () => {
    await declareFleet(world, { targets: 2 });
    await publish(world, ['1.0.0']);
    await rollout.download([1]);
    const id = await rollout.install(1, [1, 2], { maxFailures: { count: 100 } });
    await rollout.finish([1]);
    const view = await opened(site, ana, rollback(id, { reason: 'line 1 is down' }));
    expect(textOf(view)).toContain('✗ *No known-good release* for line-1: nothing is installed there.');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    await said('*Contained:* Rollback of 1.0.0');
    expect(await rollbacks()).toEqual([]);
    expect(await holds()).toMatchObject([{ scope: { product: 'orders', environment: 'plant' } }]);
    expect(await incidents()).toMatchObject([{ jobId: id, status: 'open' }]);
  });

  test('what became affected meanwhile is shown before it is rolled back', async () => {
    const id = await troubled([1]);
    const view = await opened(site, ana, rollback(id, { reason: 'line 1 is down' }));
    await rollout.report(2, '1.0.0');
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('This is not the plan that you saw');
    expect(textOf(view)).toContain('2 affected');
    expect(await rollbacks()).toEqual([]);
  });

  test('somebody else rolls it back meanwhile: refused, with the job that does', async () => {
    const id = await troubled([1]);
    const [one, two] = [
      await opened(site, ana, rollback(id, { reason: 'a' })),
      await opened(site, ana, rollback(id, { reason: 'b' })),
    ];
    expect(await ana.submit(one)).toEqual({ kind: 'cleared' });
    const [job] = await rollbacks();
    expect(await ana.submit(two)).toEqual({ kind: 'updated' });
    expect(textOf(two)).toContain(`job ${job?.id}`);
    expect(await rollbacks()).toHaveLength(1);
  });

  test('break-glass is an admin’s, where only a required release stands between', async () => {
    const id = await troubled([1]);
    await world.ctx.db.update(release).set({ required: true }).where(eq(release.id, 2));
    const view = await opened(site, ana, rollback(id, { reason: 'line 1 is down' }));
    expect(textOf(view)).not.toContain('Break-glass');
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    await site.linked(users.cleo, 'Cleo', 'admin');
    const cleo = site.slack.person(users.cleo);
    const hers = await opened(site, cleo, rollback(id, { reason: 'line 1 is down' }));
    await filled(site, cleo, hers, 'glass', ['on']);
    await cleo.fill(hers, 'glassReason', 'the plant stands');
    expect(await cleo.submit(hers)).toEqual({ kind: 'cleared' });
    expect(await rollbacks()).toMatchObject([{ brokenGlass: { by: 'Cleo', reason: 'the plant stands' } }]);
  });
});

describe('Hold', () => {
  test('scope by type-ahead, what it stops now, an end in the past refused, and the hold', async () => {
    await troubled([]);
    await publish(world, ['3.0.0']);
    await rollout.download([3]);
    const waiting = await rollout.install(3, [1, 2, 3]);
    const view = await opened(site, ana, { dialog: 'hold', incidentId: null, scope: {} });
    expect(textOf(view)).toContain('*Holds everything*: 3 active hosts.');
    expect(textOf(view)).toContain(`Stops now: job ${waiting}.`);
    await ana.suggest(view, 'host', 'LINE');
    await filled(site, ana, view, 'host', 'line-2');
    await ana.suggest(view, 'environment', 'pl');
    await filled(site, ana, view, 'environment', 'plant');
    expect(textOf(view)).toContain('1 active host.');
    await filled(site, ana, view, 'until', Math.floor(world.time.now / 1_000) - 60);
    await ana.fill(view, 'reason', 'a new valve');
    expect(await ana.submit(view)).toEqual({ kind: 'errors', errors: { until: 'That is over. Choose a later end.' } });
    await filled(site, ana, view, 'until', Math.floor(world.time.now / 1_000) + 3_600);
    await filled(site, ana, view, 'strict', ['on']);
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const expiresAt = Math.floor(world.time.now / 1_000) * 1_000 + 3_600_000;
    const scope = { environment: 'plant', host: 'line-2' };
    expect(await holds()).toMatchObject([{ scope, reason: 'a new valve', owner: 'Ana', expiresAt, strict: true }]);
    await said('|Hold 1>* is in force on everything in plant on host line-2, until 2026-03-02 09:');
  });

  test('from an incident it begins with the product that is in trouble', async () => {
    const id = await troubled([1]);
    const [incident] = await incidents();
    const view = await opened(site, ana, { dialog: 'hold', incidentId: incident?.id ?? 0, scope: {} });
    expect(textOf(view)).toContain('*Holds orders*: 3 active hosts.');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    expect(await holds()).toMatchObject([{ scope: { product: 'orders' }, reason: `Incident 1, job ${id}` }]);
  });

  test('names that cover nothing together are refused in the dialog', async () => {
    await troubled([]);
    const view = await opened(site, ana, {
      dialog: 'hold',
      incidentId: null,
      scope: { product: 'orders', channel: 'nightly' },
      reason: 'x',
    });
    expect(textOf(view)).toContain('0 active hosts');
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('there is no channel nightly');
    expect(await holds()).toEqual([]);
  });
});

describe('Reject and Resolve', () => {
  async function asked(): Promise<void> {
    await declareFleet(world, { targets: 1 });
    await publish(world, ['1.0.0']);
    await rollout.download([1]);
    const match = { actions: ['install' as const] };
    const rule = { name: 'two eyes', match, required: 1, roles: ['approver' as const], allowSelf: false };
    await saveApprovalRule.run(world.ctx, world.operator, { ...rule, expiresAfter: 3_600_000, startWithin: 3_600_000 });
    await rollout.install(1, [1]);
    await site.linked(users.ben, 'Ben', 'approver');
  }

  test('a rejection has a reason, ends the request, and whoever comes later is told', async () => {
    await asked();
    const ben = site.slack.person(users.ben);
    const view = await opened(site, ben, { dialog: 'reject', approvalId: 1 });
    const late = await opened(site, ben, { dialog: 'reject', approvalId: 1 });
    expect(textOf(view)).toContain('Approval 1>:* orders 1.0.0 on 1 host');
    expect(await ben.submit(view)).toEqual({ kind: 'incomplete', blocks: ['reason'] });
    await ben.fill(view, 'reason', 'not on a Friday');
    expect(await ben.submit(view)).toEqual({ kind: 'cleared' });
    expect(await approvalViews(world.ctx.db, {})).toMatchObject([{ state: 'rejected', endReason: 'not on a Friday' }]);
    await said('now rejected:');
    await ben.fill(late, 'reason', 'nor on a Monday');
    expect(await ben.submit(late)).toEqual({ kind: 'cleared' });
    await said('already');
  });

  test('where the console alone decides, the dialog says so and decides nothing', async () => {
    await asked();
    await world.ctx.db.update(environment).set({ approveVia: 'web' });
    const view = await opened(site, site.slack.person(users.ben), { dialog: 'reject', approvalId: 1 });
    expect(textOf(view)).toContain('Approval 1 is decided in the console');
    expect(fieldsOf(view)).toEqual([]);
    expect(await approvalViews(world.ctx.db, {})).toMatchObject([{ state: 'pending' }]);
  });

  test('an incident is resolved with what ended it', async () => {
    await troubled([1]);
    const view = await opened(site, ana, { dialog: 'resolve', incidentId: 1 });
    expect(await ana.submit(view)).toEqual({ kind: 'incomplete', blocks: ['resolution'] });
    await ana.fill(view, 'resolution', 'a new valve');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    expect(await incidents()).toMatchObject([{ status: 'resolved', resolution: 'a new valve', resolvedBy: 'Ana' }]);
    await said('|Incident 1>* is resolved.');
  });

  test('an incident that somebody else resolved meanwhile is not resolved twice', async () => {
    await troubled([1]);
    const open = () => opened(site, ana, { dialog: 'resolve', incidentId: 1, resolution: 'a new valve' });
    const [one, two] = [await open(), await open()];
    expect(await ana.submit(one)).toEqual({ kind: 'cleared' });
    expect(await ana.submit(two)).toEqual({ kind: 'updated' });
    expect(textOf(two)).toContain('△');
  });
});
