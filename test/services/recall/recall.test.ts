import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { channelsFollowed } from '../../../db/queries/catalog.ts';
import { approvalViews, holdViews } from '../../../db/queries/steering-views.ts';
import { jobViews, releaseViews, taskViews } from '../../../db/queries/views.ts';
import { headOf } from '../../../server/domain/channel.ts';
import { decideApproval } from '../../../server/services/approval/decide.ts';
import { breakGlass } from '../../../server/services/approval/break-glass.ts';
import { enqueueDue } from '../../../server/services/engine/due.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { releaseHold } from '../../../server/services/hold/release.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { retryJob } from '../../../server/services/job/retry.ts';
import { openRecall } from '../../../server/services/recall/open.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { promoteRelease } from '../../../server/services/release/promote.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { startDownload } from '../../../server/services/release/download.ts';
import { previewRollback } from '../../../server/services/rollback/preview.ts';
import { personOf } from '../../support/people.ts';
import { DAY, HOUR, MINUTE } from '../../support/pipeline.ts';
import { recalls, recallsOf, type Recalls } from '../../support/recall.ts';
import { openWorld, start, type World } from '../../support/world.ts';

let world: World;
let line: Recalls;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0', SIGNALBOX_PIPELINE_MS: String(HOUR) });
});
beforeEach(async () => {
  await world.clear();
  line = recalls(world);
});
afterAll(() => world.close());

const night = { timeZone: 'UTC', windows: [{ days: ['mon', 'tue'], start: '22:00', end: '02:00' }] };
const opens = Date.parse('2026-03-02T22:00:00Z');

const fleet = ({
  environment = {},
  product = {},
  more = {},
}: Record<'environment' | 'product' | 'more', object> | Record<string, object> = {}) => ({
  products: [
    { name: 'orders', channels: ['stable'], entryChannels: ['stable'], feed: { folder: '/srv/feed' }, ...product },
  ],
  environments: [
    { name: 'plant', subscriptions: { orders: 'stable' }, ...environment },
    { name: 'lab', subscriptions: { orders: 'stable' } },
  ],
  hosts: ['plant', 'plant', 'lab'].map((name, i) => ({
    name: `line-${i + 1}`,
    environment: name,
    root: `/srv/${i + 1}`,
    local: true,
  })),
  ...more,
});

/** Every host runs 1.1.0; these releases can be had. */
async function ready(versions: readonly string[], parts: Parameters<typeof fleet>[0] = {}): Promise<void> {
  await line.declare(fleet(parts));
  await line.good(versions);
  for (const hostId of [1, 2, 3]) await line.report(hostId, '1.1.0');
  await line.follow();
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: Error) => error.message,
  );

describe('while a release is recalled', () => {
  test('it is never a head, and is not installed, downloaded or promoted', async () => {
    await ready(['1.0.0', '1.1.0'], { product: { channels: ['stable', 'late'] } });
    await line.open({});
    const channel = (await channelsFollowed(world.ctx.db, 1, [1])).get(1)!;
    expect(headOf(channel, 'stable')).toMatchObject({ head: { version: '1.0.0' } });
    const install = startInstall.run(world.ctx, world.operator, { releaseId: 2, hostIds: [1] });
    expect(await refusal(install)).toContain('Deploy of 1.1.0 refused: it is recalled.');
    await line.publish(['1.1.1']);
    await line.open({ range: { only: '1.1.1' } });
    expect(await refusal(requestDownload.run(world.ctx, world.operator, { id: 3 }))).toContain('it is recalled');
    const promotion = promoteRelease.run(world.ctx, world.operator, { id: 2, channel: 'late', reason: 'x' });
    expect(await refusal(promotion)).toContain('recalled');
  });

  test('a download that waits ends where it would start', async () => {
    await ready(['1.1.0']);
    await line.publish(['1.2.0']);
    const { id } = await requestDownload.run(world.ctx, world.operator, { id: 2 });
    await line.open({ range: { only: '1.2.0' } });
    expect(await startDownload(world.ctx, id)).toBe('ended');
    expect(await releaseViews(world.ctx.db, [2])).toMatchObject([{ downloadProblem: { code: 'recalled' } }]);
  });

  test('queued tasks are refused when they start, running ones end', async () => {
    await ready(['1.1.0', '1.2.0']);
    const job = await line.rollout.install(2, [1, 2], { maxParallel: 1 });
    const [running] = await line.rollout.deliver();
    await line.open({ range: { only: '1.2.0' } });
    expect(await line.rollout.deliver()).toEqual([]);
    expect((await line.rollout.job(job)).counts).toMatchObject({ running: 1, not_started: 1 });
    await line.rollout.succeed(running!);
    expect(await line.rollout.job(job)).toMatchObject({ status: 'failed', problem: { code: 'recalled', recall: 1 } });
  });

  test('its approvals are superseded, and say why; break-glass does not pass it', async () => {
    await ready(['1.1.0', '1.2.0'], { more: { approvals: [{ name: 'all' }] } });
    await line.rollout.install(2, [1]);
    await line.open({ range: { only: '1.2.0' } });
    await line.rollout.deliver();
    expect(await approvalViews(world.ctx.db, {})).toMatchObject([
      { state: 'superseded', endReason: expect.stringContaining('the release is recalled') },
    ]);
    expect(await line.jobs()).toEqual(['install 1.2.0 cancelled approval_superseded Ana: line-1']);
    const admin = await personOf(world, 'Eva', 'admin');
    expect(await refusal(breakGlass.run(world.ctx, admin, { id: 1, reason: 'x' }))).not.toBeNull();
  });

  test('it is no known-good release', async () => {
    await ready(['1.1.0', '1.2.0']);
    await line.rollout.install(1, [1]);
    await line.rollout.finish();
    const job = await line.rollout.install(2, [1]);
    await line.rollout.finish();
    const preview = () =>
      previewRollback.run(world.ctx, world.operator, { id: job, hostIds: [1], includeHealthy: true });
    expect((await preview()).jobs).toMatchObject([{ version: '1.1.0' }]);
    await line.open({});
    expect((await preview()).stuck).toEqual(['line-1']);
  });
});

