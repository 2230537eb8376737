/** Installs in a world without workers: the test is the worker. */
import type { JobPlan } from '../../server/domain/views.ts';
import { startInstall } from '../../server/services/install/start.ts';
import { advanceJob } from '../../server/services/job/advance.ts';
import { noteLive } from '../../server/services/host/contact.ts';
import { endDownload } from '../../server/services/release/download.ts';
import { requestDownload } from '../../server/services/release/request-download.ts';
import { endTask } from '../../server/services/task/end.ts';
import { startTask, type Held } from '../../server/services/task/start.ts';
import { findTask } from '../../db/queries/tasks.ts';
import { publish, type World } from './world.ts';

/** Publishes and downloads 1.0.0 of product 1 and asks for its install on these hosts: release 1, job 2. */
export async function installOn(world: World, hostIds: number[], plan: Partial<JobPlan> = {}): Promise<number> {
  await publish(world, ['1.0.0']);
  const download = await requestDownload.run(world.ctx, world.operator, { id: 1 });
  await endDownload(world.ctx, download.id, { status: 'succeeded', hooks: {} });
  const job = await startInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds, plan });
  return job.id;
}

/** Starts what may start now; answers with what this worker then holds. */
export async function runsOn(world: World, jobId: number): Promise<Held[]> {
  await advanceJob(world.ctx, jobId);
  const held: Held[] = [];
  for (const { taskId } of await world.take('task.run')) {
    const started = await startTask(world.ctx, taskId, 'worker-1');
    if (started) held.push(started);
  }
  return held;
}

/** Lets every task of the job succeed, wave by wave, those that run already too. */
export async function endAll(world: World, jobId: number): Promise<void> {
  const { $client: sql } = world.ctx.db;
  const running = await sql<Held[]>`
    select id as "taskId", fence::int as fence from task where job_id = ${jobId} and status = 'running'`;
  for (let held: Held[] = [...running]; ; held = []) {
    held.push(...(await runsOn(world, jobId)));
    if (held.length === 0) return;
    for (const one of held) {
      const task = await findTask(world.ctx.db, one.taskId);
      await noteLive(world.ctx, task?.hostId ?? 0);
      await endTask(world.ctx, one, { status: 'succeeded', problem: null, restored: false });
    }
  }
}
