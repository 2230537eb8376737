import { and, eq, exists, isNotNull, notInArray, sql } from 'drizzle-orm';
import type { Reader, Transaction } from '../connect.ts';
import {
  channel,
  channelEntry,
  environment,
  host,
  hostProduct,
  job,
  release,
  subscription,
  task,
} from '../schema/index.ts';
import { endedStatuses } from './jobs.ts';

export type EntryRow = typeof channelEntry.$inferSelect;

/** The entry of a release on a channel of its product, under its row lock. */
export async function lockEntry(
  tx: Transaction,
  releaseId: number,
  channelName: string,
): Promise<EntryRow | undefined> {
  const [row] = await tx
    .select({ entry: channelEntry })
    .from(channelEntry)
    .innerJoin(channel, eq(channel.id, channelEntry.channelId))
    .where(and(eq(channelEntry.releaseId, releaseId), eq(channel.name, channelName)))
    .for('update', { of: channelEntry });
  return row?.entry;
}

/** The channel of that name on which the release has an entry. */
export async function entryChannelId(
  reader: Reader,
  releaseId: number,
  channelName: string,
): Promise<number | undefined> {
  const [row] = await reader
    .select({ id: channel.id })
    .from(channelEntry)
    .innerJoin(channel, eq(channel.id, channelEntry.channelId))
    .where(and(eq(channelEntry.releaseId, releaseId), eq(channel.name, channelName)));
  return row?.id;
}

/** Names of the channels on which a release has an entry, demoted or not. */
export async function channelsOf(reader: Reader, releaseId: number): Promise<string[]> {
  const rows = await reader
    .select({ name: channel.name })
    .from(channelEntry)
    .innerJoin(channel, eq(channel.id, channelEntry.channelId))
    .where(eq(channelEntry.releaseId, releaseId))
    .orderBy(channel.name);
  return rows.map(({ name }) => name);
}

/** `undemotedAt`: the entry is active again, at its old place. */
export async function setDemotion(
  tx: Transaction,
  entryId: number,
  change: { at: number; by: string; reason: string } | { undemotedAt: number },
): Promise<void> {
  await tx
    .update(channelEntry)
    .set({
      ...('at' in change
        ? { demotedAt: change.at, demotedBy: change.by, demoteReason: change.reason }
        : { demotedAt: null, demotedBy: null, demoteReason: null, activeSince: change.undemotedAt }),
      revision: sql`${channelEntry.revision} + 1`,
    })
    .where(eq(channelEntry.id, entryId));
}

/** Whether any entry of the release is demoted: only then need its hosts' channels be looked at. */
export async function isDemotedSomewhere(reader: Reader, releaseId: number): Promise<boolean> {
  const rows = await reader
    .select({ id: channelEntry.id })
    .from(channelEntry)
    .where(and(eq(channelEntry.releaseId, releaseId), isNotNull(channelEntry.demotedAt)))
    .limit(1);
  return rows.length === 1;
}

/** Jobs in flight that take a release to hosts. */
export async function rolloutsOf(reader: Reader, releaseId: number): Promise<number[]> {
  const rows = await reader
    .select({ id: job.id })
    .from(job)
    .where(
      and(
        eq(job.releaseId, releaseId),
        notInArray(job.status, [...endedStatuses]),
        exists(
          reader
            .select({ one: sql`1` })
            .from(task)
            .where(eq(task.jobId, job.id)),
        ),
      ),
    )
    .orderBy(job.id);
  return rows.map(({ id }) => id);
}

/** The environments that follow a channel, with what their hosts run of its product and what of the release is queued there. */
export async function subscribers(reader: Reader, channelId: number, releaseId: number) {
  return reader
    .select({
      id: environment.id,
      name: environment.name,
      installerMethod: environment.installerMethod,
      installerVersion: environment.installerVersion,
      hosts: sql<number>`(
        select count(*)::int from ${host} h where h.environment_id = environment.id and h.life = 'active')`,
      versions: sql<Record<string, number>>`(
        select coalesce(jsonb_object_agg(v.version, v.hosts), '{}') from (
          select p.reported_version as version, count(*) as hosts
          from ${hostProduct} p join ${host} h on h.id = p.host_id
          where h.environment_id = environment.id and h.life = 'active' and p.reported_version is not null
            and p.product_id = (select product_id from ${release} where id = ${releaseId})
          group by p.reported_version) v)`,
      queued: sql<number>`(
        select count(*)::int from ${task} t
        join ${job} j on j.id = t.job_id and j.release_id = ${releaseId} and j.kind = 'install'
        join ${host} h on h.id = t.host_id
        where h.environment_id = environment.id and t.status = 'pending')`,
    })
    .from(subscription)
    .innerJoin(environment, eq(environment.id, subscription.environmentId))
    .where(eq(subscription.channelId, channelId))
    .orderBy(environment.name);
}
