import { endTasks, type EndOnHost } from '../services/task/end.ts';
import { findSentFor, startTasks, type Held, type SentFor } from '../services/task/start.ts';
import { takeOverTasks } from '../services/task/lease.ts';
import type { Context } from '../services/context.ts';
import type { Pool, Slot } from './pool.ts';
import { runTask } from './run-task.ts';
import { Turns } from './turns.ts';

/** The tasks that this process works on. A message only says that a task may start; the pool bounds how many do. */
export function taskWork(ctx: Context, pool: Pool, workerId: string, shutdown: AbortSignal) {
  const starts = new Turns<SentFor, Held | null>((jobId, asked) => startTasks(ctx, jobId, asked, workerId));
  const ends = new Turns<EndOnHost, boolean>((jobId, ended) => endTasks(ctx, jobId, ended));
  const start = async (taskId: number) => {
    const sentFor = await findSentFor(ctx, taskId);
    return sentFor && starts.ask(sentFor.jobId, sentFor);
  };
  const begin = (slot: Slot, take: () => Promise<Held | null | undefined>) => {
    let held: Held | null | undefined;
    const prepare = async () => {
      const taken = (held = await take());
      return taken ? () => runTask(ctx, taken, shutdown, (jobId, end) => ends.ask(jobId, end)) : null;
    };
    return pool.begin(slot, prepare, (error) => {
      ctx.log.error({ err: error, task: held?.taskId }, 'task: its worker failed; the lease frees it');
    });
  };
  return {
    async onMessage(taskId: number, signal: AbortSignal): Promise<void> {
      const slot = await pool.vacancy(AbortSignal.any([signal, shutdown]));
      await begin(slot, () => start(taskId));
    },
    /** One at a time, so that what is taken over never exceeds the room there is. */
    async takeOver(): Promise<void> {
      for (let more = true; more;) {
        const slot = pool.tryTake();
        more = slot !== null && (await begin(slot, async () => (await takeOverTasks(ctx, workerId, 1))[0]));
      }
    },
  };
}
