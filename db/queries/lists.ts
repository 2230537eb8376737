/** The lists that people page through: one keyset query per noun, each along an index. `limit` rows at most. */
import { and, asc, desc, eq, notInArray, sql } from 'drizzle-orm';
import type { EntityKind } from '../../server/domain/activity.ts';
import { logNoise } from '../../server/domain/board.ts';
import type { ProductView, RuleView, TaskView } from '../../server/domain/views.ts';
import type { Reader } from '../connect.ts';
import { activity, approvalRule, product, task } from '../schema/index.ts';
import { containing } from './sorted.ts';
import { formatCursor, type Cursor } from '../cursor.ts';
import { ruleViews } from './steering-views.ts';
import { idIn, productViews, taskViews } from './views.ts';

export function listProductViews(reader: Reader): Promise<ProductView[]> {
  return productViews(reader, { orderBy: [asc(product.name)] });
}

export function listRuleViews(reader: Reader): Promise<RuleView[]> {
  return ruleViews(reader, { orderBy: [asc(approvalRule.name)] });
}

/** In the order of the job. Along (job_id, position). */
export function listTaskViews(reader: Reader, jobId: number, limit: number): Promise<TaskView[]> {
  return taskViews(reader, { where: eq(task.jobId, jobId), orderBy: [asc(task.position)], limit });
}

export interface ActivityFilter {
  jobId?: number | undefined;
  /** Of any of these jobs. */
  jobIds?: readonly number[] | undefined;
  hostId?: number | undefined;
  productId?: number | undefined;
  environmentId?: number | undefined;
  /** The kind of entity that the line is about. */
  about?: string | undefined;
  /** Part of the actor, the kind or the detail, whatever its case. */
  search?: string | undefined;
  oldestFirst?: boolean | undefined;
  /** Without steps, progress and reports, which nobody reads in a list. */
  withoutNoise?: boolean | undefined;
  /** Entities of which whoever reads gets no line. */
  hidden?: readonly EntityKind[] | undefined;
}

/**
 * Newest first, settled rows only: below the horizon nothing can slip in between two pages. Along the primary key, or
 * along (job_id, xid, seq) and (host_id, xid, seq).
 */
export async function listActivityLines(
  reader: Reader,
  filter: ActivityFilter,
  before: Cursor | undefined,
  limit: number,
) {
  const {
    jobId,
    jobIds,
    hostId,
    productId,
    environmentId,
    about,
    search,
    withoutNoise,
    hidden = [],
    oldestFirst,
  } = filter;
  const turn = oldestFirst ? asc : desc;
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
        sql`${activity.xid} < pg_snapshot_xmin(pg_current_snapshot())`,
        jobId === undefined ? undefined : eq(activity.jobId, jobId),
        jobIds && idIn(activity.jobId, jobIds),
        hostId === undefined ? undefined : eq(activity.hostId, hostId),
        productId === undefined ? undefined : eq(activity.productId, productId),
        environmentId === undefined ? undefined : eq(activity.environmentId, environmentId),
        about === undefined ? undefined : sql`${activity.entityKind} = ${about}`,
        containing([activity.actor, activity.kind, sql`activity.detail::text`], search),
        withoutNoise ? notInArray(activity.kind, [...logNoise]) : undefined,
        hidden.length > 0 ? notInArray(activity.entityKind, [...hidden]) : undefined,
        before &&
          sql`(${activity.xid}, ${activity.seq}) ${oldestFirst ? sql`>` : sql`<`} (${String(before.xid)}::text::xid8, ${String(before.seq)}::text::bigint)`,
      ),
    )
    .orderBy(turn(activity.xid), turn(activity.seq))
    .limit(limit);
  return rows.map(({ xid, seq, ...line }) => ({
    cursor: formatCursor({ xid: BigInt(xid), seq: BigInt(seq) }),
    ...line,
  }));
}
