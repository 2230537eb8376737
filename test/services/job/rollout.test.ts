import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { jobViews, taskViews } from '../../../db/queries/views.ts';
import { readAfter } from '../../../db/queries/activities.ts';
import { noteLive, noteReported } from '../../../server/services/host/contact.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { previewInstall } from '../../../server/services/install/preview.ts';
import { advanceJob } from '../../../server/services/job/advance.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { continueJob } from '../../../server/services/job/continue.ts';
import { pauseJob } from '../../../server/services/job/pause.ts';
import { resumeJob } from '../../../server/services/job/resume.ts';
import { retryJob } from '../../../server/services/job/retry.ts';
import { endDownload, noteDownloadProgress, startDownload } from '../../../server/services/release/download.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { enqueueDue, sweepJobs } from '../../../server/services/engine/due.ts';
import { endTask } from '../../../server/services/task/end.ts';
import { keepTask, takeOverTasks } from '../../../server/services/task/lease.ts';
import { startTask, type Held } from '../../../server/services/task/start.ts';
import type { JobPlan } from '../../../server/domain/views.ts';
import { declareFleet, openWorld, publish, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
});
afterEach(() => world.close());

const worker = 'worker-1';

/** Release 1 is published, downloaded and ready to install. */
async function ready(shape: Parameters<typeof declareFleet>[1]): Promise<number[]> {
  await declareFleet(world, shape);
  await publish(world, ['1.0.0', '1.1.0']);
  for (const id of [1, 2]) {
    const job = await requestDownload.run(world.ctx, world.operator, { id });
    await endDownload(world.ctx, job.id, { status: 'succeeded', hooks: {} });
  }
  await world.take('release.download');
  const hosts = (shape.management ?? 0) + shape.targets;
  return Array.from({ length: hosts }, (_, i) => i + 1);
}

async function install(hostIds: number[], plan: Partial<JobPlan> = {}) {
  const job = await startInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds, plan });
  await world.take('job.advance');
  return job.id;
}

/** Delivers what waits for the scheduler; answers with the tasks that workers now hold. */
async function deliver(): Promise<Held[]> {
  for (const { jobId } of await world.take('job.advance')) await advanceJob(world.ctx, jobId);
  const held: Held[] = [];
  for (const { taskId } of await world.take('task.run')) {
    const started = await startTask(world.ctx, taskId, worker);
    if (started) held.push(started);
  }
  return held;
}

async function startAll(job: number): Promise<Held[]> {
  await advanceJob(world.ctx, job);
  return deliver();
}

async function succeed(held: Held): Promise<void> {
  const [task] = await taskViews(world.ctx.db, [held.taskId]);
  await noteLive(world.ctx, task!.hostId);
  await endTask(world.ctx, held, { status: 'succeeded', problem: null, restored: false });
}

const fail = (held: Held) =>
  endTask(world.ctx, held, { status: 'failed', problem: { code: 'hook_failed', sentence: 'exit 3' }, restored: true });

const job = async (id: number) => (await jobViews(world.ctx.db, [id]))[0]!;
const all = { waves: [{ ppm: 1_000_000 }] };

