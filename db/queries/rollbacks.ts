import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Reader } from '../connect.ts';
import { channelEntry, environment, hold, host, subscription, task } from '../schema/index.ts';
import { idIn } from './views.ts';

/** Names of the environments whose hosts a job covers. */
export async function environmentsOfJob(reader: Reader, jobId: number): Promise<string[]> {
  const rows = await reader
    .selectDistinct({ name: environment.name })
    .from(task)
    .innerJoin(host, eq(host.id, task.hostId))
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .where(eq(task.jobId, jobId))
    .orderBy(environment.name);
  return rows.map(({ name }) => name);
}

export interface LastTask {
  /** The last that ended there failed, or could not reach the host. */
  bad: boolean;
  /** A task is at work there now. */
  running: boolean;
  /** The rollback of the product that has not ended there yet. */
  rollingBack: number | null;
}

/** What was last done for a product on each host. */
export async function lastTasks(
  reader: Reader,
  productId: number,
  hostIds: readonly number[],
): Promise<Map<number, LastTask>> {
  if (hostIds.length === 0) return new Map();
  const rows = await reader.execute<{ hostId: number } & LastTask & Record<string, unknown>>(sql`
    select h.id as "hostId", coalesce(l.status in ('failed', 'unreachable'), false) as bad,
      exists (select 1 from task r where r.host_id = h.id and r.status = 'running') as running,
      (select max(j.id) from task t join job j on j.id = t.job_id
        where t.host_id = h.id and t.status in ('pending', 'running') and j.kind = 'rollback'
          and j.product_id = ${productId}) as "rollingBack"
    from unnest(${`{${hostIds.join(',')}}`}::int[]) as h(id)
    left join lateral (
      select t.status from task t join job j on j.id = t.job_id
      where t.host_id = h.id and j.product_id = ${productId}
        and t.status in ('succeeded', 'skipped', 'failed', 'unreachable')
      order by t.id desc limit 1) l on true`);
  return new Map(rows.map(({ hostId, ...last }) => [hostId, last]));
}

/** The release that a rollback undoes: that of the nearest job above it which is none itself. */
export async function rolledBackFrom(
  reader: Reader,
  jobId: number,
): Promise<{ releaseId: number; version: string } | undefined> {
  const [row] = await reader.execute<{ releaseId: number; version: string }>(sql`
    with recursive above as (
      select id, parent_job_id, kind, release_id, 0 as depth from job where id = ${jobId}
      union all
      select j.id, j.parent_job_id, j.kind, j.release_id, a.depth + 1
      from job j join above a on j.id = a.parent_job_id where a.kind = 'rollback')
    select r.id as "releaseId", r.version from above join release r on r.id = above.release_id
    where above.kind <> 'rollback' order by depth limit 1`);
  return row;
}

/** Hosts by name, with the place of a release on the channel that each follows, and without those that a bar of it covers. */
export async function hostsToBar(
  reader: Reader,
  {
    product,
    productId,
    releaseId,
    version,
  }: { product: string; productId: number; releaseId: number; version: string },
  hostIds: readonly number[],
): Promise<{ name: string; sequence: number | null }[]> {
  if (hostIds.length === 0) return [];
  const barred = reader
    .select({ host: hold.host })
    .from(hold)
    .where(and(isNull(hold.releasedAt), eq(hold.product, product), eq(hold.barVersion, version), isNotNull(hold.host)));
  return reader
    .select({ name: host.name, sequence: channelEntry.sequence })
    .from(host)
    .leftJoin(
      subscription,
      and(eq(subscription.environmentId, host.environmentId), eq(subscription.productId, productId)),
    )
    .leftJoin(
      channelEntry,
      and(eq(channelEntry.channelId, subscription.channelId), eq(channelEntry.releaseId, releaseId)),
    )
    .where(and(idIn(host.id, hostIds), sql`${host.name} not in ${barred}`))
    .orderBy(host.id);
}

/** Environments in which a job has left a hold on its product that nobody has released. */
export async function environmentsHeldBy(reader: Reader, jobId: number): Promise<string[]> {
  const rows = await reader
    .select({ environment: hold.environment })
    .from(hold)
    .where(and(eq(hold.causeJobId, jobId), isNull(hold.releasedAt), isNull(hold.barVersion)));
  return rows.flatMap((row) => row.environment ?? []);
}
