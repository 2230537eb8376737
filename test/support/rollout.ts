import { jobViews, taskViews } from '../../db/queries/views.ts';
import type { JobPlan } from '../../server/domain/views.ts';
import { noteLive, noteReported } from '../../server/services/host/contact.ts';
import { startInstall } from '../../server/services/install/start.ts';
import { advanceJob } from '../../server/services/job/advance.ts';
import { endDownload } from '../../server/services/release/download.ts';
import { requestDownload } from '../../server/services/release/request-download.ts';
import { endTask } from '../../server/services/task/end.ts';
import { startTask, type Held } from '../../server/services/task/start.ts';
import type { World } from './world.ts';

/** Jobs of `orders` taken to their end by the test in the worker's place. */
export function rollouts(world: World) {
  const digestOf = (version: string) => version.replaceAll(/\D/g, '').padEnd(64, 'a');
  const job = async (id: number) => (await jobViews(world.ctx.db, [id]))[0]!;
  const report = (hostId: number, version: string) =>
    noteReported(world.ctx, 1, [{ hostId, reported: { version, digest: digestOf(version) } }]);

  /** Delivers what waits for the scheduler; answers with the tasks that workers now hold. */
  async function deliver(): Promise<Held[]> {
    for (const { jobId } of await world.take('job.advance')) await advanceJob(world.ctx, jobId);
    const held: Held[] = [];
    for (const { taskId } of await world.take('task.run')) {
      const started = await startTask(world.ctx, taskId, 'worker-1');
      if (started) held.push(started);
    }
    return held;
  }

  async function succeed(held: Held): Promise<void> {
    const [task] = await taskViews(world.ctx.db, [held.taskId]);
    await noteLive(world.ctx, task!.hostId);
    await report(task!.hostId, (await job(task!.jobId)).version);
    await endTask(world.ctx, held, { status: 'succeeded', problem: null, restored: false });
  }

  /** `runs`: what the host is left with. */
  async function fail(held: Held, runs?: string): Promise<void> {
    const [task] = await taskViews(world.ctx.db, [held.taskId]);
    await noteLive(world.ctx, task!.hostId);
    if (runs !== undefined) await report(task!.hostId, runs);
    const problem = { code: 'hook_failed', sentence: 'post-install ended with 3' };
    await endTask(world.ctx, held, { status: 'failed', problem, restored: false });
  }

  const hostOf = async (held: Held) => (await taskViews(world.ctx.db, [held.taskId]))[0]!.hostId;

  return {
    job,
    report,
    deliver,
    succeed,
    fail,
    hostOf,

    /** These releases have their package on the server. */
    async download(releaseIds: readonly number[]): Promise<void> {
      for (const id of releaseIds) {
        const { id: jobId } = await requestDownload.run(world.ctx, world.operator, { id });
        await endDownload(world.ctx, jobId, { status: 'succeeded', hooks: {} });
      }
      await world.take('release.download');
    },

    /** All hosts at once unless the plan says otherwise. */
    async install(releaseId: number, hostIds: number[], plan: Partial<JobPlan> = {}): Promise<number> {
      const asked = { waves: [{ ppm: 1_000_000 }], ...plan };
      return (await startInstall.run(world.ctx, world.operator, { releaseId, hostIds, plan: asked })).id;
    },

    /** Takes everything that can start to its end: hosts in `bad` fail and keep running what was tried. */
    async finish(bad: readonly number[] = []): Promise<void> {
      for (let held = await deliver(); held.length > 0; held = await deliver()) {
        for (const one of held) {
          const [task] = await taskViews(world.ctx.db, [one.taskId]);
          const { version } = await job(task!.jobId);
          if (bad.includes(task!.hostId)) await fail(one, version);
          else await succeed(one);
        }
      }
    },
  };
}
