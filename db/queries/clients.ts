import { and, asc, eq, isNotNull, lte, sql, type SQL } from 'drizzle-orm';
import type { InstallerMethod } from '../../server/domain/installer.ts';
import type { Reader, Transaction } from '../connect.ts';
import { channel, client, environment, host, hostProduct, product, release, subscription } from '../schema/index.ts';
import { idIn } from './views.ts';

export type ClientRow = typeof client.$inferSelect;

/** A client with what it belongs to. */
export interface ClientPlace {
  readonly row: ClientRow;
  readonly environment: Pick<
    typeof environment.$inferSelect,
    'id' | 'name' | 'installerMethod' | 'installerVersion' | 'checkEveryMs'
  >;
  readonly product: Pick<typeof product.$inferSelect, 'id' | 'name' | 'versioning' | 'artifact'>;
  readonly channel: { readonly id: number; readonly name: string };
}

/** Which clients; what is left out says nothing. */
export interface WhichClients {
  ids?: readonly number[];
  environmentIds?: readonly number[];
  channelIds?: readonly number[];
  productId?: number | undefined;
  tokenHash?: string;
}

/** By the names of environment and product. */
export async function clientPlaces(reader: Reader, which: WhichClients): Promise<ClientPlace[]> {
  const conditions: (SQL | undefined)[] = [
    which.ids && idIn(client.id, which.ids),
    which.environmentIds && idIn(client.environmentId, which.environmentIds),
    which.channelIds && idIn(client.channelId, which.channelIds),
    which.productId === undefined ? undefined : eq(client.productId, which.productId),
    which.tokenHash === undefined ? undefined : eq(client.tokenHash, which.tokenHash),
  ];
  return reader
    .select({
      row: client,
      environment: {
        id: environment.id,
        name: environment.name,
        installerMethod: environment.installerMethod,
        installerVersion: environment.installerVersion,
        checkEveryMs: environment.checkEveryMs,
      },
      product: {
        id: product.id,
        name: product.name,
        versioning: product.versioning,
        artifact: product.artifact,
      },
      channel: { id: channel.id, name: channel.name },
    })
    .from(client)
    .innerJoin(environment, eq(environment.id, client.environmentId))
    .innerJoin(product, eq(product.id, client.productId))
    .innerJoin(channel, eq(channel.id, client.channelId))
    .where(and(...conditions))
    .orderBy(asc(environment.name), asc(product.name));
}

/**
 * One client under the lock of its environment, so that of its checks one runs at a time. The environment comes first:
 * whoever declares it changes its clients after it.
 */
export async function lockClient(tx: Transaction, id: number): Promise<ClientPlace | undefined> {
  const [found] = await tx.select({ environmentId: client.environmentId }).from(client).where(eq(client.id, id));
  if (!found) return undefined;
  await tx
    .select({ id: environment.id })
    .from(environment)
    .where(eq(environment.id, found.environmentId))
    .for('no key update');
  await tx.select({ id: client.id }).from(client).where(eq(client.id, id)).for('update');
  return (await clientPlaces(tx, { ids: [id] }))[0];
}

export type ClientPatch = Partial<Omit<ClientRow, 'id' | 'environmentId' | 'productId' | 'channelId' | 'revision'>>;

export async function updateClient(tx: Transaction, id: number, patch: ClientPatch): Promise<void> {
  await tx
    .update(client)
    .set({ ...patch, revision: sql`${client.revision} + 1` })
    .where(eq(client.id, id));
}

/** It has called by itself: nothing is computed in its place any more. */
export async function noteClientSeen(reader: Reader, id: number, now: number): Promise<void> {
  await reader.update(client).set({ seenAt: now, checkDueAt: null }).where(eq(client.id, id));
}

/** What hosts of an environment report of a product; `version` null: nothing. */
export interface Running {
  environmentId: number;
  productId: number;
  version: string | null;
  hosts: number;
  /** Of these, how many nobody has heard of after `silentSince`. */
  silent: number;
  /** When the one that was heard of last was heard of; null: none ever. */
  lastContactAt: number | null;
}

