import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobViews, taskViews } from '../../db/queries/views.ts';
import { environment, host, release, slackDraft } from '../../db/schema/index.ts';
import { eq } from 'drizzle-orm';
import type { SlackDraftInput } from '../../server/contracts/slack.ts';
import type { Person } from '../../server/demo/slack/person.ts';
import { ALWAYS_OPEN, WEEKDAYS } from '../../server/domain/windows.ts';
import { createHold } from '../../server/services/hold/create.ts';
import { demoteRelease } from '../../server/services/release/demote.ts';
import { regrant } from '../support/people.ts';
import { rollouts } from '../support/rollout.ts';
import type { BotSite } from '../support/slack/bot-site.ts';
import { answerIn, fieldsOf, filled, opened, openDialogSite, textOf } from '../support/slack/dialogs.ts';
import { channels, users } from '../support/slack/workspace.ts';
import { until } from '../support/until.ts';
import { declareFleet, publish, type World } from '../support/world.ts';
import type { Actor } from '../../server/services/verb.ts';

/** Against our own stand-in at Slack's protocol, through real Bolt over HTTP with signed requests. */
let site: BotSite;
let world: World;
let ana: Person;
let anaActor: Actor;
/** The next update of a dialog takes its time. */
let late: 'no' | 'planned' | 'under way' = 'no';
beforeAll(async () => {
  const fault = (method: string) => {
    if (method !== 'views.update' || late !== 'planned') return null;
    late = 'under way';
    return { kind: 'slow', ms: 400 } as const;
  };
  site = await openDialogSite({ settings: { SIGNALBOX_BAKE_MS: '0' }, standIn: { fault } });
  world = site.world;
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

const jobs = () => jobViews(world.ctx.db, {});
const installs = async () => (await jobs()).filter(({ kind }) => kind === 'install');
const answer = () => answerIn(site);
const input = (more: Partial<Extract<SlackDraftInput, { dialog: 'install' }>> = {}) => ({
  dialog: 'install' as const,
  releaseId: 1,
  hostIds: [],
  labels: {},
  ...more,
});

/** Release 1 is 1.0.0, 2 is 2.0.0, both on the server; one management host (1) and three others (2, 3, 4). */
async function fleet(): Promise<void> {
  await declareFleet(world, { management: 1, targets: 3 });
  await publish(world, ['1.0.0', '2.0.0']);
  await rollouts(world).download([1, 2]);
}

describe('Install Update', () => {
  test('release, hosts of both kinds, the plan as it is picked, and the job that comes of it', async () => {
    await fleet();
    await world.ctx.db.update(release).set({ notes: 'Faster <!channel> & better' }).where(eq(release.id, 1));
    const view = await opened(site, ana, input());
    expect(fieldsOf(view)).toEqual(['all:1', 'management:1', 'targets:1', 'waves', 'budget', 'reason']);
    expect(textOf(view)).toContain('Faster &lt;!channel&gt; &amp; better');
    expect(textOf(view)).toContain('0 hosts of 4 chosen');
    expect(textOf(view)).toContain('Choose at least one host');
    await filled(site, ana, view, 'management', ['1']);
    await filled(site, ana, view, 'targets', ['2', '4']);
    expect(textOf(view)).toContain('*Plan:* 3 hosts change');
    expect(textOf(view)).toContain('3 hosts, nothing known runs there: mgmt-1, line-1 and line-3');
    expect(textOf(view)).toContain('2 waves: 1 → 2; more than 0 bad halts it');
    expect(textOf(view)).toContain('Nobody has to approve it');
    expect(textOf(view)).toContain('Install Now (3)');
    await ana.fill(view, 'reason', 'the line <stands>');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const [job] = await installs();
    expect(job).toMatchObject({ releaseId: 1, requestedBy: 'Ana', reason: 'the line <stands>', waves: 3 });
    const tasks = (await taskViews(world.ctx.db, {})).filter(({ jobId }) => jobId === job?.id);
    expect(tasks.map(({ hostId, wave }) => [hostId, wave])).toEqual([
      [1, 1],
      [2, 3],
      [4, 3],
    ]);
    await until('the answer', () => answer().includes('Installation started successfully'));
    expect(answer()).toContain(`/jobs/${job?.id}|Job ${job?.id}>, orders 1.0.0 on 3 hosts`);
  });

  test('shows the notes of every release between what runs and the one that is wanted, escaped', async () => {
    await fleet();
    await publish(world, ['3.0.0']);
    const rollout = rollouts(world);
    await rollout.download([3]);
    await rollout.install(1, [2]);
    await rollout.finish();
    const notes = { 1: 'the first', 2: 'Migrates <@U0ANA00001> & more', 3: 'the third' };
    for (const [id, text] of Object.entries(notes)) {
      await world.ctx.db
        .update(release)
        .set({ notes: text, required: id === '1' })
        .where(eq(release.id, Number(id)));
    }
    const view = await opened(site, ana, input({ releaseId: 3 }));
    expect(textOf(view)).toContain('the third');
    expect(textOf(view)).not.toContain('Migrates');
    await filled(site, ana, view, 'targets', ['2', '3']);
    expect(textOf(view)).toContain('*Notes of 1 more release on the way:*');
    expect(textOf(view)).toContain('*2.0.0*\nMigrates &lt;@U0ANA00001&gt; &amp; more');
    expect(textOf(view)).not.toContain('the first');
    await filled(site, ana, view, 'targets', ['3']);
    expect(textOf(view)).not.toContain('on the way');
  });

  test('without a release the picker offers those on the server first, and the rest follows', async () => {
    await declareFleet(world, { targets: 2 });
    await publish(world, ['1.0.0', '2.0.0']);
    await rollouts(world).download([1]);
    const view = await opened(site, ana, input({ releaseId: null }));
    expect(fieldsOf(view)).toEqual(['release']);
    expect(await ana.submit(view)).toEqual({ kind: 'incomplete', blocks: ['release'] });
    const offered = await ana.suggest(view, 'release', 'orders');
    expect(offered.map(({ value }) => value)).toEqual(['1', '2']);
    expect(JSON.stringify(offered)).toContain('orders 2.0.0 · not downloaded');
    expect(await ana.suggest(view, 'release', '2.0')).toHaveLength(1);
    await filled(site, ana, view, 'release', '2');
    await filled(site, ana, view, 'all', ['on']);
    expect(textOf(view)).toContain(
      '✗ Refused on line-1 and line-2: Deploy of 2.0.0 refused: its package is not on the server',
    );
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('△ *Install of 2.0.0 refused on every chosen host');
    await ana.suggest(view, 'release', '1.0');
    await filled(site, ana, view, 'release', '1');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    expect(await installs()).toMatchObject([{ releaseId: 1, status: 'queued' }]);
  });

  test('Select all means whatever can be chosen when it is submitted, but for those that are left out', async () => {
    await fleet();
    await world.ctx.db.update(host).set({ life: 'maintenance' }).where(eq(host.id, 3));
    const view = await opened(site, ana, input());
    expect(textOf(view)).toContain('line-2 is in maintenance');
    await filled(site, ana, view, 'all', ['on']);
    expect(fieldsOf(view)).toContain('except:1');
    expect(textOf(view)).toContain('3 hosts of 3 chosen');
    await ana.suggest(view, 'except', 'line');
    await filled(site, ana, view, 'except', ['4']);
    expect(textOf(view)).toContain('2 hosts of 3 chosen');
    await filled(site, ana, view, 'all', []);
    expect(textOf(view)).toContain('0 hosts of 3 chosen');
    await filled(site, ana, view, 'all', ['on']);
    expect(textOf(view)).toContain('△ Left out: line-2 is in maintenance.');
    await ana.submit(view);
    const tasks = (await taskViews(world.ctx.db, {})).map(({ hostId }) => hostId);
    expect(tasks).toEqual([1, 2]);
    expect(await installs()).toMatchObject([{ leftOut: [{ host: 'line-2', code: 'in_maintenance' }] }]);
  });

  test('opened for an environment it stands for the hosts there, visibly, and another label can be picked', async () => {
    await fleet();
    const view = await opened(site, ana, input({ all: true, labels: { environment: ['plant'] } }));
    expect(textOf(view)).toContain('Select all that match the labels');
    expect(textOf(view)).toContain('4 hosts of 4 chosen');
    await ana.suggest(view, 'labels', '');
    await filled(site, ana, view, 'labels', ['environment=plant']);
    expect(textOf(view)).toContain('environment=plant');
    const none = await opened(site, ana, input({ all: true, labels: { environment: 'elsewhere' } }));
    expect(textOf(none)).toContain('0 hosts of 4 chosen');
    const errors = { 'all:1': 'No host has these labels. Choose others, or none.' };
    expect(await ana.submit(none)).toEqual({ kind: 'errors', errors });
  });

  test('what cannot be read, or is not chosen, is said beside its field, and nothing is started', async () => {
    await fleet();
    const view = await opened(site, ana, input());
    expect(await ana.submit(view)).toEqual({ kind: 'errors', errors: { 'targets:1': 'Choose at least one host.' } });
    await filled(site, ana, view, 'targets', ['2']);
    await filled(site, ana, view, 'waves', 'all at once');
    expect(textOf(view)).toContain('△ Waves are counts or shares');
    await filled(site, ana, view, 'budget', 'some');
    expect(await ana.submit(view)).toMatchObject({
      kind: 'errors',
      errors: { waves: expect.stringContaining('such as: 1, 25 %'), budget: expect.stringContaining('0, 3, 10 %') },
    });
    await filled(site, ana, view, 'waves', '100 % manual');
    await filled(site, ana, view, 'budget', '10 %');
    expect(textOf(view)).toContain('1 wave: 1 (waits for Continue); more than 10 % bad halts it');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const [job] = await installs();
    expect(job?.plan).toMatchObject({ waves: [{ ppm: 1_000_000, manual: true }], maxFailures: { ppm: 100_000 } });
  });

  test('a release demoted meanwhile refuses inside the dialog, with the next step', async () => {
    await fleet();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    await demoteRelease.run(world.ctx, world.operator, { id: 1, channel: 'stable', reason: 'it breaks' });
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('Choose another release, or have it un-demoted');
    expect(textOf(view)).toContain('Demoted on stable by Ana: it breaks');
    expect(await installs()).toEqual([]);
  });

  test('a plan that changed meanwhile is shown once more before it starts: a hold', async () => {
    await fleet();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    await createHold.run(world.ctx, world.operator, { scope: {}, reason: 'Q3 close', strict: false });
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('This is not the plan that you saw');
    expect(textOf(view)).toContain('‖ 1 host would wait: Stopped by hold 1 "Q3 close" (Ana)');
    expect(await installs()).toEqual([]);
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    expect(await installs()).toHaveLength(1);
  });

  test('who lost the role meanwhile is refused; who never had it gets no dialog', async () => {
    await fleet();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    await regrant(world, anaActor, 'viewer');
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('job.install refused: it needs the role operator, you are viewer');
    expect(await installs()).toEqual([]);
    await site.linked(users.ben, 'Ben', 'viewer');
    const ben = site.slack.person(users.ben);
    await ben.command(JSON.stringify(input()), channels.releases);
    expect(ben.dialog()).toBeUndefined();
    await until('the refusal', () =>
      site.slack.whispers(users.ben).at(-1)?.text.includes('it needs the role operator'),
    );
  });

  test('a draft that has run out ends the dialog; nothing is started', async () => {
    await fleet();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    world.time.now += 30 * 60_000;
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('This dialog has run out: it lasts 30 minutes');
    expect(fieldsOf(view)).toEqual([]);
    expect(await installs()).toEqual([]);
  });

  test('a bot that restarts in between goes on with the dialogs that are open', async () => {
    await fleet();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    await site.restartBot();
    await filled(site, ana, view, 'targets', ['2', '3']);
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    expect(await installs()).toMatchObject([{ waves: 3 }]);
  });

  test('nobody uses the draft of somebody else', async () => {
    await fleet();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    await site.linked(users.ben, 'Ben', 'operator');
    const ben = site.slack.person(users.ben);
    const own = await opened(site, ben, input({ hostIds: [2] }));
    own.view['private_metadata'] = view.view['private_metadata'];
    expect(await ben.submit(own)).toEqual({ kind: 'updated' });
    expect(textOf(own)).toContain('This dialog was opened by somebody else');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    expect(await installs()).toMatchObject([{ requestedBy: 'Ana' }]);
  });

  test('submitted five times at once it starts one job, and each is answered', async () => {
    await fleet();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    const same = await Promise.all(Array.from({ length: 5 }, () => ana.submit(view)));
    expect(same.map(({ kind }) => kind).sort()).not.toContain('failed');
    expect(await installs()).toHaveLength(1);
  });

  test('an update that was late does not take the place of a later one', async () => {
    await fleet();
    const view = await opened(site, ana, input());
    const updates = () => site.slack.calls('views.update').length;
    const before = updates();
    late = 'planned';
    await ana.fill(view, 'targets', ['2']);
    await until('the slow one to be on its way', () => late === 'under way');
    await filled(site, ana, view, 'targets', ['2', '3']);
    expect(textOf(view)).toContain('2 hosts of 4 chosen');
    await until('the late one to be refused, and the newest to be shown once more', () => updates() === before + 3);
    expect(textOf(view)).toContain('2 hosts of 4 chosen');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
  });

  test('changes that overtake each other end with the newest shown', async () => {
    await fleet();
    const view = await opened(site, ana, input());
    await Promise.all([
      ana.fill(view, 'targets', ['2']),
      ana.fill(view, 'targets', ['2', '3']),
      ana.fill(view, 'targets', ['2', '3', '4']),
    ]);
    await until('the newest plan', async () => {
      const [draft] = await world.ctx.db.select().from(slackDraft);
      const count = (draft?.input as { hostIds: number[] }).hostIds.length;
      return textOf(view).includes(`${count} hosts of 4 chosen`);
    });
    expect(await ana.submit(view)).toMatchObject({ kind: expect.stringMatching(/cleared|updated/) });
  });
});

describe('break-glass', () => {
  const seen = 'Pass what is required, once, for this plan';

  async function requiredBetween(): Promise<void> {
    await declareFleet(world, { targets: 2 });
    await publish(world, ['1.0.0', '1.5.0', '2.0.0']);
    const steps = rollouts(world);
    await steps.download([1, 2, 3]);
    await steps.install(1, [1, 2]);
    await steps.finish();
    await world.ctx.db.update(release).set({ required: true }).where(eq(release.id, 2));
  }

  test('is offered to an admin alone, where only required releases refuse, and needs its own reason', async () => {
    await requiredBetween();
    const plain = await opened(site, ana, input({ releaseId: 3, hostIds: [1] }));
    expect(textOf(plain)).toContain('Required releases in between: 1.5.0');
    expect(textOf(plain)).not.toContain(seen);
    await site.linked(users.cleo, 'Cleo', 'admin');
    const cleo = site.slack.person(users.cleo);
    const view = await opened(site, cleo, input({ releaseId: 3, hostIds: [1] }));
    expect(textOf(view)).toContain(seen);
    await filled(site, cleo, view, 'glass', ['on']);
    expect(textOf(view)).toContain('Passed by break-glass on line-1');
    expect(await cleo.submit(view)).toEqual({ kind: 'incomplete', blocks: ['glassReason'] });
    await cleo.fill(view, 'glassReason', 'line 1 is down');
    expect(await cleo.submit(view)).toEqual({ kind: 'cleared' });
    const [job] = (await installs()).filter(({ releaseId }) => releaseId === 3);
    expect(job?.brokenGlass).toMatchObject({ by: 'Cleo', reason: 'line 1 is down' });
  });

  test('is not offered where anything else refuses', async () => {
    await requiredBetween();
    await demoteRelease.run(world.ctx, world.operator, { id: 3, channel: 'stable', reason: 'it breaks' });
    await site.linked(users.cleo, 'Cleo', 'admin');
    const view = await opened(site, site.slack.person(users.cleo), input({ releaseId: 3, hostIds: [1] }));
    expect(textOf(view)).not.toContain(seen);
  });
});

describe('maintenance windows', () => {
  /** Open for an hour, in another part of the week. */
  async function closedWindow(): Promise<void> {
    await fleet();
    const day = new Date(world.time.now + 2 * 86_400_000).toLocaleDateString('en', {
      weekday: 'short',
      timeZone: 'UTC',
    });
    const days = [WEEKDAYS.find((each) => each === day.toLowerCase())!];
    const windows = { timeZone: 'UTC', windows: [{ days, start: '02:00', end: '03:00' }] };
    await world.ctx.db.update(environment).set({ windows });
  }

  test('that are closed are shown with the plan: left as they are, the job waits for them', async () => {
    await closedWindow();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    expect(textOf(view)).toContain('‖ 1 host would wait: ');
    expect(textOf(view)).toContain('Install outside of the window');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const [job] = await installs();
    expect(job).toMatchObject({ windowOverride: null, startedAt: null });
  });

  test('are passed with a reason that is asked for', async () => {
    await closedWindow();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    await filled(site, ana, view, 'override', ['on']);
    expect(textOf(view)).toContain('△ Passed 1 host would have waited: ');
    expect(await ana.submit(view)).toEqual({ kind: 'incomplete', blocks: ['overrideReason'] });
    await ana.fill(view, 'overrideReason', 'line 1 is down');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const [job] = await installs();
    expect(job).toMatchObject({ windowOverride: 'line 1 is down' });
  });

  test('that open while somebody reads ask for a new look', async () => {
    await closedWindow();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    await world.ctx.db.update(environment).set({ windows: ALWAYS_OPEN });
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('This is not the plan that you saw');
    expect(textOf(view)).not.toContain('Install outside of the window');
  });
});

describe('a required release between', () => {
  test('is offered as a path: one job for each, the later one after the earlier', async () => {
    await declareFleet(world, { targets: 2 });
    await publish(world, ['1.0.0', '1.5.0', '2.0.0']);
    const steps = rollouts(world);
    await steps.download([1, 2, 3]);
    await steps.install(1, [1, 2]);
    await steps.finish();
    await world.ctx.db.update(release).set({ required: true }).where(eq(release.id, 2));
    const view = await opened(site, ana, input({ releaseId: 3, hostIds: [1] }));
    expect(textOf(view)).toContain('Path by the required releases:* 1.5.0 (1 host) → 2.0.0 (1 host), a job for each');
    await filled(site, ana, view, 'path', ['on']);
    expect(textOf(view)).toContain('Install Now (1)');
    await ana.fill(view, 'reason', 'by way of 1.5.0');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const legs = (await installs()).filter(({ releaseId }) => releaseId !== 1).toSorted((a, b) => a.id - b.id);
    expect(legs).toMatchObject([
      { version: '1.5.0', afterJobId: null, reason: 'by way of 1.5.0' },
      { version: '2.0.0', afterJobId: legs[0]?.id, reason: 'by way of 1.5.0' },
    ]);
  });
});
