import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { channelsFollowed } from '../../../db/queries/catalog.ts';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { releaseViews, taskViews } from '../../../db/queries/views.ts';
import { headOf } from '../../../server/domain/channel.ts';
import { breakGlass } from '../../../server/services/approval/break-glass.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { promoteRelease } from '../../../server/services/release/promote.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { startDownload } from '../../../server/services/release/download.ts';
import { previewRollback } from '../../../server/services/rollback/preview.ts';
import { personOf } from '../../support/people.ts';
import { HOUR } from '../../support/pipeline.ts';
import { recalls, recallsOf, refusal, type Recalls } from '../../support/recall.ts';
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

describe('while a release is recalled', () => {
  test('it is never a head, and is not installed, downloaded or promoted', async () => {
    await line.ready(['1.0.0', '1.1.0'], { product: { channels: ['stable', 'late'] } });
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
    await line.ready(['1.1.0']);
    await line.publish(['1.2.0']);
    const { id } = await requestDownload.run(world.ctx, world.operator, { id: 2 });
    await line.open({ range: { only: '1.2.0' } });
    expect(await startDownload(world.ctx, id)).toBe('ended');
    expect(await releaseViews(world.ctx.db, [2])).toMatchObject([{ downloadProblem: { code: 'recalled' } }]);
  });

  test('queued tasks are refused when they start, running ones end', async () => {
    await line.ready(['1.1.0', '1.2.0']);
    const job = await line.rollout.install(2, [1, 2], { maxParallel: 1 });
    const [running] = await line.rollout.deliver();
    await line.open({ range: { only: '1.2.0' } });
    expect(await line.rollout.deliver()).toEqual([]);
    expect((await line.rollout.job(job)).counts).toMatchObject({ running: 1, not_started: 1 });
    await line.rollout.succeed(running!);
    expect(await line.rollout.job(job)).toMatchObject({ status: 'failed', problem: { code: 'recalled', recall: 1 } });
  });

  test('its approvals are superseded, and say why; break-glass does not pass it', async () => {
    await line.ready(['1.1.0', '1.2.0'], { more: { approvals: [{ name: 'all' }] } });
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
    await line.ready(['1.1.0', '1.2.0']);
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

describe('several recalls of one release', () => {
  test('a freeze that runs wins; a downgrade needs all of them, with the highest floor', async () => {
    await line.ready(['0.8.0', '0.9.0', '1.0.0', '1.1.0']);
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
    await line.ready(['1.1.0', '1.2.0']);
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

describe('the preview', () => {
  test('says what the opening will do, and changes nothing', async () => {
    await line.ready(['1.0.0', '1.1.0', '1.2.0'], {
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
    await line.ready(['1.1.0', '1.2.0']);
    const all = await Promise.allSettled([1, 2, 3, 4].map(() => line.open({})));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await Promise.all([line.follow(), line.follow()]);
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 queued Ana: line-1, line-2, line-3']);
  });

  test('two who revert revert once', async () => {
    await line.ready(['1.1.0']);
    await line.open({});
    const all = await Promise.allSettled([1, 2, 3].map(() => line.revert(1)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('opening, publishing and reverting end in a state that the recalls explain', async () => {
    await line.ready(['1.1.0']);
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
});
