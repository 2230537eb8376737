import { and, asc, eq, inArray, ne, sql } from 'drizzle-orm';
import { DEFAULT_STALE_AFTER_MS } from '../../server/domain/observation.ts';
import type { Reason } from '../../server/domain/reason.ts';
import type { HookSpecs } from '../../server/domain/views.ts';
import type { Reader, Transaction } from '../connect.ts';
import {
  channel,
  environment,
  host,
  hostProduct,
  pipeline,
  product,
  release,
  subscription,
  task,
} from '../schema/index.ts';
import { idIn } from './views.ts';

export type HostRow = typeof host.$inferSelect;

export async function findHosts(reader: Reader, ids: readonly number[]): Promise<HostRow[]> {
  if (ids.length === 0) return [];
  return reader
    .select()
    .from(host)
    .where(inArray(host.id, [...ids]));
}

/** What filters of hosts look at, of every host that is not retired, by name. `productId`: the version of that product alone. */
export async function hostCandidates(reader: Reader, productId?: number) {
  return reader
    .select({
      id: host.id,
      name: host.name,
      environmentId: host.environmentId,
      environment: environment.name,
      labels: host.labels,
      version: sql<string>`coalesce((
        select string_agg(p.reported_version, ' ' order by p.product_id) from host_product p
        where p.host_id = host.id and ${productId === undefined ? sql`true` : sql`p.product_id = ${productId}`}), '')`,
    })
    .from(host)
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .where(ne(host.life, 'retired'))
    .orderBy(asc(host.name));
}

/** Hosts of environments that follow a channel of the product, by name, with what they run of it. 5 000 hosts: 30 ms. */
export async function hostsFollowing(reader: Reader, productId: number) {
  return reader
    .select({
      id: host.id,
      name: host.name,
      role: host.role,
      life: host.life,
      labels: host.labels,
      environment: environment.name,
      installerMethod: environment.installerMethod,
      channel: channel.name,
      version: hostProduct.reportedVersion,
    })
    .from(host)
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .innerJoin(subscription, and(eq(subscription.environmentId, environment.id), eq(subscription.productId, productId)))
    .innerJoin(channel, eq(channel.id, subscription.channelId))
    .leftJoin(hostProduct, and(eq(hostProduct.hostId, host.id), eq(hostProduct.productId, productId)))
    .orderBy(asc(host.name));
}

/** Keeps hosts from being moved or removed until the transaction ends; whatever else happens to them goes on. */
export async function keepHosts(tx: Transaction, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.select({ id: host.id }).from(host).where(idIn(host.id, ids)).orderBy(asc(host.id)).for('key share');
}

/** The same for every host of a job. */
export async function keepHostsOfJob(tx: Transaction, jobId: number): Promise<void> {
  const of = inArray(host.id, tx.select({ id: task.hostId }).from(task).where(eq(task.jobId, jobId)));
  await tx.select({ id: host.id }).from(host).where(of).orderBy(asc(host.id)).for('key share');
}

/** What a job wants on this host from now on: desired and attempted; reported stays what the host says. */
export async function setIntent(tx: Transaction, hostId: number, productId: number, releaseId: number): Promise<void> {
  const intent = { desiredReleaseId: releaseId, attemptedReleaseId: releaseId };
  await tx
    .insert(hostProduct)
    .values({ hostId, productId, ...intent })
    .onConflictDoUpdate({ target: [hostProduct.hostId, hostProduct.productId], set: intent });
}

export interface Reported {
  version: string;
  /** SHA-256 in hex, or its first 8 digits where the host knows no more. */
  digest: string;
}

/** Stores what the host says it runs (null: nothing). True when that is news: the first "nothing" is not. */
export async function setReported(
  tx: Transaction,
  hostId: number,
  productId: number,
  reported: Reported | null,
  now: number,
): Promise<boolean> {
  const releaseId = reported ? await releaseOf(tx, productId, reported) : null;
  const values = {
    reportedReleaseId: releaseId,
    reportedVersion: reported?.version ?? null,
    reportedDigest: reported?.digest ?? null,
    reportedAt: now,
  };
  const rows = await tx
    .insert(hostProduct)
    .values({ hostId, productId, ...values })
    .onConflictDoUpdate({
      target: [hostProduct.hostId, hostProduct.productId],
      set: values,
      setWhere: sql`(${hostProduct.reportedReleaseId}, ${hostProduct.reportedVersion}, ${hostProduct.reportedDigest})
        is distinct from (${releaseId}::int, ${values.reportedVersion}::text, ${values.reportedDigest}::text)`,
    })
    .returning({ first: sql<boolean>`xmax = 0` });
  const [row] = rows;
  return row !== undefined && !(row.first && reported === null);
}

async function releaseOf(tx: Transaction, productId: number, reported: Reported): Promise<number | null> {
  const [row] = await tx
    .select({ id: release.id })
    .from(release)
    .where(
      and(
        eq(release.productId, productId),
        eq(release.version, reported.version),
        sql`starts_with(${release.digest}, ${reported.digest})`,
      ),
    );
  return row?.id ?? null;
}

/** Raises the revision of hosts whose view has changed elsewhere (what they report, how they do). */
export async function touchHosts(tx: Transaction, ids: readonly number[]): Promise<void> {
  await tx
    .update(host)
    .set({ revision: sql`${host.revision} + 1` })
    .where(idIn(host.id, ids));
}

