/** The lists that people page through: one keyset query per noun, each along an index. `limit` rows at most. */
import { and, asc, desc, eq, gt, isNull, lt, notInArray, sql, type SQL } from 'drizzle-orm';
import type { EntityKind } from '../../server/domain/activity.ts';
import { tickerNoise } from '../../server/domain/board.ts';
import type { JobStatus, TaskStatus } from '../../server/domain/task-transition.ts';
import type {
  ApprovalView,
  EnvironmentView,
  HoldView,
  HostView,
  JobView,
  ProductView,
  ReleaseView,
  RuleView,
  TaskView,
} from '../../server/domain/views.ts';
import type { Reader } from '../connect.ts';
import type { ApprovalState } from '../../server/domain/approval.ts';
import {
  activity,
  approval,
  approvalRule,
  environment,
  hold,
  host,
  job,
  product,
  release,
  task,
} from '../schema/index.ts';
import { formatCursor, type Cursor } from '../cursor.ts';
import { endedStatuses } from './jobs.ts';
import { approvalViews, holdViews, ruleViews } from './steering-views.ts';
import { environmentViews, hostViews, idIn, jobViews, productViews, releaseViews, taskViews } from './views.ts';

export function listProductViews(reader: Reader): Promise<ProductView[]> {
  return productViews(reader, { orderBy: [asc(product.name)] });
}

export function listEnvironmentViews(reader: Reader): Promise<EnvironmentView[]> {
  return environmentViews(reader, { orderBy: [asc(environment.name)] });
}

export function listRuleViews(reader: Reader): Promise<RuleView[]> {
  return ruleViews(reader, { orderBy: [asc(approvalRule.name)] });
}

export interface ReleaseFilter {
  productId?: number | undefined;
  withArchived: boolean;
}

/** Newest first. Along (published_at, id). */
export function listReleaseViews(
  reader: Reader,
  { productId, withArchived }: ReleaseFilter,
  after: readonly [publishedAt: number, id: number] | undefined,
  limit: number,
): Promise<ReleaseView[]> {
  const where = and(
    productId === undefined ? undefined : eq(release.productId, productId),
    withArchived ? undefined : isNull(release.archivedAt),
    after && sql`(${release.publishedAt}, ${release.id}) < (${timestamp(after[0])}, ${after[1]})`,
  );
  return releaseViews(reader, { where, orderBy: [desc(release.publishedAt), desc(release.id)], limit });
}

export interface HostFilter {
  environmentId?: number | undefined;
  /** Part of the name, whatever its case. */
  search?: string | undefined;
}

/** By name. Along the unique index of names; a search reads past what does not match. */
export function listHostViews(
  reader: Reader,
  { environmentId, search }: HostFilter,
  after: string | undefined,
  limit: number,
): Promise<HostView[]> {
  const where = and(
    environmentId === undefined ? undefined : eq(host.environmentId, environmentId),
    search === undefined || search === '' ? undefined : sql`strpos(lower(${host.name}), lower(${search})) > 0`,
    after === undefined ? undefined : gt(host.name, after),
  );
  return hostViews(reader, { where, orderBy: [asc(host.name)], limit });
}

const cards = {
  in_progress: () => notInArray(job.status, [...endedStatuses]),
  succeeded: () => eq(job.status, 'succeeded'),
  failed: () => eq(job.status, 'failed'),
} satisfies Record<string, () => SQL>;

export interface JobFilter {
  status?: JobStatus | undefined;
  /** Rule: section 10 (Cards). */
  card?: keyof typeof cards | undefined;
}

/** Newest first. Along (created_at, id). */
export function listJobViews(
  reader: Reader,
  { status, card }: JobFilter,
  after: readonly [createdAt: number, id: number] | undefined,
  limit: number,
): Promise<JobView[]> {
  const where = and(
    status && eq(job.status, status),
    card && cards[card](),
    after && sql`(${job.createdAt}, ${job.id}) < (${timestamp(after[0])}, ${after[1]})`,
  );
  return jobViews(reader, { where, orderBy: [desc(job.createdAt), desc(job.id)], limit });
}

/** In the order of the job. Along (job_id, position). */
export function listTaskViews(
  reader: Reader,
  { jobId, status }: { jobId: number; status?: TaskStatus | undefined },
  after: number | undefined,
  limit: number,
): Promise<TaskView[]> {
  const where = and(
    eq(task.jobId, jobId),
    status && eq(task.status, status),
    after === undefined ? undefined : gt(task.position, after),
  );
  return taskViews(reader, { where, orderBy: [asc(task.position)], limit });
}

/** Newest first. `standingAt`: without those that are released or have run out by then. */
export function listHoldViews(
  reader: Reader,
  { standingAt }: { standingAt: number | null },
  before: number | undefined,
  limit: number,
): Promise<HoldView[]> {
  const where = and(
    standingAt === null
      ? undefined
      : sql`${hold.releasedAt} is null and (${hold.expiresAt} is null or ${hold.expiresAt} > ${timestamp(standingAt)})`,
    before === undefined ? undefined : lt(hold.id, before),
  );
  return holdViews(reader, { where, orderBy: [desc(hold.id)], limit });
}

/** Newest first. */
export function listApprovalViews(
  reader: Reader,
  { state, jobId }: { state?: ApprovalState | undefined; jobId?: number | undefined },
  before: number | undefined,
  limit: number,
): Promise<ApprovalView[]> {
  const where = and(
    state && eq(approval.state, state),
    jobId === undefined ? undefined : eq(approval.jobId, jobId),
    before === undefined ? undefined : lt(approval.id, before),
  );
  return approvalViews(reader, { where, orderBy: [desc(approval.id)], limit });
}

export interface ActivityFilter {
  jobId?: number | undefined;
  /** Of any of these jobs. */
  jobIds?: readonly number[] | undefined;
  hostId?: number | undefined;
  /** Without steps and progress, which nobody reads in a list. */
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
  { jobId, jobIds, hostId, withoutNoise, hidden = [] }: ActivityFilter,
  before: Cursor | undefined,
  limit: number,
) {
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
        withoutNoise ? notInArray(activity.kind, [...tickerNoise]) : undefined,
        hidden.length > 0 ? notInArray(activity.entityKind, [...hidden]) : undefined,
        before &&
          sql`(${activity.xid}, ${activity.seq}) < (${String(before.xid)}::text::xid8, ${String(before.seq)}::text::bigint)`,
      ),
    )
    .orderBy(desc(activity.xid), desc(activity.seq))
    .limit(limit);
  return rows.map(({ xid, seq, ...line }) => ({
    cursor: formatCursor({ xid: BigInt(xid), seq: BigInt(seq) }),
    ...line,
  }));
}

function timestamp(at: number): SQL {
  return sql`${new Date(at).toISOString()}::timestamptz`;
}