describe('an install', () => {
  test('is refused before the package is on the server, and says what to do', async () => {
    await declareFleet(world, { targets: 1 });
    await publish(world, ['1.0.0']);
    await expect(install([1])).rejects.toMatchObject({ code: 'refused', reason: 'not_downloaded' });
  });

  test('is refused without hosts', async () => {
    await ready({ targets: 1 });
    await expect(install([])).rejects.toMatchObject({ reason: 'no_hosts' });
  });

  test('previews with the judgement that its start makes', async () => {
    const hosts = await ready({ targets: 2 });
    const reported = { version: '1.0.0', digest: '100'.padEnd(64, 'a') };
    await noteLive(world.ctx, 1);
    await noteReported(world.ctx, 1, [{ hostId: 1, reported }]);
    const preview = await previewInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: hosts });
    expect(preview.hosts.map(({ outcome, fromVersion }) => [outcome, fromVersion])).toEqual([
      ['skip', '1.0.0'],
      ['install', null],
    ]);
    expect(preview.refusal).toBeNull();
  });

  test('goes wave by wave and succeeds when every host has', async () => {
    const hosts = await ready({ targets: 8 });
    const id = await install(hosts, { waves: [{ count: 1 }, { ppm: 500_000 }, { ppm: 1_000_000 }] });
    const sizes: number[] = [];
    for (let held = await startAll(id); held.length > 0; held = await startAll(id)) {
      sizes.push(held.length);
      for (const one of held) await succeed(one);
    }
    expect(sizes).toEqual([1, 3, 4]);
    expect(await job(id)).toMatchObject({ status: 'succeeded', counts: { succeeded: 8 }, problem: null });
  });

  test('never has more tasks running than maxParallel, however often it is looked at', async () => {
    const hosts = await ready({ targets: 9 });
    const id = await install(hosts, { ...all, maxParallel: 3 });
    for (let i = 0; i < 5; i += 1) await startAll(id);
    expect((await job(id)).counts.running).toBe(3);
  });

  test('takes management hosts first and alone', async () => {
    const hosts = await ready({ management: 2, targets: 3 });
    const id = await install(hosts, all);
    const first = await startAll(id);
    expect(first).toHaveLength(1);
    expect((await taskViews(world.ctx.db, [first[0]!.taskId]))[0]?.role).toBe('management');
    await succeed(first[0]!);
    const second = await startAll(id);
    expect(second).toHaveLength(1);
    await succeed(second[0]!);
    expect(await startAll(id)).toHaveLength(3);
  });

  test('halts when more hosts fail than the budget allows; what is pending never starts', async () => {
    const hosts = await ready({ targets: 6 });
    const id = await install(hosts, { ...all, maxParallel: 2 });
    const [one, two] = await startAll(id);
    await fail(one!);
    expect(await job(id)).toMatchObject({ status: 'running', problem: { code: 'over_budget' } });
    expect(await startAll(id)).toEqual([]);
    await succeed(two!);
    expect(await job(id)).toMatchObject({ status: 'failed', counts: { failed: 1, succeeded: 1, not_started: 4 } });
  });

  test('a task that was sent for before the halt is refused at its start', async () => {
    const hosts = await ready({ targets: 2 });
    const id = await install(hosts, { ...all, maxParallel: 2 });
    await advanceJob(world.ctx, id);
    const [first, second] = await world.take('task.run');
    const held = await startTask(world.ctx, first!.taskId, worker);
    await fail(held!);
    expect(await startTask(world.ctx, second!.taskId, worker)).toBeNull();
    expect((await job(id)).counts).toMatchObject({ failed: 1, not_started: 1 });
  });

  test('bakes between waves on the clock that it is given, and goes on by itself', async () => {
    const hosts = await ready({ targets: 2 });
    const id = await install(hosts, { waves: [{ count: 1 }, { ppm: 1_000_000 }], bakeMs: 60_000 });
    const [first] = await startAll(id);
    await succeed(first!);
    expect(await job(id)).toMatchObject({
      status: 'waiting',
      problem: { code: 'baking', until: world.time.now + 60_000 },
    });
    world.time.now += 59_999;
    await enqueueDue(world.ctx);
    expect(await deliver()).toEqual([]);
    world.time.now += 1;
    await enqueueDue(world.ctx);
    expect(await deliver()).toHaveLength(1);
  });

  test('a manual wave waits for Continue, which nothing else can take', async () => {
    const hosts = await ready({ targets: 2 });
    const id = await install(hosts, { waves: [{ count: 1 }, { ppm: 1_000_000, manual: true }] });
    await expect(continueJob.run(world.ctx, world.operator, { id })).rejects.toMatchObject({ code: 'stale' });
    const [first] = await startAll(id);
    await succeed(first!);
    expect(await job(id)).toMatchObject({ status: 'waiting', problem: { code: 'manual_wave' } });
    await continueJob.run(world.ctx, world.operator, { id });
    expect(await deliver()).toHaveLength(1);
  });
});

