import { afterEach, beforeEach, expect, test } from 'vitest';
import { jobViews, taskViews } from '../../../db/queries/views.ts';
import type { JobPlan } from '../../../server/domain/views.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { advanceJob } from '../../../server/services/job/advance.ts';
import { pauseJob } from '../../../server/services/job/pause.ts';
import { endDownload } from '../../../server/services/release/download.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { endTasks, type EndOnHost } from '../../../server/services/task/end.ts';
import { startTask, type Held } from '../../../server/services/task/start.ts';
import { declareFleet, openWorld, publish, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
});
afterEach(() => world.close());

const worker = 'worker-1';
const succeeded = { status: 'succeeded', problem: null, restored: false } as const;
const failed = { status: 'failed', problem: { code: 'hook_failed', sentence: 'exit 3' }, restored: true } as const;

/** A job over five hosts, two at a time, with its first tasks held. */
async function inHand(plan: Partial<JobPlan> = {}): Promise<{ id: number; held: Held[] }> {
  await declareFleet(world, { targets: 5 });
  await publish(world, ['1.0.0']);
  const download = await requestDownload.run(world.ctx, world.operator, { id: 1 });
  await endDownload(world.ctx, download.id, { status: 'succeeded', hooks: {} });
  const all = { waves: [{ ppm: 1_000_000 }], maxParallel: 2, ...plan };
  const { id } = await startInstall.run(world.ctx, world.operator, {
    releaseId: 1,
    hostIds: [1, 2, 3, 4, 5],
    plan: all,
  });
  await advanceJob(world.ctx, id);
  const sent = await world.take('task.run');
  const held = await Promise.all(sent.map(({ taskId }) => startTask(world.ctx, taskId, worker)));
  return { id, held: held.filter((one) => one !== null) };
}

async function ended(id: number, held: readonly Held[], end: EndOnHost['end'], goesOn = true) {
  const views = await taskViews(
    world.ctx.db,
    held.map(({ taskId }) => taskId),
  );
  const hostOf = new Map(views.map((view) => [view.id, view.hostId]));
  const ends = held.map((one) => ({ held: one, hostId: hostOf.get(one.taskId)!, end, goesOn }));
  return endTasks(world.ctx, id, ends, worker);
}

const counts = async (id: number) => (await jobViews(world.ctx.db, [id]))[0]!.counts;

test('whoever ended a task goes on with the next one, held under a fence of its own, and nobody is sent for it', async () => {
  const { id, held } = await inHand();
  const [first] = await ended(id, held.slice(0, 1), succeeded);
  expect(first).toEqual({ told: true, next: { taskId: expect.any(Number), fence: 1 } });
  expect(held.map(({ taskId }) => taskId)).not.toContain(first!.next!.taskId);
  expect(await world.take('task.run')).toEqual([]);
  expect(await counts(id)).toMatchObject({ succeeded: 1, running: 2, pending: 2 });
  expect((await taskViews(world.ctx.db, [first!.next!.taskId]))[0]).toMatchObject({ status: 'running' });
});

test('of two that ended together each gets another task; what is left goes by the queue when they do not go on', async () => {
  const { id, held } = await inHand();
  const next = (await ended(id, held, succeeded)).map((one) => one.next!);
  expect(new Set(next.map(({ taskId }) => taskId)).size).toBe(2);
  expect((await ended(id, next, succeeded, false)).map((one) => one.next)).toEqual([null, null]);
  expect(await world.take('task.run')).toHaveLength(1);
  expect(await counts(id)).toMatchObject({ succeeded: 4, running: 0, pending: 1 });
});

test('nobody goes on with a job that this very end has halted', async () => {
  const { id, held } = await inHand();
  const [end] = await ended(id, held.slice(0, 1), failed);
  expect(end).toEqual({ told: true, next: null });
  expect(await counts(id)).toMatchObject({ failed: 1, running: 1, not_started: 3 });
});

test('nor with a job that is paused', async () => {
  const { id, held } = await inHand();
  await pauseJob.run(world.ctx, world.operator, { id });
  expect((await ended(id, held, succeeded)).map((one) => one.next)).toEqual([null, null]);
  expect(await counts(id)).toMatchObject({ succeeded: 2, running: 0, pending: 3 });
});

test('a task that has another holder by now starts nothing', async () => {
  const { id, held } = await inHand();
  const stale = held.slice(0, 1).map((one) => ({ ...one, fence: one.fence - 1 }));
  expect(await ended(id, stale, succeeded)).toEqual([{ told: false, next: null }]);
  expect(await counts(id)).toMatchObject({ running: 2, pending: 3 });
});