/** Stores that the host answered. True when it had not before. */
export async function setLive(tx: Transaction, hostId: number, now: number): Promise<boolean> {
  const answersStill = await tx
    .update(host)
    .set({ lastContactAt: now })
    .where(and(eq(host.id, hostId), eq(host.liveness, 'live')))
    .returning({ id: host.id });
  if (answersStill.length === 1) return false;
  const rows = await tx
    .update(host)
    .set({
      liveness: 'live',
      livenessSince: now,
      livenessProblem: null,
      lastContactAt: now,
      revision: sql`${host.revision} + 1`,
    })
    .where(and(eq(host.id, hostId), sql`${host.liveness} <> 'live'`))
    .returning({ id: host.id });
  return rows.length === 1;
}

/** Stores that the host does not answer. True when it did before, or when the reason is another one. */
export async function setUnreachable(tx: Transaction, hostId: number, problem: Reason, now: number): Promise<boolean> {
  const since = sql`case when ${host.liveness} = 'unreachable' then ${host.livenessSince} else ${new Date(now).toISOString()}::timestamptz end`;
  const rows = await tx
    .update(host)
    .set({
      liveness: 'unreachable',
      livenessSince: since,
      livenessProblem: problem,
      revision: sql`${host.revision} + 1`,
    })
    .where(
      and(
        eq(host.id, hostId),
        sql`(${host.liveness} <> 'unreachable' or ${host.livenessProblem}->>'code' is distinct from ${problem.code})`,
      ),
    )
    .returning({ id: host.id });
  return rows.length === 1;
}

/** Takes up to `limit` hosts that are due for a look and have no task running; until `leasedUntil` nobody else does. */
export async function takeDueHosts(
  tx: Transaction,
  now: number,
  leasedUntil: number,
  limit: number,
): Promise<HostRow[]> {
  const free = sql`not exists (select 1 from ${task} t where t.host_id = host.id and t.status = 'running')`;
  // Spelled as in the index host_due, which is read in this order and only as far as hosts are due.
  const dueAt = sql`coalesce(next_probe_at, '-infinity'::timestamptz)`;
  const due = await tx
    .select({ id: host.id })
    .from(host)
    .where(and(sql`life = 'active'`, sql`${dueAt} <= ${new Date(now).toISOString()}::timestamptz`, free))
    .orderBy(dueAt)
    .limit(limit)
    .for('update', { skipLocked: true });
  if (due.length === 0) return [];
  return tx
    .update(host)
    .set({ nextProbeAt: leasedUntil })
    .where(
      inArray(
        host.id,
        due.map(({ id }) => id),
      ),
    )
    .returning();
}

/** Ends a look at a host: it is due again at `nextAt`, unless something has made it due before. */
export async function endLook(tx: Transaction, hostId: number, leasedUntil: number, nextAt: number): Promise<void> {
  await tx
    .update(host)
    .set({ nextProbeAt: nextAt })
    .where(and(eq(host.id, hostId), eq(host.nextProbeAt, leasedUntil)));
}

/** Makes hosts due for a look at once: what was seen of them is about another connection. */
export async function lookAgain(tx: Transaction, hostIds: readonly number[]): Promise<void> {
  if (hostIds.length === 0) return;
  await tx.update(host).set({ nextProbeAt: null }).where(idIn(host.id, hostIds));
}

/** Nobody looked at these hosts while they were out of service: they are live, if they are, from now on. */
export async function countContactFrom(tx: Transaction, hostIds: readonly number[], now: number): Promise<void> {
  if (hostIds.length === 0) return;
  await tx
    .update(host)
    .set({ livenessSince: now })
    .where(and(idIn(host.id, hostIds), eq(host.liveness, 'live')));
}

/** Whether no task has taken the host since it had this fence; holds the row, so that none does before the transaction ends. */
export async function isUntaken(tx: Transaction, hostId: number, fence: number): Promise<boolean> {
  const rows = await tx
    .select({ id: host.id })
    .from(host)
    .where(and(eq(host.id, hostId), eq(host.fence, fence)))
    .for('no key update');
  return rows.length === 1;
}

/**
 * The products that a host is meant to run: those its environment follows. `seen`: some release of the product has reported
 * a health state; `healthHook`: that of the release which the host reports, `runs` is whether it reports any. `healthCheck`: its own, or that of the product.
 */
export async function productsOfHost(
  reader: Reader,
  { id, environmentId, healthCheck }: Pick<HostRow, 'id' | 'environmentId' | 'healthCheck'>,
) {
  const rows = await reader
    .select({
      id: product.id,
      name: product.name,
      healthCheck: product.healthCheck,
      seen: sql<boolean>`${product.healthSeenAt} is not null`,
      staleAfterMs: sql<number>`coalesce(${pipeline.staleAfterMs}, ${DEFAULT_STALE_AFTER_MS})::float8`,
      runs: sql<boolean>`${hostProduct.reportedVersion} is not null`,
      healthHook: sql<HookSpecs['health'] | null>`${release.hooks}->'health'`,
    })
    .from(subscription)
    .innerJoin(product, eq(product.id, subscription.productId))
    .leftJoin(pipeline, eq(pipeline.productId, product.id))
    .leftJoin(hostProduct, and(eq(hostProduct.productId, product.id), eq(hostProduct.hostId, id)))
    .leftJoin(release, eq(release.id, hostProduct.reportedReleaseId))
    .where(eq(subscription.environmentId, environmentId))
    .orderBy(asc(product.id));
  return rows.map((row) => ({ ...row, healthCheck: healthCheck ?? row.healthCheck }));
}
