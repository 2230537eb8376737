import { startTask, type Held } from '../services/task/start.ts';
import { takeOverTasks } from '../services/task/lease.ts';
import type { Context } from '../services/context.ts';
import type { Pool } from './pool.ts';
import { runTask } from './run-task.ts';

/** The tasks that this process works on. A message only says that a task may start; the pool bounds how many do. */
export function taskWork(ctx: Context, pool: Pool, workerId: string, shutdown: AbortSignal) {
  const run = (held: Held) =>
    pool.run(
      () => runTask(ctx, held, shutdown),
      (error) => ctx.log.error({ err: error, task: held.taskId }, 'task: its worker failed; the lease frees it'),
    );
  return {
    async onMessage(taskId: number, signal: AbortSignal): Promise<void> {
      await pool.vacancy(AbortSignal.any([signal, shutdown]));
      const held = await startTask(ctx, taskId, workerId);
      if (held) run(held);
    },
    async takeOver(): Promise<void> {
      if (pool.room === 0) return;
      for (const held of await takeOverTasks(ctx, workerId, pool.room)) run(held);
    },
  };
}
