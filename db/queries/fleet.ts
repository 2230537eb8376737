import { and, asc, eq, getTableColumns, inArray, notInArray, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Reader, Transaction } from '../connect.ts';
import {
  approvalRule,
  channel,
  environment,
  host,
  hostProduct,
  job,
  pipeline,
  product,
  release,
  subscription,
  task,
} from '../schema/index.ts';
import { endedStatuses } from './jobs.ts';
import { idIn } from './views.ts';

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
  const rules = await reader.select().from(approvalRule).orderBy(asc(approvalRule.id));
  const pipelines = await reader.select().from(pipeline).orderBy(asc(pipeline.id));
  return { products, channels, environments, hosts, subscriptions, rules, pipelines };
}
export type FleetRows = Awaited<ReturnType<typeof fleetRows>>;

/** Channel names by product: what a fleet file or an approval rule may refer to. */
export async function channelNames(reader: Reader): Promise<Map<string, string[]>> {
  const rows = await reader
    .select({ product: product.name, channel: channel.name })
    .from(channel)
    .innerJoin(product, eq(product.id, channel.productId))
    .orderBy(asc(channel.id));
  const byProduct = Map.groupBy(rows, (row) => row.product);
  return new Map([...byProduct].map(([name, own]) => [name, own.map((row) => row.channel)]));
}

const tables = { product, channel, environment, host, rule: approvalRule, pipeline } as const;
export type FleetKind = keyof typeof tables;

/** What makes a row the one that a name means. */
const identity = {
  product: [product.name],
  channel: [channel.productId, channel.name],
  environment: [environment.name],
  host: [host.name],
  rule: [approvalRule.name],
  pipeline: [pipeline.productId],
} satisfies Record<FleetKind, unknown[]>;

/** Holds rows against new tasks, new releases and other changes until the transaction ends. */
export async function lockRows(tx: Transaction, kind: FleetKind, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const { id } = tables[kind];
  await tx
    .select({ id })
    .from(tables[kind] as PgTable)
    .where(idIn(id, ids))
    .orderBy(asc(id))
    .for('update');
}

/**
 * Creates declared entities, and gives those that are known the values declared and the next revision. All have the
 * same columns. Answers with their ids in the order given. In chunks: a statement takes at most 65 535 parameters.
 */
export async function declareRows(
  tx: Transaction,
  kind: FleetKind,
  rows: readonly Record<string, unknown>[],
): Promise<number[]> {
  const table = tables[kind];
  const keyColumns = identity[kind];
  const columns = Object.keys(rows[0] ?? {});
  const set = {
    ...Object.fromEntries(columns.map((column) => [column, sql.raw(`excluded.${snakeCase(column)}`)])),
    revision: sql`${table.revision} + 1`,
  };
  const ids = new Map<string, number>();
  for (let i = 0; i < rows.length; i += 2_000) {
    const declared = await tx
      .insert(table as PgTable)
      .values(rows.slice(i, i + 2_000))
      .onConflictDoUpdate({ target: keyColumns, set })
      .returning(getTableColumns(table));
    for (const row of declared) ids.set(identityOf(kind, row), row['id'] as number);
  }
  return rows.map((row) => ids.get(identityOf(kind, row)) as number);
}

function identityOf(kind: FleetKind, row: Record<string, unknown>): string {
  if (kind === 'pipeline') return String(row['productId']);
  return kind === 'channel' ? `${String(row['productId'])} ${String(row['name'])}` : String(row['name']);
}

function snakeCase(column: string): string {
  return column.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Replaces what environments follow. */
export async function setSubscriptions(
  tx: Transaction,
  environmentIds: readonly number[],
  follows: readonly { environmentId: number; productId: number; channelId: number }[],
): Promise<void> {
  if (environmentIds.length === 0) return;
  await tx.delete(subscription).where(idIn(subscription.environmentId, environmentIds));
  for (let i = 0; i < follows.length; i += 5_000) await tx.insert(subscription).values(follows.slice(i, i + 5_000));
}

/** Another feed: what was wrong with the old one is past, and the new one is due now. */
export async function rearmFeeds(tx: Transaction, productIds: readonly number[]): Promise<void> {
  if (productIds.length === 0) return;
  await tx.update(product).set({ feedDueAt: null, feedProblem: null }).where(idIn(product.id, productIds));
}

/** Raises the revision of entities whose view is about to change, or to go. */
export async function touchRows(tx: Transaction, kind: FleetKind, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const table = tables[kind];
  await tx
    .update(table as PgTable)
    .set({ revision: sql`${table.revision} + 1` })
    .where(idIn(table.id, ids));
}

export async function removeRows(tx: Transaction, kind: FleetKind, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.delete(tables[kind] as PgTable).where(idIn(tables[kind].id, ids));
}

/** Hosts that no file declares any more, and whose past is to stay. */
export async function retireHosts(tx: Transaction, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .update(host)
    .set({ life: 'retired', managedBy: null, revision: sql`${host.revision} + 1` })
    .where(idIn(host.id, ids));
}

/** Forgets what hosts report for products that go. Answers with the hosts whose view that changes. */
export async function forgetProducts(tx: Transaction, productIds: readonly number[]): Promise<number[]> {
  if (productIds.length === 0) return [];
  const rows = await tx
    .delete(hostProduct)
    .where(idIn(hostProduct.productId, productIds))
    .returning({ hostId: hostProduct.hostId, version: hostProduct.reportedVersion });
  return [...new Set(rows.filter(({ version }) => version !== null).map(({ hostId }) => hostId))];
}

/** The first task of each of these hosts that has not ended, in a job that has not either. */
export async function unendedTasks(
  reader: Reader,
  hostIds: readonly number[],
): Promise<Map<number, { jobId: number; running: boolean }>> {
  if (hostIds.length === 0) return new Map();
  const rows = await reader
    .select({ hostId: task.hostId, jobId: task.jobId, status: task.status })
    .from(task)
    .innerJoin(job, eq(job.id, task.jobId))
    .where(
      and(
        idIn(task.hostId, hostIds),
        inArray(task.status, ['pending', 'running']),
        notInArray(job.status, [...endedStatuses]),
      ),
    )
    // `running` comes after `pending`, so it is the one that stays in the map.
    .orderBy(asc(task.status), asc(task.id));
  return new Map(rows.map(({ hostId, jobId, status }) => [hostId, { jobId, running: status === 'running' }]));
}

/** Hosts that have a past: their rows stay, so that jobs keep telling what happened. */
export async function hostsWithTasks(reader: Reader, ids: readonly number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await reader.selectDistinct({ id: task.hostId }).from(task).where(idIn(task.hostId, ids));
  return new Set(rows.map(({ id }) => id));
}

/** Version labels in the catalog of these products. */
export async function versionsOf(reader: Reader, productIds: readonly number[]): Promise<Map<number, string[]>> {
  if (productIds.length === 0) return new Map();
  const rows = await reader
    .select({ productId: release.productId, version: release.version })
    .from(release)
    .where(idIn(release.productId, productIds))
    .orderBy(asc(release.id));
  const byProduct = Map.groupBy(rows, ({ productId }) => productId);
  return new Map([...byProduct].map(([id, releases]) => [id, releases.map(({ version }) => version)]));
}