describe('a recall that a person opens', () => {
  test('rolls off every host that runs the release, as one ordinary job in the name of that person', async () => {
    await ready(['1.0.0', '1.1.0', '1.2.0']);
    await line.report(3, '1.0.0');
    const { recall, jobs } = await line.open({});
    expect(recall).toMatchObject({ id: 1, openedBy: 'Ana', evaluationId: null, range: { only: '1.1.0' } });
    expect(jobs).toMatchObject([
      { kind: 'roll-off', version: '1.2.0', requestedBy: 'Ana', reason: 'Recall 1: loses orders' },
    ]);
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 queued Ana: line-1, line-2']);
    await line.follow();
    await line.rollout.finish();
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 succeeded Ana: line-1, line-2']);
    expect(await line.hosts(1)).toEqual([]);
  });

  test('fetches the package of the good release first', async () => {
    await line.declare(fleet());
    await line.good(['1.1.0']);
    await line.publish(['1.2.0']);
    await line.report(1, '1.1.0');
    expect((await line.open({})).jobs).toEqual([]);
    expect(await line.hosts(1)).toEqual(['line-1 1.1.0 waits 1.2.0 not_downloaded']);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 queued Ana: line-1']);
  });

  test('waits for a good release and goes on by itself when one is published', async () => {
    await ready(['1.0.0', '1.1.0']);
    await line.open({});
    await line.follow();
    expect(await line.hosts(1)).toEqual([1, 2, 3].map((n) => `line-${n} 1.1.0 stays waiting_for_good_release`));
    await line.pass(DAY);
    expect(await line.jobs()).toEqual([]);
    await line.publish(['1.1.1']);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.1.1 queued Ana: line-1, line-2, line-3']);
    await line.follow();
    await line.rollout.finish();
    expect(await line.hosts(1)).toEqual([]);
  });

  test('an open range catches what is published later; what it leaves alone is good', async () => {
    await ready(['1.1.0']);
    await line.open({ range: { from: '1.1.0' }, except: ['1.3.0'] });
    await line.publish(['1.2.0']);
    await line.follow();
    expect(await line.jobs()).toEqual([]);
    await line.good(['1.3.0']);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.3.0 queued Ana: line-1, line-2, line-3']);
  });

  test('goes back where it says so, not below its floor and not across a required release', async () => {
    await ready(['0.9.0', '1.0.0', '1.1.0']);
    await line.open({ strategy: { type: 'downgrade', floor: '1.0.1' } });
    expect(await line.hosts(1)).toContain('line-1 1.1.0 stays waiting_for_good_release');
    await line.revert(1);
    await line.open({ strategy: { type: 'downgrade', floor: '0.9.0' } });
    expect(await line.jobs()).toEqual(['roll-off 1.0.0 queued Ana: line-1, line-2, line-3']);
  });

  test('never skips a required release on the way forward', async () => {
    await ready(['1.1.0', '1.2.0', '1.3.0']);
    await world.ctx.db.$client`update release set required = true where version = '1.2.0'`;
    await line.open({});
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 queued Ana: line-1, line-2, line-3']);
  });

  test('freezes until its instant, and is forward from then on, to the millisecond', async () => {
    await ready(['1.1.0', '1.2.0']);
    const until = start + 5 * HOUR + 1_234;
    await line.open({ strategy: { type: 'freeze', until } });
    await line.follow();
    expect(await line.hosts(1)).toContain('line-1 1.1.0 stays frozen');
    await line.pass(until - 1 - start);
    await line.follow();
    expect(await line.jobs()).toEqual([]);
    await line.pass(1);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 queued Ana: line-1, line-2, line-3']);
  });

  test('asks for approval, and its opener’s own approve does not count', async () => {
    await ready(['1.1.0', '1.2.0'], { more: { approvals: [{ name: 'all', roles: ['operator', 'approver'] }] } });
    const ana = await personOf(world, 'Ana', 'operator');
    const ben = await personOf(world, 'Ben', 'approver');
    await line.publish(['1.3.0']);
    await world.ctx.db.$client`update channel_entry set demoted_at = now() where release_id = 2`;
    const asked = { productId: 1, range: { only: '1.1.0' }, except: [], strategy: { type: 'forward' as const } };
    await openRecall.run(world.ctx, ana, { ...asked, reason: 'x' });
    await line.follow();
    expect((await line.jobs())[0]).toContain('roll-off 1.3.0 waiting_approval');
    const own = decideApproval.run(world.ctx, ana, { id: 1, verdict: 'approve' });
    expect(
      await own.then(
        (answer) => JSON.stringify(answer),
        (error: Error) => error.message,
      ),
    ).toMatch(/own/);
    await decideApproval.run(world.ctx, ben, { id: 1, verdict: 'approve' });
    await line.rollout.finish();
    expect(await line.hosts(1)).toEqual([]);
  });

  test('tries a host once; a retry stays a roll-off of its recall', async () => {
    await ready(['1.1.0', '1.2.0']);
    await line.open({});
    const [held] = await line.rollout.deliver();
    await line.rollout.fail(held!, '1.1.0');
    await line.pass(3 * HOUR);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 failed over_budget Ana: line-1, line-2, line-3']);
    expect(await line.hosts(1)).toEqual([1, 2, 3].map((n) => `line-${n} 1.1.0 tried 1.2.0 already_tried`));
    const [job] = (await jobViews(world.ctx.db, {})).filter(({ kind }) => kind === 'roll-off');
    const again = await retryJob.run(world.ctx, world.operator, { id: job!.id });
    expect(again).toMatchObject({ kind: 'roll-off', parentJobId: job!.id, reason: 'Recall 1: loses orders' });
    await line.rollout.finish();
    expect(await line.hosts(1)).toEqual([]);
  });

  test('goes on when its target is recalled or demoted before it starts', async () => {
    await ready(['1.1.0', '1.2.0']);
    await line.open({});
    await line.open({ range: { only: '1.2.0' } });
    await line.rollout.deliver();
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 failed recalled Ana: line-1, line-2, line-3']);
    await line.good(['1.3.0']);
    await line.follow();
    await demoteRelease.run(world.ctx, world.operator, { id: 3, channel: 'stable', reason: 'x' });
    await line.rollout.deliver();
    await line.good(['1.4.0']);
    await line.follow();
    expect((await line.jobs()).slice(1)).toEqual([
      'roll-off 1.3.0 failed demoted Ana: line-1, line-2, line-3',
      'roll-off 1.4.0 queued Ana: line-1, line-2, line-3',
    ]);
  });

  test('leaves alone what it cannot install to, and says why', async () => {
    await ready(['1.1.0', '1.2.0']);
    await world.ctx.db.$client`update host set life = 'maintenance' where id = 1`;
    await world.ctx.db.$client`update environment set installer_method = 'helm' where name = 'lab'`;
    await line.open({});
    expect(await line.hosts(1)).toEqual([
      'line-1 1.1.0 refused in_maintenance',
      'line-2 1.1.0 under_way 1.2.0 under_way',
      'line-3 1.1.0 refused not_managed',
    ]);
  });

  test('is refused when nothing is left of it, it is unknown, over, or the very same as another', async () => {
    await ready(['1.1.0']);
    expect(await refusal(line.open({ range: { only: '9.9.9' } }))).toContain('there is no release 9.9.9');
    expect(await refusal(line.open({ except: ['1.1.0'] }))).toContain('is excluded');
    expect(await refusal(line.open({ range: { from: '2.0.0', before: '1.0.0' } }))).toContain('Swap the bounds');
    expect(await refusal(line.open({ strategy: { type: 'freeze', until: start } }))).toContain('which is over');
    expect(await refusal(line.open({ strategy: { type: 'downgrade', floor: 'blue' } }))).toContain('"blue"');
    await line.open({});
    expect(await refusal(line.open({}))).toContain('recall 1 says the very same');
    expect(await recallsOf(world)).toHaveLength(1);
  });
});

