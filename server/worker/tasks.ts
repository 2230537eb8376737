import { noteAnswers, type SaidToRun } from '../services/host/contact.ts';
import { takeInAttempts } from '../services/health/attempt.ts';
import { endTasks, type Ended } from '../services/task/end.ts';
import { findSentFor, startTasks, type Held } from '../services/task/start.ts';
import { recordProgress, type Progress } from '../services/task/report.ts';
import { takeOverTasks } from '../services/task/lease.ts';
import type { TaskOnHost } from '../services/job/judge.ts';
import type { Context } from '../services/context.ts';
import type { Pool, Slot } from './pool.ts';
import { runTask, type TaskEnded, type Tell } from './run-task.ts';
import { Turns } from './turns.ts';

/** Words of tasks are stored by so many transactions at a time: those that come meanwhile share the next one. */
const PROGRESS_LANES = 2;

/** The tasks that this process works on. A message only says that a task may start; the pool bounds how many do. */
export function taskWork(ctx: Context, pool: Pool, workerId: string, shutdown: AbortSignal) {
  const starts = new Turns<TaskOnHost, Held | null>((jobId, asked) => startTasks(ctx, jobId, asked, workerId));
  const ends = new Turns<TaskEnded, Ended>((jobId, ended) => endAttempts(ctx, jobId, ended, workerId));
  const answers = new Turns<SaidToRun, void>(async (productId, said) => {
    await noteAnswers(ctx, productId, said);
    return [];
  });
  const words = new Turns<Progress, boolean>((_, told) => recordProgress(ctx, told));
  const tell: Tell = {
    answer: (productId, said) => answers.ask(productId, said),
    progress: (said) => words.ask(said.held.taskId % PROGRESS_LANES, said),
    // A job goes on in its own slots as long as no other work waits for one.
    end: (jobId, end) => ends.ask(jobId, { ...end, goesOn: !pool.isWaitedFor && !shutdown.aborted }),
  };
  const start = async (taskId: number) => {
    const sentFor = await findSentFor(ctx, taskId);
    return sentFor && starts.ask(sentFor.jobId, sentFor);
  };
  const begin = (slot: Slot, take: () => Promise<Held | null | undefined>) => {
    let held: Held | null | undefined;
    const work = async () => {
      while (held) held = await runTask(ctx, held, shutdown, tell);
    };
    const prepare = async () => {
      held = await take();
      return held ? work : null;
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

/** What the hosts have come to, then the ends of their tasks: the job is judged knowing it. */
export async function endAttempts(
  ctx: Context,
  jobId: number,
  ended: readonly TaskEnded[],
  workerId?: string,
): Promise<Ended[]> {
  const known = await takeInAttempts(
    ctx,
    ended.flatMap(({ attempt }) => attempt ?? []),
  );
  const ends = ended.map((one) => ({ ...one, healthKnown: known.has(one.hostId) }));
  return endTasks(ctx, jobId, ends, workerId);
}
