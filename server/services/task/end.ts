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
import type { Held } from './start.ts';

/** How a task on a host ended. */
export interface EndOnHost {
  held: Held;
  hostId: number;
  end: Omit<TaskEnd, 'now'>;
  /** How the new release does has been asked already, by the attempt itself. */
  healthKnown?: boolean;
}

/** One task alone; see `endTasks`. */
export async function endTask(ctx: Context, held: Held, end: EndOnHost['end']): Promise<boolean> {
  const known = await findTask(ctx.db, held.taskId);
  if (!known) return false;
  const [ended = false] = await endTasks(ctx, known.jobId, [{ held, hostId: known.hostId, end }]);
  return ended;
}

/**
 * Ends running tasks of a job and, in the same transaction, judges the job: a budget that these ends break halts the job
 * before anything else can start. False: the task is no longer held. Rule: section 10 (Budget).
 */
export async function endTasks(ctx: Context, jobId: number, ends: readonly EndOnHost[]): Promise<boolean[]> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (!job) return ends.map(() => false);
    const ended = new Set<EndOnHost>();
    for (const one of ends) {
      if (await endRunningTask(tx, one.held.taskId, one.held.fence, { ...one.end, now })) ended.add(one);
    }
    if (ended.size === 0) return ends.map(() => false);
    await tellEnds(tx, now, [...ended]);
    for (const { held } of ended) await noteHistory(tx, job, held.taskId, now);
    // What runs there is another release now: how it does is asked at once, not at the next interval.
    const unasked = [...ended].filter(({ end, healthKnown }) => end.status === 'succeeded' && !healthKnown);
    await lookAgain(tx, hostsOf(unasked));
    const tried = [...ended].filter(({ end }) => end.status !== 'cancelled');
    const occasion = { now, actor: signalboxActor.name };
    if (job.kind === 'rollback' && tried.length > 0) await barHosts(tx, occasion, job, hostsOf(tried));
    await judgeJob(ctx, tx, job, now, true);
    for (const waiting of await jobsWaitingForHosts(tx, hostsOf([...ended]))) {
      if (waiting !== job.id) await ctx.enqueue(tx, 'job.advance', { jobId: waiting });
    }
    return ends.map((one) => ended.has(one));
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