describe('several recalls of one release', () => {
  test('a freeze that runs wins; a downgrade needs all of them, with the highest floor', async () => {
    await ready(['0.8.0', '0.9.0', '1.0.0', '1.1.0']);
    const until = start + HOUR;
    await line.open({ strategy: { type: 'freeze', until } });
    await line.open({ strategy: { type: 'downgrade', floor: '0.8.0' } });
    await line.follow();
    expect((await line.hosts(2))[0]).toBe('line-1 1.1.0 stays frozen');
    await line.pass(HOUR);
    await line.follow();
    // A freeze that has run out does not let anybody go back.
    expect((await line.hosts(2))[0]).toBe('line-1 1.1.0 stays waiting_for_good_release');
    await line.open({ range: { only: '1.0.0' } });
    await line.open({ strategy: { type: 'downgrade', floor: '0.9.0' } });
    await line.revert(1);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 0.9.0 queued Ana: line-1, line-2, line-3']);
  });

  test('it is free only when none is left, and what has not begun then ends', async () => {
    await ready(['1.1.0', '1.2.0']);
    await line.open({});
    await line.open({ range: { from: '1.0.0', before: '1.2.0' } });
    await line.revert(1);
    await line.follow();
    const [first] = await line.rollout.deliver();
    expect(first).toBeDefined();
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 running Ana: line-1, line-2, line-3']);
    await line.revert(2);
    await line.follow();
    expect(await line.rollout.deliver()).toEqual([]);
    await line.rollout.succeed(first!);
    await line.rollout.finish();
    expect(await taskViews(world.ctx.db, {})).toMatchObject([
      { status: 'succeeded' },
      { status: 'cancelled', problem: { code: 'not_recalled' } },
      { status: 'cancelled', problem: { code: 'not_recalled' } },
    ]);
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 cancelled Ana: line-1, line-2, line-3']);
    // Nothing is put back.
    expect(headOf((await channelsFollowed(world.ctx.db, 1, [1])).get(1)!, 'stable')).toMatchObject({
      head: { version: '1.2.0' },
    });
    const install = await line.rollout.install(1, [3]);
    expect((await line.rollout.job(install)).status).toBe('queued');
  });
});

