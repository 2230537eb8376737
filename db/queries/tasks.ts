import { and, eq, inArray, isNotNull, lt, or, sql } from 'drizzle-orm';
import type { Reason } from '../../server/domain/reason.ts';
import { NO_TASKS, type TaskStatus } from '../../server/domain/task-transition.ts';
import type { StepRecord, TaskCounts } from '../../server/domain/views.ts';
import type { Reader, Transaction } from '../connect.ts';
import type { LogContent } from '../log-content.ts';
import { host, hostProduct, job, product, release, task, taskLog } from '../schema/index.ts';

export type TaskRow = typeof task.$inferSelect;

export async function findTask(reader: Reader, taskId: number): Promise<TaskRow | undefined> {
  const [row] = await reader.select().from(task).where(eq(task.id, taskId));
  return row;
}

/** How many tasks of each wave of a job stand how, waves in order. By the index `task_job_counts` alone. */
export async function waveCounts(reader: Reader, jobId: number): Promise<{ wave: number; counts: TaskCounts }[]> {
  const rows = await reader
    .select({ wave: task.wave, status: task.status, count: sql<number>`count(*)::int` })
    .from(task)
    .where(eq(task.jobId, jobId))
    .groupBy(task.wave, task.status)
    .orderBy(task.wave);
  const waves = [...Map.groupBy(rows, ({ wave }) => wave)];
  return waves.map(([wave, members]) => {
    const counts = { ...NO_TASKS };
    for (const { status, count } of members) counts[status] = count;
    return { wave, counts };
  });
}

/** Ids of the holds that tasks of the job wait for. */
export async function holdsNamedByTasks(reader: Reader, jobId: number): Promise<number[]> {
  const rows = await reader
    .selectDistinct({ id: sql<number>`jsonb_array_elements_text(task.problem -> 'holds')::int` })
    .from(task)
    .where(
      and(
        eq(task.jobId, jobId),
        eq(task.status, 'pending'),
        sql`task.problem ->> 'code' = 'held' and jsonb_typeof(task.problem -> 'holds') = 'array'`,
      ),
    );
  return rows.map(({ id }) => id);
}

/** Everything a worker needs to take a task to its host. */
export async function taskOrder(reader: Reader, taskId: number) {
  const [row] = await reader
    .select({ task, job, release, host, productName: product.name, versioning: product.versioning })
    .from(task)
    .innerJoin(job, eq(job.id, task.jobId))
    .innerJoin(release, eq(release.id, job.releaseId))
    .innerJoin(product, eq(product.id, job.productId))
    .innerJoin(host, eq(host.id, task.hostId))
    .where(eq(task.id, taskId));
  return row;
}

/** The next fencing number of a host. It only ever rises, so the host can refuse whoever was replaced. */
export async function raiseFence(tx: Transaction, hostId: number): Promise<number> {
  const [row] = await tx
    .update(host)
    .set({ fence: sql`${host.fence} + 1` })
    .where(eq(host.id, hostId))
    .returning({ fence: host.fence });
  return (row as { fence: number }).fence;
}

export interface Claim {
  fence: number;
  workerId: string;
  leaseUntil: number;
}

/** Starts a pending task, unless the host is busy or somebody else was faster; then the answer is false. */
export async function claimTask(tx: Transaction, taskId: number, claim: Claim, now: number): Promise<boolean> {
  const hostIsFree = sql`not exists (select 1 from ${task} other where other.host_id = task.host_id and other.status = 'running')`;
  const rows = await tx
    .update(task)
    .set({
      ...claim,
      status: 'running',
      startedAt: now,
      dispatchedAt: null,
      blockedByJobId: null,
      revision: sql`${task.revision} + 1`,
    })
    .where(and(eq(task.id, taskId), eq(task.status, 'pending'), hostIsFree))
    .returning({ id: task.id });
  return rows.length === 1;
}

/** A task that was sent for but not started goes back, so that the next look at its job may send for it again. */
export async function undispatchTasks(tx: Transaction, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .update(task)
    .set({ dispatchedAt: null })
    .where(and(inArray(task.id, [...ids]), eq(task.status, 'pending')));
}

/** Tasks that were sent for long ago and never started: their message is gone. */
export async function undispatchStale(tx: Transaction, before: number): Promise<number[]> {
  const rows = await tx
    .update(task)
    .set({ dispatchedAt: null })
    .where(and(eq(task.status, 'pending'), lt(task.dispatchedAt, before)))
    .returning({ jobId: task.jobId });
  return [...new Set(rows.map(({ jobId }) => jobId))];
}

