import { and, eq, gt, isNull, notInArray, or, sql } from 'drizzle-orm';
import type { Hold } from '../../server/domain/holds.ts';
import type { Reader, Transaction } from '../connect.ts';
import { channel, channelEntry, environment, hold, host, job, product, subscription, task } from '../schema/index.ts';
import { endedStatuses } from './jobs.ts';
import { idIn } from './views.ts';

export type HoldRow = typeof hold.$inferSelect;
export type NewHold = Omit<typeof hold.$inferInsert, 'id' | 'revision' | 'releasedAt' | 'releasedBy' | 'releaseReason'>;

export async function insertHold(tx: Transaction, values: NewHold): Promise<number> {
  const [row] = await tx.insert(hold).values(values).returning({ id: hold.id });
  return (row as { id: number }).id;
}

export async function findHold(reader: Reader, id: number): Promise<HoldRow | undefined> {
  const [row] = await reader.select().from(hold).where(eq(hold.id, id));
  return row;
}

/** False: somebody else released it first. */
export async function releaseHoldRow(
  tx: Transaction,
  id: number,
  by: { releasedAt: number; releasedBy: string; releaseReason: string | null },
): Promise<boolean> {
  const rows = await tx
    .update(hold)
    .set({ ...by, revision: sql`${hold.revision} + 1` })
    .where(and(eq(hold.id, id), isNull(hold.releasedAt)))
    .returning({ id: hold.id });
  return rows.length === 1;
}

/** Holds that nobody has released and that have not run out by `now`. Along `hold_in_force`. */
export async function holdsStanding(reader: Reader, now: number): Promise<Hold[]> {
  const notOver = or(isNull(hold.expiresAt), gt(hold.expiresAt, now));
  const rows = await reader
    .select()
    .from(hold)
    .where(and(isNull(hold.releasedAt), notOver))
    .orderBy(hold.id);
  return rows.map(holdOf);
}

function holdOf(row: HoldRow): Hold {
  const { barVersion: version, barSequence: sequence, liftOnNewer } = row;
  return {
    id: String(row.id),
    scope: {
      product: row.product ?? undefined,
      channel: row.channel ?? undefined,
      environment: row.environment ?? undefined,
      host: row.host ?? undefined,
    },
    reason: row.reason,
    owner: row.owner,
    from: row.startsAt,
    until: row.expiresAt,
    releasedAt: row.releasedAt,
    strict: row.strict,
    bar: version === null ? null : { release: { version, sequence }, liftOnNewer },
  };
}

/** Where a product's work on these hosts takes place: the names that a hold's scope speaks of. */
export async function placesOf(reader: Reader, productId: number, releaseId: number, hostIds: readonly number[]) {
  return reader
    .select({
      hostId: host.id,
      host: host.name,
      environment: environment.name,
      channel: channel.name,
      sequence: channelEntry.sequence,
    })
    .from(host)
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .leftJoin(
      subscription,
      and(eq(subscription.environmentId, host.environmentId), eq(subscription.productId, productId)),
    )
    .leftJoin(channel, eq(channel.id, subscription.channelId))
    .leftJoin(channelEntry, and(eq(channelEntry.channelId, channel.id), eq(channelEntry.releaseId, releaseId)))
    .where(idIn(host.id, hostIds));
}

/** Jobs in flight with a task that a hold stops now, by hold id. */
export async function jobsStopped(reader: Reader): Promise<Map<number, number[]>> {
  const rows = await reader
    .selectDistinct({
      jobId: task.jobId,
      holdId: sql<number>`jsonb_array_elements_text(${task.problem}->'holds')::int`,
    })
    .from(task)
    .innerJoin(job, eq(job.id, task.jobId))
    .where(
      and(
        eq(task.status, 'pending'),
        sql`${task.problem}->>'code' = 'held'`,
        notInArray(job.status, [...endedStatuses]),
      ),
    )
    .orderBy(task.jobId);
  const byHold = Map.groupBy(rows, ({ holdId }) => holdId);
  return new Map([...byHold].map(([holdId, stopped]) => [holdId, stopped.map(({ jobId }) => jobId)]));
}

/** The environment of a host by name; undefined: there is no such host. */
export async function environmentOfHost(reader: Reader, name: string): Promise<string | undefined> {
  const [row] = await reader
    .select({ environment: environment.name })
    .from(host)
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .where(eq(host.name, name));
  return row?.environment;
}

export async function environmentExists(reader: Reader, name: string): Promise<boolean> {
  return (await reader.select({ id: environment.id }).from(environment).where(eq(environment.name, name))).length > 0;
}

/** Names of the products that have a channel of this name. */
export async function productsWithChannel(reader: Reader, name: string): Promise<string[]> {
  const rows = await reader
    .select({ name: product.name })
    .from(channel)
    .innerJoin(product, eq(product.id, channel.productId))
    .where(eq(channel.name, name));
  return rows.map((row) => row.name);
}

export async function productExists(reader: Reader, name: string): Promise<boolean> {
  return (await reader.select({ id: product.id }).from(product).where(eq(product.name, name))).length > 0;
}