describe('holds and windows', () => {
  const hold = (strict: boolean) =>
    createHold.run(world.ctx, world.operator, { scope: { environment: 'plant' }, reason: 'Q3', strict });

  test('a hold does not stop what a person rolls off, a strict one does', async () => {
    await ready(['1.1.0', '1.2.0']);
    await hold(false);
    await line.open({});
    const [first] = await line.rollout.deliver();
    await hold(true);
    await line.rollout.succeed(first!);
    await line.rollout.finish();
    const statuses = (await taskViews(world.ctx.db, {})).map(({ hostName, status, problem }) => [
      hostName,
      status,
      problem?.code,
    ]);
    expect(statuses).toContainEqual(['line-2', 'pending', 'held']);
    const strict = (await holdViews(world.ctx.db, {})).find((one) => one.strict);
    await releaseHold.run(world.ctx, world.operator, { id: strict!.id });
    await line.rollout.finish();
    expect(await line.hosts(1)).toEqual([]);
  });

  test('maintenance windows of an environment are ignored, unless it says that recalls wait', async () => {
    await ready(['1.1.0', '1.2.0'], { environment: { maintenance: night } });
    await line.open({});
    expect(await line.rollout.deliver()).toHaveLength(1);
  });

  test('recallWaitsForWindow: the roll-off waits, says until when, and goes on by itself', async () => {
    await ready(['1.1.0', '1.2.0'], { environment: { maintenance: night, recallWaitsForWindow: true } });
    await line.report(3, '1.2.0');
    const preview = await line.preview({});
    expect(preview.hosts[0]).toMatchObject({ outcome: 'starts', reason: { code: 'window_closed', until: opens } });
    await line.open({});
    expect(await line.rollout.deliver()).toEqual([]);
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 waiting window_closed Ana: line-1, line-2']);
    world.time.now = opens;
    await enqueueDue(world.ctx);
    await line.rollout.finish();
    expect(await line.hosts(1)).toEqual([]);
  });
});

