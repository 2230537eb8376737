/**
 * The single home of row → view. Each function answers for many ids, or for any condition, with one query; services
 * use them inside their transaction for the views that they append, the board and the lists use them outside.
 * Subqueries name the outer table in plain text: drizzle drops the table of a column when a query has only one.
 */
import { desc, eq, getTableColumns, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type {
  ChannelView,
  Demotion,
  EnvironmentView,
  HostHealth,
  HostView,
  JobView,
  ProductView,
  ReleaseView,
  ReportedRelease,
  TaskCounts,
  TaskView,
} from '../../server/domain/views.ts';
import type { Reader } from '../connect.ts';
import { channel, environment, host, job, product, release, task } from '../schema/index.ts';

/** Which rows: these ids (answered in id order), or any condition, order and limit over the noun's own table. */
export type Which = readonly number[] | { where?: SQL; orderBy?: SQL[]; limit?: number };

export async function productViews(reader: Reader, which: Which): Promise<ProductView[]> {
  const { where, orderBy, limit } = chosen(product.id, which);
  return reader
    .select({
      id: product.id,
      revision: product.revision,
      name: product.name,
      versioning: product.versioning,
      feedCheckedAt: product.feedCheckedAt,
      feedProblem: product.feedProblem,
    })
    .from(product)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
}

export async function channelViews(reader: Reader, which: Which): Promise<ChannelView[]> {
  const { where, orderBy, limit } = chosen(channel.id, which);
  return reader
    .select({ id: channel.id, revision: channel.revision, productId: channel.productId, name: channel.name })
    .from(channel)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
}

export async function environmentViews(reader: Reader, which: Which): Promise<EnvironmentView[]> {
  const { where, orderBy, limit } = chosen(environment.id, which);
  return reader
    .select({
      id: environment.id,
      revision: environment.revision,
      name: environment.name,
      labels: environment.labels,
      installerMethod: environment.installerMethod,
      installerVersion: environment.installerVersion,
      updatePolicy: environment.updatePolicy,
      approveVia: environment.approveVia,
      checkEveryMs: environment.checkEveryMs,
      windows: environment.windows,
      recallWaitsForWindow: environment.recallWaitsForWindow,
      channels: sql<Record<string, string>>`(
        select coalesce(jsonb_object_agg(s.product_id, c.name), '{}')
        from subscription s join channel c on c.id = s.channel_id
        where s.environment_id = environment.id)`,
    })
    .from(environment)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
}

export async function releaseViews(reader: Reader, which: Which): Promise<ReleaseView[]> {
  const { where, orderBy, limit } = chosen(release.id, which);
  return reader
    .select({
      id: release.id,
      revision: release.revision,
      productId: release.productId,
      version: release.version,
      digest: release.digest,
      size: release.size,
      notes: release.notes,
      labels: release.labels,
      required: release.required,
      archivedAt: release.archivedAt,
      publishedAt: release.publishedAt,
      package: release.package,
      received: release.received,
      downloadedAt: release.downloadedAt,
      downloadProblem: release.downloadProblem,
      conflict: release.conflict,
      channels: sql<string[]>`(
        select coalesce(jsonb_agg(c.name order by c.name), '[]')
        from channel_entry e join channel c on c.id = e.channel_id
        where e.release_id = release.id and e.demoted_at is null)`,
      demotions: sql<Demotion[]>`(
        select coalesce(jsonb_agg(jsonb_build_object(
          'channel', c.name, 'at', ${epochMs(sql`e.demoted_at`)}, 'by', e.demoted_by, 'reason', e.demote_reason) order by c.name), '[]')
        from channel_entry e join channel c on c.id = e.channel_id
        where e.release_id = release.id and e.demoted_at is not null)`,
    })
    .from(release)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
}

export async function hostViews(reader: Reader, which: Which): Promise<HostView[]> {
  const { where, orderBy, limit } = chosen(host.id, which);
  return reader
    .select({
      id: host.id,
      revision: host.revision,
      name: host.name,
      environmentId: host.environmentId,
      role: host.role,
      labels: host.labels,
      life: host.life,
      liveness: host.liveness,
      livenessSince: host.livenessSince,
      livenessProblem: host.livenessProblem,
      lastContactAt: host.lastContactAt,
      reported: sql<ReportedRelease[]>`(
        select coalesce(jsonb_agg(jsonb_build_object(
          'productId', p.product_id, 'releaseId', p.reported_release_id, 'version', p.reported_version,
          'at', ${epochMs(sql`p.reported_at`)}) order by p.product_id), '[]')
        from host_product p where p.host_id = host.id and p.reported_version is not null)`,
      health: sql<HostHealth[]>`(
        select coalesce(jsonb_agg(jsonb_build_object(
          'productId', n.product_id, 'live', n.live, 'state', n.state, 'since', ${epochMs(sql`n.in_force_from`)},
          'stale', n.stale) order by n.product_id), '[]')
        from health_now n where n.host_id = host.id)`,
    })
    .from(host)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
}

interface TaskSummary extends TaskCounts {
  wave: number;
  waves: number;
}

/**
 * `wave` is the first that still has work, else the last that anything was tried in. Counts come from one grouped,
 * index-only scan per job.
 */
export async function jobViews(reader: Reader, which: Which): Promise<JobView[]> {
  const { where, orderBy, limit } = chosen(job.id, which);
  const rows = await reader
    .select({
      ...getTableColumns(job),
      version: release.version,
      brokenGlass: sql<NonNullable<JobView['brokenGlass']> | null>`(
        select jsonb_build_object('by', g.by, 'reason', g.reason, 'at', ${epochMs(sql`g.opened_at`)})
        from break_glass g where g.job_id = job.id order by g.id desc limit 1)`,
      tasks: sql<TaskSummary>`(
        select jsonb_build_object(
          'pending', count(*) filter (where t.status = 'pending'),
          'running', count(*) filter (where t.status = 'running'),
          'succeeded', count(*) filter (where t.status = 'succeeded'),
          'failed', count(*) filter (where t.status = 'failed'),
          'unreachable', count(*) filter (where t.status = 'unreachable'),
          'skipped', count(*) filter (where t.status = 'skipped'),
          'cancelled', count(*) filter (where t.status = 'cancelled'),
          'not_started', count(*) filter (where t.status = 'not_started'),
          'wave', coalesce(
            min(t.wave) filter (where t.status in ('pending', 'running')),
            max(t.wave) filter (where t.status not in ('cancelled', 'not_started')), 1),
          'waves', coalesce(max(t.wave), 1))
        from task t where t.job_id = job.id)`,
    })
    .from(job)
    .innerJoin(release, eq(release.id, job.releaseId))
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return rows.map(({ tasks: { wave, waves, ...counts }, continuedWaves: _continued, wakeAt: _wake, ...shown }) => ({
    ...shown,
    wave,
    waves,
    counts,
  }));
}

const taskColumns = {
  id: task.id,
  revision: task.revision,
  jobId: task.jobId,
  hostId: task.hostId,
  hostName: host.name,
  environmentId: host.environmentId,
  role: host.role,
  position: task.position,
  wave: task.wave,
  status: task.status,
  step: task.step,
  steps: task.steps,
  problem: task.problem,
  blockedByJobId: task.blockedByJobId,
  fromVersion: task.fromVersion,
  restored: task.restored,
  startedAt: task.startedAt,
  endedAt: task.endedAt,
  logBytes: task.logBytes,
};

export async function taskViews(reader: Reader, which: Which): Promise<TaskView[]> {
  const { where, orderBy, limit } = chosen(task.id, which);
  return reader
    .select(taskColumns)
    .from(task)
    .innerJoin(host, eq(host.id, task.hostId))
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
}

/** The latest task of every host: one look-up in (host_id, id) per host, however many tasks there have been. */
export async function latestTaskViews(reader: Reader): Promise<TaskView[]> {
  const latest = reader
    .select({ id: task.id })
    .from(task)
    .where(eq(task.hostId, host.id))
    .orderBy(desc(task.id))
    .limit(1)
    .as('latest');
  return reader
    .select(taskColumns)
    .from(host)
    .innerJoinLateral(latest, sql`true`)
    .innerJoin(task, eq(task.id, latest.id));
}

/** The one view of an id, or undefined. `one(releaseViews, tx, 4)`. */
export async function one<View>(
  views: (reader: Reader, which: Which) => Promise<View[]>,
  reader: Reader,
  id: number,
): Promise<View | undefined> {
  return (await views(reader, [id]))[0];
}

/** A timestamp as integer epoch milliseconds, exact: numeric arithmetic, no floating point. */
export function epochMs(timestamp: SQL): SQL {
  return sql`(extract(epoch from ${timestamp}) * 1000)::bigint`;
}

/** `id = any(array)` with one text parameter: 10 000 ids as 10 000 parameters take longer to parse than to find. */
export function idIn(column: PgColumn, ids: readonly number[]): SQL {
  return sql`${column} = any(${`{${ids.join(',')}}`}::int[])`;
}

const noLimit = 2_147_483_647;

export function chosen(id: PgColumn, which: Which): { where: SQL | undefined; orderBy: SQL[]; limit: number } {
  if (isIds(which)) return { where: idIn(id, which), orderBy: [sql`${id}`], limit: noLimit };
  return { where: which.where, orderBy: which.orderBy ?? [sql`${id}`], limit: which.limit ?? noLimit };
}

function isIds(which: Which): which is readonly number[] {
  return Array.isArray(which);
}
