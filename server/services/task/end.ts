import { lookAgain } from '../../../db/queries/hosts.ts';
import { jobsWaitingForHosts, lockJob } from '../../../db/queries/jobs.ts';
import { endRunningTask, findTask, type TaskEnd } from '../../../db/queries/tasks.ts';
import { transact } from '../../../db/transact.ts';
import type { Context, Transaction } from '../context.ts';
import { barHosts } from '../rollback/bar.ts';
import { noteHistory } from '../rollback/history.ts';
import { judgeJob } from '../job/judge.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';
import { takeTasks, type Held } from './start.ts';

/** How a task on a host ended. */
export interface EndOnHost {
  held: Held;
  hostId: number;
  end: Omit<TaskEnd, 'now'>;
  /** How the new release does has been asked already, by the attempt itself. */
  healthKnown?: boolean;
  /** Whoever worked on it has room for another task of the job. */
  goesOn?: boolean;
}

/** `told`: false when the task was no longer held. `next`: what its worker goes on with; started, and held by it. */
export interface Ended {
  told: boolean;
  next: Held | null;
}

/** One task alone; see `endTasks`. */
export async function endTask(ctx: Context, held: Held, end: EndOnHost['end']): Promise<boolean> {
  const known = await findTask(ctx.db, held.taskId);
  if (!known) return false;
  const [ended] = await endTasks(ctx, known.jobId, [{ held, hostId: known.hostId, end }]);
  return ended?.told ?? false;
}

/**
 * Ends running tasks of a job and, in the same transaction, judges the job: a budget that these ends break halts the job
 * before anything else can start. What may start then goes to the workers that go on, without a way through the queue.
 * Rule: section 10 (Budget).
 */
export async function endTasks(
  ctx: Context,
  jobId: number,
  ends: readonly EndOnHost[],
  workerId?: string,
): Promise<Ended[]> {
  const now = ctx.clock.now();
  const untold = { told: false, next: null };
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (!job) return ends.map(() => untold);
    const ended = new Set<EndOnHost>();
    for (const one of ends) {
      if (await endRunningTask(tx, one.held.taskId, one.held.fence, { ...one.end, now })) ended.add(one);
    }
    if (ended.size === 0) return ends.map(() => untold);
    await tellEnds(tx, now, [...ended]);
    for (const { held } of ended) await noteHistory(tx, job, held.taskId, now);
    // What runs there is another release now: how it does is asked at once, not at the next interval.
    const unasked = [...ended].filter(({ end, healthKnown }) => end.status === 'succeeded' && !healthKnown);
    await lookAgain(tx, hostsOf(unasked));
    const tried = [...ended].filter(({ end }) => end.status !== 'cancelled');
    const occasion = { now, actor: signalboxActor.name };
    if (job.kind === 'rollback' && tried.length > 0) await barHosts(tx, occasion, job, hostsOf(tried));
    const goOn = workerId === undefined ? [] : [...ended].filter(({ goesOn }) => goesOn);
    const started: Held[] = [];
    await judgeJob(ctx, tx, job, now, true, {
      room: goOn.length,
      start: async (tasks) => void started.push(...(await takeTasks(ctx, tx, job, tasks, workerId as string, now))),
    });
    const next = new Map(started.map((held, index) => [goOn[index], held]));
    for (const waiting of await jobsWaitingForHosts(tx, hostsOf([...ended]))) {
      if (waiting !== job.id) await ctx.enqueue(tx, 'job.advance', { jobId: waiting });
    }
    return ends.map((one) => ({ told: ended.has(one), next: next.get(one) ?? null }));
  });
}

async function tellEnds(tx: Transaction, now: number, ended: readonly EndOnHost[]): Promise<void> {
  for (const [status, same] of Map.groupBy(ended, ({ end }) => end.status)) {
    const ids = same.map(({ held }) => held.taskId);
    await record(tx, { now, actor: signalboxActor.name }, 'task.ended', ids, { status });
  }
}

function hostsOf(ends: readonly EndOnHost[]): number[] {
  return ends.map(({ hostId }) => hostId);
}
