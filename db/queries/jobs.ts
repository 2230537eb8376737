import { and, asc, eq, gt, inArray, isNull, lte, ne, notInArray, or, sql } from 'drizzle-orm';
import type { Reason } from '../../server/domain/reason.ts';
import type { JobStatus, TaskStatus } from '../../server/domain/task-transition.ts';
import type { Reader, Transaction } from '../connect.ts';
import { host, job, release, task } from '../schema/index.ts';
import { idIn } from './views.ts';

export type JobRow = typeof job.$inferSelect;
export type NewJob = Omit<typeof job.$inferInsert, 'id' | 'revision'>;
export type NewTask = Pick<
  typeof task.$inferInsert,
  'hostId' | 'position' | 'wave' | 'fromVersion' | 'status' | 'problem' | 'endedAt'
>;

export const endedStatuses = ['succeeded', 'cancelled', 'failed'] as const satisfies readonly JobStatus[];

export async function insertJob(tx: Transaction, values: NewJob): Promise<JobRow> {
  const [row] = await tx.insert(job).values(values).returning();
  return row as JobRow;
}

/** In chunks: a statement takes at most 65 535 parameters. */
export async function insertTasks(tx: Transaction, jobId: number, tasks: readonly NewTask[]): Promise<number[]> {
  const ids: number[] = [];
  for (let i = 0; i < tasks.length; i += 2_000) {
    const rows = tasks.slice(i, i + 2_000).map((values) => ({ ...values, jobId }));
    const inserted = await tx.insert(task).values(rows).returning({ id: task.id });
    ids.push(...inserted.map(({ id }) => id));
  }
  return ids;
}

/** Takes the job's row lock: everything that starts or ends a task of the job happens under it, one after the other. */
export async function lockJob(tx: Transaction, jobId: number): Promise<JobRow | undefined> {
  const [row] = await tx.select().from(job).where(eq(job.id, jobId)).for('update');
  return row;
}

export async function findJob(reader: Reader, jobId: number): Promise<JobRow | undefined> {
  const [row] = await reader.select().from(job).where(eq(job.id, jobId));
  return row;
}

/** The job that has to succeed before this one; null: there is none. */
export async function jobBefore(reader: Reader, { afterJobId }: Pick<JobRow, 'afterJobId'>) {
  if (afterJobId === null) return null;
  const [row] = await reader
    .select({ id: job.id, status: job.status, endedAt: job.endedAt, version: release.version })
    .from(job)
    .innerJoin(release, eq(release.id, job.releaseId))
    .where(eq(job.id, afterJobId));
  return row ?? null;
}

/** Jobs that go after this one. */
export async function jobsAfter(reader: Reader, jobId: number): Promise<number[]> {
  const rows = await reader.select({ id: job.id }).from(job).where(eq(job.afterJobId, jobId)).orderBy(asc(job.id));
  return rows.map(({ id }) => id);
}

type JobPatch = Partial<Pick<JobRow, 'status' | 'problem' | 'startedAt' | 'endedAt' | 'wakeAt' | 'continuedWaves'>>;

export async function updateJob(tx: Transaction, jobId: number, patch: JobPatch): Promise<void> {
  await tx
    .update(job)
    .set({ ...patch, revision: sql`${job.revision} + 1` })
    .where(eq(job.id, jobId));
}

/** The next look by the clock, without a change that anybody sees. */
export async function setJobWake(tx: Transaction, jobId: number, wakeAt: number | null): Promise<void> {
  await tx.update(job).set({ wakeAt }).where(eq(job.id, jobId));
}

/** Has the jobs of a product in flight on these hosts judged by an instant, where they are not before. */
export async function bringJobsForward(
  reader: Reader,
  productId: number,
  hostIds: readonly number[],
  at: number,
  exceptJobId = 0,
): Promise<void> {
  const there = sql`exists (select 1 from ${task} where ${task.jobId} = ${job.id} and ${idIn(task.hostId, hostIds)})`;
  const later = or(isNull(job.wakeAt), gt(job.wakeAt, at));
  await reader
    .update(job)
    .set({ wakeAt: at })
    .where(
      and(
        eq(job.productId, productId),
        ne(job.id, exceptJobId),
        notInArray(job.status, [...endedStatuses]),
        later,
        there,
      ),
    );
}

export interface RolloutRow {
  id: number;
  hostId: number;
  hostName: string;
  role: 'management' | 'target';
  status: TaskStatus;
  endedAt: number | null;
  liveness: 'unknown' | 'live' | 'unreachable';
  livenessSince: number | null;
  life: 'active' | 'maintenance' | 'retired';
  dispatchedAt: number | null;
  /** Job that has a task running on the same host. */
  blockedBy: number | null;
  blockedByShown: number | null;
  /** The sentence that a pending task shows: of the hold that stops it. */
  heldShown: string | null;
  /** Null: no worker has ever held it. */
  startedAt: number | null;
  /** How it ended, or what holds it. */
  problemCode: string | null;
}

