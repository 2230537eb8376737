import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Reader } from '../connect.ts';
import { channelEntry, environment, hold, host, release, subscription, task } from '../schema/index.ts';
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

/** How the last task of a product that ended on each host ended there; `running`: one is at work now. */
export async function lastTasks(reader: Reader, productId: number, hostIds: readonly number[]) {
  if (hostIds.length === 0) return new Map<number, { bad: boolean; running: boolean }>();
  const rows = await reader.execute<{ host_id: number; bad: boolean | null; running: boolean }>(sql`
    select h.id as host_id, l.status in ('failed', 'unreachable') as bad,
      exists (select 1 from task r where r.host_id = h.id and r.status = 'running') as running
    from unnest(${`{${hostIds.join(',')}}`}::int[]) as h(id)
    left join lateral (
      select t.status from task t join job j on j.id = t.job_id
      where t.host_id = h.id and j.product_id = ${productId}
        and t.status in ('succeeded', 'skipped', 'failed', 'unreachable')
      order by t.id desc limit 1) l on true`);
  return new Map(rows.map((row) => [row.host_id, { bad: row.bad === true, running: row.running }]));
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

/** The releases of these ids, by id. */
export async function releasesById(reader: Reader, ids: readonly number[]) {
  if (ids.length === 0) return [];
  return reader
    .select()
    .from(release)
    .where(inArray(release.id, [...ids]))
    .orderBy(release.id);
}
