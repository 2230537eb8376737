import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Reason } from '../../server/domain/reason.ts';
import type { Reader, Transaction } from '../connect.ts';
import { incident } from '../schema/index.ts';

export type IncidentRow = typeof incident.$inferSelect;

type NewIncident = Pick<IncidentRow, 'jobId' | 'productId' | 'cause' | 'openedAt'>;

/** Null: the job has one already. */
export async function insertIncident(tx: Transaction, values: NewIncident): Promise<number | null> {
  const [row] = await tx.insert(incident).values(values).onConflictDoNothing().returning({ id: incident.id });
  return row?.id ?? null;
}

export async function lockIncident(tx: Transaction, id: number): Promise<IncidentRow | undefined> {
  const [row] = await tx.select().from(incident).where(eq(incident.id, id)).for('update');
  return row;
}

type IncidentPatch = Partial<Omit<IncidentRow, 'id' | 'jobId' | 'productId' | 'openedAt' | 'revision'>>;

export async function updateIncident(tx: Transaction, id: number, patch: IncidentPatch): Promise<void> {
  await tx
    .update(incident)
    .set({ ...patch, revision: sql`${incident.revision} + 1` })
    .where(eq(incident.id, id));
}

/** The job's incident is open again, for another cause. Answers with its id. */
export async function reopenIncident(tx: Transaction, jobId: number, cause: Reason): Promise<number | null> {
  const [row] = await tx
    .update(incident)
    .set({
      status: 'open',
      cause,
      acknowledgedAt: null,
      acknowledgedBy: null,
      resolvedAt: null,
      resolvedBy: null,
      resolution: null,
      revision: sql`${incident.revision} + 1`,
    })
    .where(eq(incident.jobId, jobId))
    .returning({ id: incident.id });
  return row?.id ?? null;
}

/** Raises the revision of the unresolved incidents of the jobs that this one descends from: its retries and rollbacks are theirs. */
export async function touchIncidentsAbove(tx: Transaction, jobId: number): Promise<number[]> {
  const rows = await tx
    .update(incident)
    .set({ revision: sql`${incident.revision} + 1` })
    .where(
      and(
        isNull(incident.resolvedAt),
        sql`${incident.jobId} in (
          with recursive above as (
            select parent_job_id as id from job where id = ${jobId}
            union select j.parent_job_id from job j join above on j.id = above.id)
          select id from above where id is not null)`,
      ),
    )
    .returning({ id: incident.id });
  return rows.map(({ id }) => id);
}

/** The job and everything that came of it: its retries, its rollbacks, theirs. In order of their ids. */
export async function jobAndDescendants(reader: Reader, jobId: number): Promise<number[]> {
  const rows = await reader.execute<{ id: number }>(sql`
    with recursive family as (
      select id from job where id = ${jobId}
      union select j.id from job j join family on j.parent_job_id = family.id)
    select id from family order by id`);
  return rows.map(({ id }) => id);
}