test('a manual wave bakes first, and asks for Continue from the instant at which it has', async () => {
  const hosts = await ready({ targets: 2 });
  const id = await install(hosts, { waves: [{ count: 1 }, { ppm: 1_000_000, manual: true }], bakeMs: 60_000 });
  const [first] = await startAll(id);
  await succeed(first!);
  expect(await job(id)).toMatchObject({ problem: { code: 'baking', until: world.time.now + 60_000 } });
  world.time.now += 60_000;
  await enqueueDue(world.ctx);
  expect(await deliver()).toEqual([]);
  expect(await job(id)).toMatchObject({ status: 'waiting', problem: { code: 'manual_wave' } });
  await continueJob.run(world.ctx, world.operator, { id });
  expect(await deliver()).toHaveLength(1);
});

describe('one host', () => {
  test('has one task at a time over all jobs; the second job says which one blocks it, and goes on by itself', async () => {
    const hosts = await ready({ targets: 1 });
    const first = await install(hosts, all);
    const [held] = await startAll(first);
    const second = await startInstall.run(world.ctx, world.operator, { releaseId: 2, hostIds: hosts, plan: all });
    expect(await deliver()).toEqual([]);
    expect((await taskViews(world.ctx.db, [2]))[0]).toMatchObject({ status: 'pending', blockedByJobId: first });
    await succeed(held!);
    expect(await deliver()).toHaveLength(1);
    expect((await taskViews(world.ctx.db, [2]))[0]).toMatchObject({ status: 'running', blockedByJobId: null });
    expect((await job(second.id)).status).toBe('running');
  });
});

