import { and, asc, eq, sql } from 'drizzle-orm';
import type { ActivityKind, EntityKind } from '../../server/domain/activity.ts';
import type { Reader } from '../connect.ts';
import { formatCursor, type Cursor } from '../cursor.ts';
import { activity, approval, approvalDecision, breakGlass } from '../schema/index.ts';
import { idIn } from './views.ts';

export interface EvidenceLine {
  place: Cursor;
  cursor: string;
  at: number;
  kind: ActivityKind;
  entity: { kind: EntityKind; id: number; revision: number };
  actor: string;
  jobId: number | null;
  hostId: number | null;
  detail: Record<string, unknown>;
}

/** Up to `limit` lines of the log about these jobs, oldest first, behind `after` and up to `upTo`. Along (job_id, xid, seq). */
export async function evidenceLines(
  reader: Reader,
  jobIds: readonly number[],
  { after, upTo }: { after: Cursor; upTo: Cursor },
  limit: number,
): Promise<EvidenceLine[]> {
  const rows = await reader
    .select({
      xid: sql<string>`${activity.xid}::text`,
      seq: sql<string>`${activity.seq}::text`,
      at: activity.at,
      kind: activity.kind,
      entity: { kind: activity.entityKind, id: activity.entityId, revision: activity.entityRevision },
      actor: activity.actor,
      jobId: activity.jobId,
      hostId: activity.hostId,
      detail: activity.detail,
    })
    .from(activity)
    .where(
      and(
        idIn(activity.jobId, jobIds),
        sql`(${activity.xid}, ${activity.seq}) > ${placeOf(after)}`,
        sql`(${activity.xid}, ${activity.seq}) <= ${placeOf(upTo)}`,
      ),
    )
    .orderBy(asc(activity.xid), asc(activity.seq))
    .limit(limit);
  return rows.map(({ xid, seq, ...line }) => {
    const place = { xid: BigInt(xid), seq: BigInt(seq) };
    return { place, cursor: formatCursor(place), ...line };
  });
}

/** Where the log says that the job was asked for; undefined while that is not settled. */
export async function requestedAt(reader: Reader, jobId: number): Promise<Cursor | undefined> {
  const [row] = await reader
    .select({ xid: sql<string>`${activity.xid}::text`, seq: sql<string>`${activity.seq}::text` })
    .from(activity)
    .where(and(eq(activity.jobId, jobId), eq(activity.kind, 'job.requested')))
    .orderBy(asc(activity.xid), asc(activity.seq))
    .limit(1);
  return row && { xid: BigInt(row.xid), seq: BigInt(row.seq) };
}

/** How the log last showed these entities up to a place in it. Along (entity_kind, entity_id, entity_revision). */
export async function viewsAt(
  reader: Reader,
  kind: EntityKind,
  ids: readonly number[],
  upTo: Cursor,
): Promise<unknown[]> {
  if (ids.length === 0) return [];
  const rows = await reader
    .selectDistinctOn([activity.entityId], { view: activity.view })
    .from(activity)
    .where(
      and(
        eq(activity.entityKind, kind),
        idIn(activity.entityId, ids),
        sql`(${activity.xid}, ${activity.seq}) <= ${placeOf(upTo)}`,
      ),
    )
    .orderBy(asc(activity.entityId), sql`${activity.entityRevision} desc`);
  return rows.map(({ view }) => view);
}

/** The request that others agreed to, every click on it, and whoever broke the glass. */
export async function approvalsOf(reader: Reader, jobId: number) {
  const requests = await reader.select().from(approval).where(eq(approval.jobId, jobId)).orderBy(approval.id);
  const decisions = await reader
    .select({ decision: approvalDecision })
    .from(approvalDecision)
    .innerJoin(approval, eq(approval.id, approvalDecision.approvalId))
    .where(eq(approval.jobId, jobId))
    .orderBy(approvalDecision.id);
  const brokenGlass = await reader.select().from(breakGlass).where(eq(breakGlass.jobId, jobId)).orderBy(breakGlass.id);
  return { requests, decisions: decisions.map(({ decision }) => decision), brokenGlass };
}

function placeOf({ xid, seq }: Cursor) {
  return sql`(${String(xid)}::text::xid8, ${String(seq)}::text::bigint)`;
}