/** Takes a running task from the holder of `fence`. False: it has another holder, or has ended. */
export async function reclaimTask(tx: Transaction, taskId: number, fence: number, claim: Claim): Promise<boolean> {
  const rows = await tx
    .update(task)
    .set({ ...claim, revision: sql`${task.revision} + 1` })
    .where(and(eq(task.id, taskId), eq(task.fence, fence), eq(task.status, 'running')))
    .returning({ id: task.id });
  return rows.length === 1;
}

const held = (taskId: number, fence: number) =>
  and(eq(task.id, taskId), eq(task.fence, fence), eq(task.status, 'running'));

/** Undefined: the caller no longer holds the task and has to let go of the host. */
export async function renewLease(
  reader: Reader,
  taskId: number,
  fence: number,
  leaseUntil: number,
): Promise<{ cancelRequested: boolean } | undefined> {
  const [row] = await reader
    .update(task)
    .set({ leaseUntil })
    .where(held(taskId, fence))
    .returning({ cancelRequested: task.cancelRequested });
  return row;
}

/** Stores what a step said, once: the report's offset must be the one that is stored. False: no longer held, or known. */
export async function storeReport(
  tx: Transaction,
  taskId: number,
  fence: number,
  report: { offset: number; next: number; step: string | null; steps: StepRecord[] },
): Promise<boolean> {
  const rows = await tx
    .update(task)
    .set({
      step: report.step,
      steps: report.steps,
      reportOffset: report.next,
      revision: sql`${task.revision} + 1`,
    })
    .where(and(held(taskId, fence), eq(task.reportOffset, report.offset)))
    .returning({ id: task.id });
  return rows.length === 1;
}

/** Appends masked log bytes exactly once: `from`..`to` are offsets in the host's own log. False: no longer held, or known. */
export async function storeLog(
  tx: Transaction,
  taskId: number,
  fence: number,
  chunk: LogContent & { from: number; to: number; at: number },
): Promise<boolean> {
  const length = chunk.plainBytes ?? chunk.content.length;
  const [row] = await tx
    .update(task)
    .set({ logOffset: chunk.to, logBytes: sql`${task.logBytes} + ${length}::bigint` })
    .where(and(held(taskId, fence), eq(task.logOffset, chunk.from)))
    .returning({ logBytes: task.logBytes });
  if (!row) return false;
  if (length === 0) return true;
  const { content, plainBytes, at } = chunk;
  await tx.insert(taskLog).values({ taskId, atByte: row.logBytes - length, content, plainBytes, at });
  return true;
}

export interface TaskEnd {
  status: Exclude<TaskStatus, 'pending' | 'running'>;
  problem: Reason | null;
  restored: boolean;
  now: number;
}

export async function endRunningTask(tx: Transaction, taskId: number, fence: number, end: TaskEnd): Promise<boolean> {
  const rows = await tx
    .update(task)
    .set({
      status: end.status,
      problem: end.problem,
      restored: end.restored,
      endedAt: end.now,
      step: null,
      leaseUntil: null,
      revision: sql`${task.revision} + 1`,
    })
    .where(held(taskId, fence))
    .returning({ id: task.id });
  return rows.length === 1;
}

/** First key of the advisory locks that live workers hold; the second is `hashtext` of the worker's id. */
export const workerLockClass = 0x5b01;

/** Running tasks whose worker is gone (its session lock is free) or has let its lease run out. */
export async function orphanedTasks(reader: Reader, now: number, limit: number) {
  const workerLives = sql`exists (
    select 1 from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.classid = ${workerLockClass}::int::oid
      and l.database = (select oid from pg_database where datname = current_database())
      and l.objid::bigint = (hashtext(task.worker_id)::bigint & 4294967295))`;
  return reader
    .select({ id: task.id, fence: task.fence, hostId: task.hostId })
    .from(task)
    .where(
      and(eq(task.status, 'running'), isNotNull(task.fence), or(lt(task.leaseUntil, now), sql`not ${workerLives}`)),
    )
    .limit(limit);
}

/** What the host runs for the job's product, as last reported. */
export async function reportedOn(reader: Reader, hostIds: readonly number[], productId: number) {
  if (hostIds.length === 0) return [];
  return reader
    .select()
    .from(hostProduct)
    .where(and(inArray(hostProduct.hostId, [...hostIds]), eq(hostProduct.productId, productId)));
}
