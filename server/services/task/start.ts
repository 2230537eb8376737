import { lockJob, updateJob, type JobRow } from '../../../db/queries/jobs.ts';
import { claimTask, findTask, raiseFence, undispatchTasks } from '../../../db/queries/tasks.ts';
import { setIntent } from '../../../db/queries/hosts.ts';
import { transact } from '../../../db/transact.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { Context, Transaction } from '../context.ts';
import { noteStart } from '../approval/settle.ts';
import { judgeJob, type TaskOnHost } from '../job/judge.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';
import type { findOrder } from './order.ts';

/** What a worker holds while it works on a task: the fence is its proof towards database and host alike. */
export interface Held {
  taskId: number;
  fence: number;
}
export type TaskOrder = NonNullable<Awaited<ReturnType<typeof findOrder>>>;

export async function findSentFor(ctx: Context, taskId: number): Promise<(TaskOnHost & { jobId: number }) | null> {
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
  asked: readonly TaskOnHost[],
  workerId: string,
): Promise<(Held | null)[]> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (!job || jobHasEnded(job.status)) return asked.map(() => null);
    const decision = await judgeJob(ctx, tx, job, now);
    const may = asked.filter(({ taskId }) => decision.start.includes(String(taskId)));
    const started = await takeTasks(ctx, tx, job, may, workerId, now);
    const held = new Map(started.map((one) => [one.taskId, one]));
    await undispatchTasks(
      tx,
      asked.flatMap(({ taskId }) => (held.has(taskId) ? [] : taskId)),
    );
    if (started.length > 0) {
      await updateJob(tx, job.id, {});
      await record(tx, { now, actor: signalboxActor.name }, 'job.progressed', [job.id]);
    }
    return asked.map(({ taskId }) => held.get(taskId) ?? null);
  });
}

/**
 * Takes the hosts of tasks that may start, as the look at their job in this very transaction has said. Those whose host
 * is busy after all are left out. The caller tells the job.
 */
export async function takeTasks(
  ctx: Context,
  tx: Transaction,
  job: JobRow,
  tasks: readonly TaskOnHost[],
  workerId: string,
  now: number,
): Promise<Held[]> {
  const fences = await claim(tx, tasks, { workerId, leaseUntil: now + ctx.config.leaseMs }, now);
  if (fences.size === 0) return [];
  await noteStart(tx, job, now);
  for (const { taskId, hostId } of tasks)
    if (fences.has(taskId)) await setIntent(tx, hostId, job.productId, job.releaseId);
  await record(tx, { now, actor: signalboxActor.name }, 'task.started', [...fences.keys()], { worker: workerId });
  return [...fences].map(([taskId, fence]) => ({ taskId, fence }));
}

/** The fences of the tasks that it got. Hosts are locked in one order, so that two workers never wait for each other. */
async function claim(
  tx: Transaction,
  tasks: readonly TaskOnHost[],
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