describe('approval of a roll-off', () => {
  test('names the window that an environment has its recalls wait for, and lasts until that ends', async () => {
    await ready(['1.1.0', '1.2.0'], {
      environment: { maintenance: night, recallWaitsForWindow: true },
      more: { approvals: [{ name: 'all' }] },
    });
    await line.report(3, '1.2.0');
    await line.open({});
    const [card] = await approvalViews(world.ctx.db, {});
    expect(card).toMatchObject({ window: { from: opens, until: opens + 4 * HOUR } });
    await decideApproval.run(world.ctx, await personOf(world, 'Ben', 'approver'), { id: card!.id, verdict: 'approve' });
    world.time.now = opens;
    await enqueueDue(world.ctx);
    await line.rollout.finish();
    expect(await line.hosts(1)).toEqual([]);
  });
});

describe('the preview', () => {
  test('says what the opening will do, and changes nothing', async () => {
    await ready(['1.0.0', '1.1.0', '1.2.0'], {
      product: {
        channels: ['stable', 'late'],
        pipeline: { stages: [{ source: 'stable', target: 'late', kind: 'timed', duration: '7d' }] },
      },
    });
    await line.report(3, '1.0.0');
    const job = await line.rollout.install(2, [3]);
    const preview = await line.preview({ range: { from: '1.1.0', before: '1.2.0' } });
    expect(preview).toMatchObject({
      releases: [{ version: '1.1.0', channels: ['stable'], hosts: 2 }],
      jobs: [{ version: '1.2.0', hosts: 2, waves: [1, 1] }],
      evaluations: [{ version: '1.1.0', source: 'stable', target: 'late' }],
      stops: [{ jobId: job, kind: 'install', version: '1.1.0', pending: 1 }],
      refusal: null,
    });
    expect(await recallsOf(world)).toEqual([]);
    expect((await line.preview({ range: { only: '9.9.9' } })).refusal).toMatchObject({ code: 'no_such_release' });
    const { jobs } = await line.open({ range: { from: '1.1.0', before: '1.2.0' } });
    expect(jobs.map(({ version, counts }) => [version, counts.pending])).toEqual([['1.2.0', 2]]);
  });
});

describe('at once', () => {
  test('two who open the very same recall open one', async () => {
    await ready(['1.1.0', '1.2.0']);
    const all = await Promise.allSettled([1, 2, 3, 4].map(() => line.open({})));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await Promise.all([line.follow(), line.follow()]);
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 queued Ana: line-1, line-2, line-3']);
  });

  test('two who revert revert once', async () => {
    await ready(['1.1.0']);
    await line.open({});
    const all = await Promise.allSettled([1, 2, 3].map(() => line.revert(1)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('opening, publishing and reverting end in a state that the recalls explain', async () => {
    await ready(['1.1.0']);
    await Promise.all([
      line.open({ range: { from: '1.0.0' }, except: ['1.3.0'] }),
      line.publish(['1.2.0', '1.3.0']),
      line.open({}),
    ]);
    await Promise.all([line.revert(1), line.follow()]);
    await line.follow();
    const standing = (await recallsOf(world)).filter(({ revertedAt }) => revertedAt === null);
    expect(standing).toHaveLength(1);
    const jobs = await line.jobs();
    // One job in flight: to 1.3.0 while only that is good, else to the newest that is.
    await line.rollout.finish();
    await line.follow();
    await line.rollout.finish();
    expect(jobs).toHaveLength(1);
    expect(await line.hosts(standing[0]!.id)).toEqual([]);
  });

  test('a roll-off that comes too late for a host leaves it alone', async () => {
    await ready(['1.1.0', '1.2.0', '1.3.0']);
    await world.ctx.db.$client`update channel_entry set demoted_at = now() where release_id = 3`;
    await line.open({});
    await line.report(2, '1.3.0');
    await line.rollout.finish();
    expect((await taskViews(world.ctx.db, {})).map(({ hostName, status }) => [hostName, status])).toEqual([
      ['line-1', 'succeeded'],
      ['line-2', 'cancelled'],
      ['line-3', 'succeeded'],
    ]);
  });

  test('a job that somebody cancels is not made again', async () => {
    await ready(['1.1.0', '1.2.0']);
    const { jobs } = await line.open({});
    await cancelJob.run(world.ctx, world.operator, { id: jobs[0]!.id });
    await line.pass(2 * HOUR + MINUTE);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 cancelled Ana: line-1, line-2, line-3']);
  });
});