describe('a person steers', () => {
  test('cancel ends what is pending at once and asks what runs to stop', async () => {
    const hosts = await ready({ targets: 3 });
    const id = await install(hosts, { ...all, maxParallel: 1 });
    const [held] = await startAll(id);
    expect(await cancelJob.run(world.ctx, world.operator, { id })).toMatchObject({ status: 'cancelling' });
    expect((await job(id)).counts).toMatchObject({ cancelled: 2, running: 1 });
    expect(await keepTask(world.ctx, held!)).toBe('cancel');
    await endTask(world.ctx, held!, { status: 'cancelled', problem: null, restored: false });
    expect(await job(id)).toMatchObject({ status: 'cancelled', counts: { cancelled: 3 } });
    await expect(cancelJob.run(world.ctx, world.operator, { id })).rejects.toMatchObject({ code: 'stale' });
  });

  test('a paused job starts nothing until it is resumed', async () => {
    const hosts = await ready({ targets: 2 });
    const id = await install(hosts, { ...all, maxParallel: 1 });
    const [held] = await startAll(id);
    await pauseJob.run(world.ctx, world.operator, { id });
    await succeed(held!);
    expect(await startAll(id)).toEqual([]);
    expect((await job(id)).status).toBe('paused');
    await resumeJob.run(world.ctx, world.operator, { id });
    expect(await deliver()).toHaveLength(1);
  });

  test('a download is not paused, before it begins or on its way: it goes on, and can be cancelled', async () => {
    await declareFleet(world, { targets: 1 });
    await publish(world, ['1.0.0']);
    const { id } = await requestDownload.run(world.ctx, world.operator, { id: 1 });
    const pause = () => pauseJob.run(world.ctx, world.operator, { id });
    await expect(pause()).rejects.toMatchObject({ code: 'stale', reason: 'only_rollouts' });
    await startDownload(world.ctx, id);
    await expect(pause()).rejects.toMatchObject({ message: expect.stringMatching(/Cancel it, and download again/) });
    expect(await noteDownloadProgress(world.ctx, id, 1, 10)).toBe('go_on');
    expect(await cancelJob.run(world.ctx, world.operator, { id })).toMatchObject({ status: 'cancelling' });
  });

  test('a task that was sent for before the pause is not started by it, and is once the job is resumed', async () => {
    const hosts = await ready({ targets: 1 });
    const id = await install(hosts, all);
    await advanceJob(world.ctx, id);
    const [sentFor] = await world.take('task.run');
    await pauseJob.run(world.ctx, world.operator, { id });
    expect(await startTask(world.ctx, sentFor!.taskId, worker)).toBeNull();
    expect(await startAll(id)).toEqual([]);
    await resumeJob.run(world.ctx, world.operator, { id });
    expect(await deliver()).toHaveLength(1);
  });

  test('a job of which one host runs to its end and the others are cancelled is cancelled, with its counts', async () => {
    const hosts = await ready({ targets: 3 });
    const id = await install(hosts, { ...all, maxParallel: 1 });
    const [held] = await startAll(id);
    await cancelJob.run(world.ctx, world.operator, { id, reason: 'wrong version' });
    await succeed(held!);
    expect(await job(id)).toMatchObject({ status: 'cancelled', counts: { succeeded: 1, cancelled: 2 } });
  });

  test('retry covers what did not get there and nothing else, linked to its parent', async () => {
    const hosts = await ready({ targets: 3 });
    const id = await install(hosts, { ...all, maxParallel: 2 });
    const [one, two] = await startAll(id);
    await fail(one!);
    await expect(retryJob.run(world.ctx, world.operator, { id })).rejects.toMatchObject({ reason: 'job_not_ended' });
    await succeed(two!);
    const failedOnly = await retryJob.run(world.ctx, world.operator, { id, statuses: ['failed'] });
    expect(failedOnly).toMatchObject({ parentJobId: id, counts: { pending: 1 } });
    const rest = await retryJob.run(world.ctx, world.operator, { id });
    expect(rest.counts.pending).toBe(2);
  });
});

describe('a worker that is gone', () => {
  test('loses its task to a higher fence when its lease runs out; what it still says changes nothing', async () => {
    const hosts = await ready({ targets: 1 });
    const id = await install(hosts, all);
    const [old] = await startAll(id);
    // No session lock is held for `worker-1` here, so the task counts as orphaned at once.
    const [taken] = await takeOverTasks(world.ctx, 'worker-2', 10);
    expect(taken).toMatchObject({ taskId: old!.taskId });
    expect(taken!.fence).toBeGreaterThan(old!.fence);
    expect(await keepTask(world.ctx, old!)).toBe('lost');
    expect(await fail(old!)).toBe(false);
    await succeed(taken!);
    expect(await job(id)).toMatchObject({ status: 'succeeded' });
  });

  test('a message that was lost is made up for by the sweep', async () => {
    const hosts = await ready({ targets: 1 });
    const id = await install(hosts, all);
    await advanceJob(world.ctx, id);
    expect(await world.take('task.run')).toHaveLength(1);
    await sweepJobs(world.ctx);
    expect(await deliver()).toEqual([]);
    world.time.now += world.ctx.config.leaseMs + 1;
    await sweepJobs(world.ctx);
    expect(await deliver()).toHaveLength(1);
  });
});

test('every change of a job is in the log once, with a revision that rises by one', async () => {
  const hosts = await ready({ targets: 3 });
  const id = await install(hosts, all);
  for (const held of await startAll(id)) await succeed(held);
  const { activities } = await readAfter(world.ctx.db, '0.0', 10_000);
  const revisions = activities
    .filter(({ entity }) => entity.kind === 'job' && entity.id === id)
    .map(({ entity }) => entity.revision);
  expect(revisions).toEqual(revisions.map((_, index) => index + 1));
  expect(activities.at(-1)?.kind).toBe('job.ended');
});
