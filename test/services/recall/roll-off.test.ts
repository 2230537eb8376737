import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { approvalViews, holdViews } from '../../../db/queries/steering-views.ts';
import { jobViews, taskViews } from '../../../db/queries/views.ts';
import { decideApproval } from '../../../server/services/approval/decide.ts';
import { enqueueDue } from '../../../server/services/engine/due.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { releaseHold } from '../../../server/services/hold/release.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { retryJob } from '../../../server/services/job/retry.ts';
import { openRecall } from '../../../server/services/recall/open.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { personOf } from '../../support/people.ts';
import { DAY, HOUR, MINUTE } from '../../support/pipeline.ts';
import { recallFleet, recalls, recallsOf, refusal, type Recalls } from '../../support/recall.ts';
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

describe('a recall that a person opens', () => {
  test('rolls off every host that runs the release, as one ordinary job in the name of that person', async () => {
    await line.ready(['1.0.0', '1.1.0', '1.2.0']);
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
    await line.declare(recallFleet());
    await line.good(['1.1.0']);
    await line.publish(['1.2.0']);
    await line.report(1, '1.1.0');
    expect((await line.open({})).jobs).toEqual([]);
    expect(await line.hosts(1)).toEqual(['line-1 1.1.0 waits 1.2.0 not_downloaded']);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 queued Ana: line-1']);
  });

  test('waits for a good release and goes on by itself when one is published', async () => {
    await line.ready(['1.0.0', '1.1.0']);
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
    await line.ready(['1.1.0']);
    await line.open({ range: { from: '1.1.0' }, except: ['1.3.0'] });
    await line.publish(['1.2.0']);
    await line.follow();
    expect(await line.jobs()).toEqual([]);
    await line.good(['1.3.0']);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.3.0 queued Ana: line-1, line-2, line-3']);
  });

  test('goes back where it says so, not below its floor and not across a required release', async () => {
    await line.ready(['0.9.0', '1.0.0', '1.1.0']);
    await line.open({ strategy: { type: 'downgrade', floor: '1.0.1' } });
    expect(await line.hosts(1)).toContain('line-1 1.1.0 stays waiting_for_good_release');
    await line.revert(1);
    await line.open({ strategy: { type: 'downgrade', floor: '0.9.0' } });
    expect(await line.jobs()).toEqual(['roll-off 1.0.0 queued Ana: line-1, line-2, line-3']);
  });

  test('never skips a required release on the way forward', async () => {
    await line.ready(['1.1.0', '1.2.0', '1.3.0']);
    await world.ctx.db.$client`update release set required = true where version = '1.2.0'`;
    await line.open({});
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 queued Ana: line-1, line-2, line-3']);
  });

  test('freezes until its instant, and is forward from then on, to the millisecond', async () => {
    await line.ready(['1.1.0', '1.2.0']);
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
    await line.ready(['1.1.0', '1.2.0'], { more: { approvals: [{ name: 'all', roles: ['operator', 'approver'] }] } });
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
    await line.ready(['1.1.0', '1.2.0']);
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
    await line.ready(['1.1.0', '1.2.0']);
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
    await line.ready(['1.1.0', '1.2.0']);
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
    await line.ready(['1.1.0']);
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

describe('holds and windows', () => {
  const hold = (strict: boolean) =>
    createHold.run(world.ctx, world.operator, { scope: { environment: 'plant' }, reason: 'Q3', strict });

  test('a hold does not stop what a person rolls off, a strict one does', async () => {
    await line.ready(['1.1.0', '1.2.0']);
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
    await line.ready(['1.1.0', '1.2.0'], { environment: { maintenance: night } });
    await line.open({});
    expect(await line.rollout.deliver()).toHaveLength(1);
  });

  test('recallWaitsForWindow: the roll-off waits, says until when, and goes on by itself', async () => {
    await line.ready(['1.1.0', '1.2.0'], { environment: { maintenance: night, recallWaitsForWindow: true } });
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
    await line.ready(['1.1.0', '1.2.0'], {
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

describe('a roll-off under way', () => {
  test('a roll-off that comes too late for a host leaves it alone', async () => {
    await line.ready(['1.1.0', '1.2.0', '1.3.0']);
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
    await line.ready(['1.1.0', '1.2.0']);
    const { jobs } = await line.open({});
    await cancelJob.run(world.ctx, world.operator, { id: jobs[0]!.id });
    await line.pass(2 * HOUR + MINUTE);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 cancelled Ana: line-1, line-2, line-3']);
  });
});