/** What active hosts report, by environment and product that it subscribes to. */
export async function runningOn(
  reader: Reader,
  environmentIds: readonly number[],
  silentSince: number,
): Promise<Running[]> {
  if (environmentIds.length === 0) return [];
  const silentBefore = new Date(silentSince).toISOString();
  return reader
    .select({
      environmentId: host.environmentId,
      productId: subscription.productId,
      version: hostProduct.reportedVersion,
      hosts: sql<number>`count(*)::int`,
      silent: sql<number>`count(*) filter (where ${host.lastContactAt} is null or ${host.lastContactAt} <= ${silentBefore}::timestamptz)::int`,
      lastContactAt: sql<number | null>`(extract(epoch from max(${host.lastContactAt})) * 1000)::bigint`.mapWith(
        Number,
      ),
    })
    .from(host)
    .innerJoin(subscription, eq(subscription.environmentId, host.environmentId))
    .leftJoin(hostProduct, and(eq(hostProduct.hostId, host.id), eq(hostProduct.productId, subscription.productId)))
    .where(and(idIn(host.environmentId, environmentIds), eq(host.life, 'active')))
    .groupBy(host.environmentId, subscription.productId, hostProduct.reportedVersion);
}

/** Clients whose check is due, in the order in which they are. Held until the transaction ends; who is held already is left out. */
export async function takeDueClients(tx: Transaction, now: number, limit: number) {
  return tx
    .select({ id: client.id, checkEveryMs: environment.checkEveryMs })
    .from(client)
    .innerJoin(environment, eq(environment.id, client.environmentId))
    .where(and(isNotNull(client.checkDueAt), lte(client.checkDueAt, now)))
    .orderBy(asc(client.checkDueAt), asc(client.id))
    .limit(limit)
    .for('update', { of: client, skipLocked: true });
}

/** Sets when each of these looks next. One statement: an apply may declare thousands. */
export async function scheduleChecks(
  tx: Transaction,
  due: readonly { id: number; checkDueAt: number | null }[],
): Promise<void> {
  if (due.length === 0) return;
  await tx.execute(sql`
    update client set check_due_at = to_timestamp(d.due / 1000.0)
    from json_to_recordset(${JSON.stringify(due.map(({ id, checkDueAt }) => ({ id, due: checkDueAt })))}::json)
      as d(id int, due numeric)
    where client.id = d.id`);
}

/**
 * Brings the clients of these environments in line with what they subscribe to. One that now follows another channel has
 * fetched nothing of it yet. Answers with those that are new, or whose environment may look at other times now.
 */
export async function alignClients(
  tx: Transaction,
  environmentIds: readonly number[],
): Promise<{ id: number; checkEveryMs: number | null; method: InstallerMethod; callsItself: boolean }[]> {
  if (environmentIds.length === 0) return [];
  const own = sql.raw(`'{${environmentIds.join(',')}}'::int[]`);
  await tx.execute(sql`
    delete from client c where c.environment_id = any(${own}) and not exists (
      select 1 from subscription s where s.environment_id = c.environment_id and s.product_id = c.product_id)`);
  await tx.execute(sql`
    insert into client (environment_id, product_id, channel_id)
    select s.environment_id, s.product_id, s.channel_id from subscription s where s.environment_id = any(${own})
    on conflict (environment_id, product_id) do update set
      channel_id = excluded.channel_id, cache = '[]', offered = null, offered_tag = null, fetched_tag = null,
      checked_at = null, checked_by = null, check_problem = null, revision = client.revision + 1
    where client.channel_id <> excluded.channel_id`);
  return tx
    .select({
      id: client.id,
      checkEveryMs: environment.checkEveryMs,
      method: environment.installerMethod,
      callsItself: sql<boolean>`${client.seenAt} is not null`,
    })
    .from(client)
    .innerJoin(environment, eq(environment.id, client.environmentId))
    .where(idIn(client.environmentId, environmentIds))
    .orderBy(asc(client.id));
}

/** Ids of releases of a product by version label: of what clients deploy. */
export async function releaseByVersion(reader: Reader, productId: number, version: string) {
  const [row] = await reader
    .select()
    .from(release)
    .where(and(eq(release.productId, productId), eq(release.version, version)));
  return row;
}
