import { lockJob, updateJob } from '../../../db/queries/jobs.ts';
import { claimTask, findTask, raiseFence, undispatchTasks } from '../../../db/queries/tasks.ts';
import { setIntent } from '../../../db/queries/hosts.ts';
import { transact } from '../../../db/transact.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { Context, Transaction } from '../context.ts';
import { noteStart } from '../approval/settle.ts';
import { judgeJob } from '../job/judge.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';
import type { findOrder } from './order.ts';

/** What a worker holds while it works on a task: the fence is its proof towards database and host alike. */
export interface Held {
  taskId: number;
  fence: number;
}
export type TaskOrder = NonNullable<Awaited<ReturnType<typeof findOrder>>>;

/** A task that was sent for. */
export interface SentFor {
  taskId: number;
  hostId: number;
}

export async function findSentFor(ctx: Context, taskId: number): Promise<(SentFor & { jobId: number }) | null> {
  const known = await findTask(ctx.db, taskId);
  return known ? { taskId, hostId: known.hostId, jobId: known.jobId } : null;
}

/** One task alone; see `startTasks`. */
export async function startTask(ctx: Context, taskId: number, workerId: string): Promise<Held | null> {
  const sentFor = await findSentFor(ctx, taskId);
  if (!sentFor) return null;
  const [held = null] = await startTasks(ctx, sentFor.jobId, [sentFor], workerId);
  return held;
}

/**
 * Starts tasks of a job that were sent for, if the job as judged in this very transaction still lets them start; each
 * host is taken under its next fencing number. Null: not now, and whoever frees what is in the way sends for it again.
 * Rule: section 10 (Refusals at the start of a task).
 */
export async function startTasks(
  ctx: Context,
  jobId: number,
  asked: readonly SentFor[],
  workerId: string,
): Promise<(Held | null)[]> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (!job || jobHasEnded(job.status)) return asked.map(() => null);
    const decision = await judgeJob(ctx, tx, job, now);
    const may = asked.filter(({ taskId }) => decision.start.includes(String(taskId)));
    const fences = await claim(tx, may, { workerId, leaseUntil: now + ctx.config.leaseMs }, now);
    const started = [...fences.keys()];
    await undispatchTasks(
      tx,
      asked.flatMap(({ taskId }) => (fences.has(taskId) ? [] : taskId)),
    );
    if (started.length === 0) return asked.map(() => null);
    await noteStart(tx, job, now);
    for (const { taskId, hostId } of may)
      if (fences.has(taskId)) await setIntent(tx, hostId, job.productId, job.releaseId);
    await record(tx, { now, actor: signalboxActor.name }, 'task.started', started, { worker: workerId });
    await updateJob(tx, job.id, {});
    await record(tx, { now, actor: signalboxActor.name }, 'job.progressed', [job.id]);
    return asked.map(({ taskId }) => {
      const fence = fences.get(taskId);
      return fence === undefined ? null : { taskId, fence };
    });
  });
}

/** The fences of the tasks that it got. Hosts are locked in one order, so that two workers never wait for each other. */
async function claim(
  tx: Transaction,
  tasks: readonly SentFor[],
  by: { workerId: string; leaseUntil: number },
  now: number,
): Promise<ReadonlyMap<number, number>> {
  const fences = new Map<number, number>();
  for (const { taskId, hostId } of tasks.toSorted((a, b) => a.hostId - b.hostId)) {
    const fence = await raiseFence(tx, hostId);
    if (await claimTask(tx, taskId, { fence, ...by }, now)) fences.set(taskId, fence);
  }
  return fences;
}
