import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Reader, Transaction } from '../connect.ts';
import { channel, environment, host, hostProduct, product, release, subscription, task } from '../schema/index.ts';

/** One apply at a time: two files that are applied at once would otherwise both find a name free. */
export async function lockFleet(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(4600002)`);
}

export async function fleetRows(reader: Reader) {
  const products = await reader.select().from(product).orderBy(asc(product.id));
  const channels = await reader.select().from(channel).orderBy(asc(channel.id));
  const environments = await reader.select().from(environment).orderBy(asc(environment.id));
  const hosts = await reader.select().from(host).orderBy(asc(host.id));
  const subscriptions = await reader.select().from(subscription);
  return { products, channels, environments, hosts, subscriptions };
}
export type FleetRows = Awaited<ReturnType<typeof fleetRows>>;

export const fleetTables = { product, channel, environment, host } as const;
export type FleetKind = keyof typeof fleetTables;

/** Creates one declared entity; answers with its id. */
export async function createDeclared(
  tx: Transaction,
  kind: FleetKind,
  values: Record<string, unknown>,
): Promise<number> {
  const table = fleetTables[kind];
  const [row] = await tx
    .insert(table as PgTable)
    .values(values)
    .returning({ id: table.id });
  return (row as { id: number }).id;
}

/** Changes one declared entity and raises its revision. No values: something that its view shows changed elsewhere. */
export async function changeDeclared(
  tx: Transaction,
  kind: FleetKind,
  id: number,
  values: Record<string, unknown>,
): Promise<void> {
  const table = fleetTables[kind];
  await tx
    .update(table as PgTable)
    .set({ ...values, revision: sql`${table.revision} + 1` })
    .where(eq(table.id, id));
}

export async function removeDeclared(tx: Transaction, kind: FleetKind, id: number): Promise<void> {
  await tx.delete(fleetTables[kind] as PgTable).where(eq(fleetTables[kind].id, id));
}

/** Replaces what an environment follows. */
export async function setSubscriptions(
  tx: Transaction,
  environmentId: number,
  follows: readonly { productId: number; channelId: number }[],
): Promise<void> {
  await tx.delete(subscription).where(eq(subscription.environmentId, environmentId));
  if (follows.length === 0) return;
  await tx.insert(subscription).values(follows.map((follow) => ({ environmentId, ...follow })));
}

/** Why each of these may not be removed, in words; absent: nothing stands against it. */
export async function removalObstacles(
  reader: Reader,
  kind: FleetKind,
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const obstacles = new Map<number, string>();
  const note = (rows: readonly { id: number | null }[], why: string) => {
    for (const { id } of rows) if (id !== null) obstacles.set(id, why);
  };
  if (kind === 'host') {
    note(
      await reader
        .select({ id: task.hostId })
        .from(task)
        .where(and(inArray(task.hostId, [...ids]), eq(task.status, 'running'))),
      'a task is running on it',
    );
  }
  if (kind === 'environment') {
    note(
      await reader
        .select({ id: host.environmentId })
        .from(host)
        .where(inArray(host.environmentId, [...ids])),
      'it still has hosts',
    );
  }
  if (kind === 'product') {
    note(
      await reader
        .select({ id: release.productId })
        .from(release)
        .where(inArray(release.productId, [...ids])),
      'it has releases',
    );
    note(
      await reader
        .select({ id: subscription.productId })
        .from(subscription)
        .where(inArray(subscription.productId, [...ids])),
      'environments follow it',
    );
  }
  if (kind === 'channel') {
    note(
      await reader
        .select({ id: subscription.channelId })
        .from(subscription)
        .where(inArray(subscription.channelId, [...ids])),
      'environments follow it',
    );
    note(
      await reader
        .select({ id: channel.id })
        .from(channel)
        .where(and(inArray(channel.id, [...ids]), sql`${channel.lastSequence} > 0`)),
      'releases have been promoted to it',
    );
  }
  return obstacles;
}

/** Hosts that have a past: their rows stay, retired, so that jobs keep telling what happened. */
export async function hostsWithTasks(reader: Reader, ids: readonly number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await reader
    .selectDistinct({ id: task.hostId })
    .from(task)
    .where(inArray(task.hostId, [...ids]));
  return new Set(rows.map(({ id }) => id));
}

export async function forgetReports(tx: Transaction, hostId: number): Promise<void> {
  await tx.delete(hostProduct).where(eq(hostProduct.hostId, hostId));
}