/** The facts of every task of a job, in the order given. */
export async function rolloutRows(reader: Reader, jobId: number): Promise<RolloutRow[]> {
  const busy = reader
    .select({ hostId: task.hostId, jobId: task.jobId })
    .from(task)
    .where(eq(task.status, 'running'))
    .as('busy');
  return reader
    .select({
      id: task.id,
      hostId: task.hostId,
      hostName: host.name,
      role: host.role,
      status: task.status,
      endedAt: task.endedAt,
      liveness: host.liveness,
      livenessSince: host.livenessSince,
      life: host.life,
      dispatchedAt: task.dispatchedAt,
      blockedBy: busy.jobId,
      blockedByShown: task.blockedByJobId,
      heldShown: sql<string | null>`case when ${task.status} = 'pending' then ${task.problem}->>'sentence' end`,
      startedAt: task.startedAt,
      problemCode: sql<string | null>`${task.problem}->>'code'`,
    })
    .from(task)
    .innerJoin(host, eq(host.id, task.hostId))
    .leftJoin(busy, and(eq(busy.hostId, task.hostId), sql`${busy.jobId} <> ${jobId}`))
    .where(eq(task.jobId, jobId))
    .orderBy(asc(task.position));
}

/** Ends tasks that have not started. Returns those that it ended: one that started meanwhile is left alone. */
export async function endPendingTasks(
  tx: Transaction,
  ids: readonly number[],
  end: { status: 'not_started' | 'cancelled'; problem: Reason | null; now: number },
): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .update(task)
    .set({
      status: end.status,
      problem: end.problem,
      endedAt: end.now,
      dispatchedAt: null,
      blockedByJobId: null,
      revision: sql`${task.revision} + 1`,
    })
    .where(and(inArray(task.id, [...ids]), eq(task.status, 'pending')))
    .returning({ id: task.id });
  return rows.map(({ id }) => id);
}

/** Marks tasks as on their way to a worker. Returns those that were not yet: only they need a message. */
export async function dispatchTasks(tx: Transaction, ids: readonly number[], now: number): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .update(task)
    .set({ dispatchedAt: now })
    .where(and(inArray(task.id, [...ids]), eq(task.status, 'pending'), isNull(task.dispatchedAt)))
    .returning({ id: task.id });
  return rows.map(({ id }) => id);
}

/** Says which job blocks a pending task; null clears it. Returns the tasks whose answer changed. */
export async function markBlocked(tx: Transaction, ids: readonly number[], byJobId: number | null): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .update(task)
    .set({ blockedByJobId: byJobId, revision: sql`${task.revision} + 1` })
    .where(
      and(
        inArray(task.id, [...ids]),
        eq(task.status, 'pending'),
        sql`${task.blockedByJobId} is distinct from ${byJobId}`,
      ),
    )
    .returning({ id: task.id });
  return rows.map(({ id }) => id);
}

/** Says what holds a pending task back; null clears it. Returns the tasks that are still pending. */
export async function markHeld(tx: Transaction, ids: readonly number[], problem: Reason | null): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .update(task)
    .set({ problem, revision: sql`${task.revision} + 1` })
    .where(and(idIn(task.id, ids), eq(task.status, 'pending')))
    .returning({ id: task.id });
  return rows.map(({ id }) => id);
}

/** Running tasks of the job are asked to stop before `activate`; their workers see it with the next lease. */
export async function requestCancel(tx: Transaction, jobId: number): Promise<void> {
  await tx
    .update(task)
    .set({ cancelRequested: true })
    .where(and(eq(task.jobId, jobId), eq(task.status, 'running')));
}

/** Jobs in flight that wait for hosts which have just become free. */
export async function jobsWaitingForHosts(reader: Reader, hostIds: readonly number[]): Promise<number[]> {
  const rows = await reader
    .selectDistinct({ id: job.id })
    .from(task)
    .innerJoin(job, eq(job.id, task.jobId))
    .where(and(idIn(task.hostId, hostIds), eq(task.status, 'pending'), notInArray(job.status, [...endedStatuses])));
  return rows.map(({ id }) => id);
}

/** Jobs that time alone may move on now; each is answered once, its next judgement sets the next instant. */
export async function takeDueJobs(tx: Transaction, now: number): Promise<number[]> {
  const rows = await tx
    .update(job)
    .set({ wakeAt: null })
    .where(and(lte(job.wakeAt, now), notInArray(job.status, [...endedStatuses])))
    .returning({ id: job.id });
  return rows.map(({ id }) => id);
}

/** Every job in flight but downloads, so that a sweep can look again at what no message speaks of. */
export async function rolloutsInFlight(reader: Reader): Promise<number[]> {
  const rows = await reader
    .select({ id: job.id })
    .from(job)
    .where(and(notInArray(job.status, [...endedStatuses]), sql`${job.kind} <> 'download'`));
  return rows.map(({ id }) => id);
}
