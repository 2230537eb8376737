import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import {
  DEFAULT_STALE_AFTER_MS,
  type HealthState,
  type InForce,
  type Observation,
} from '../../server/domain/observation.ts';
import type { Reader, Transaction } from '../connect.ts';
import { host, product } from '../schema/index.ts';
import { intervalsOf } from './soaks.ts';
import { idIn } from './views.ts';

/** One host and one product: what a timeline is about. */
export interface Pair {
  hostId: number;
  productId: number;
}

/** Tells pairs apart in a Map. */
export const pairKey = ({ hostId, productId }: Pair): string => `${hostId}/${productId}`;

/** A float: an int8 would arrive as text, and `extract` reckons in numeric, which took three times as long. */
const epoch = (column: string) => sql.raw(`round(date_part('epoch', ${column}) * 1000)::float8`);
const instantOf = (column: string) => sql.raw(`to_timestamp(${column} / 1000)`);

/** What reported names stand for; null where nothing has that name. One answer for each name asked for, in their order. */
export interface NamedPair {
  hostId: number | null;
  environment: string | null;
  productId: number | null;
  staleAfterMs: number;
  /** Some release of the product has reported a state before. */
  seen: boolean;
}

export async function namedPairs(
  reader: Reader,
  names: readonly { host: string; product: string }[],
): Promise<NamedPair[]> {
  return reader.execute<NamedPair & Record<string, unknown>>(sql`
    select h.id as "hostId", e.name as environment, p.id as "productId",
      coalesce(l.stale_after_ms, ${DEFAULT_STALE_AFTER_MS})::float8 as "staleAfterMs", p.health_seen_at is not null as seen
    from rows from (json_to_recordset(${JSON.stringify(names)}::text::json) as (host text, product text))
      with ordinality as a(host, product, place)
    left join host h on h.name = a.host
    left join environment e on e.id = h.environment_id
    left join product p on p.name = a.product
    left join pipeline l on l.product_id = p.id
    order by a.place`);
}

/** The last interval of a host and product; `edition` 0: there is none yet, the row only holds the lock. */
export interface LastInterval extends Pair, InForce {
  /** Of the newest observation, epoch ms. */
  at: number;
  edition: number;
  stale: boolean;
  /** Since when the host has reported what it runs, epoch ms; null: it never has. */
  reportedAt: number | null;
}

/**
 * The last intervals of these pairs, locked until the transaction ends: observations of one pair are taken one batch after
 * the other. A pair that was never heard of gets a row first; two that meet there wait for each other. Always in the same
 * order, so that batches that overlap do not stop each other.
 */
export async function lockTimelines(tx: Transaction, pairs: readonly Pair[]): Promise<LastInterval[]> {
  const known = await lockKnown(tx, pairs);
  if (known.length === pairs.length) return known;
  await tx.execute(sql`
    insert into health_now (host_id, product_id, in_force_from, in_force_to, live, at, edition)
    select "hostId", "productId", 'epoch', 'epoch', false, 'epoch', 0
    from json_to_recordset(${JSON.stringify(pairs)}::text::json) as a("hostId" int, "productId" int)
    order by "productId", "hostId"
    on conflict do nothing`);
  return lockKnown(tx, pairs);
}

async function lockKnown(tx: Transaction, pairs: readonly Pair[]): Promise<LastInterval[]> {
  return tx.execute<LastInterval & Record<string, unknown>>(sql`
    select n.host_id as "hostId", n.product_id as "productId", ${epoch('n.in_force_from')} as "from",
      ${epoch('n.in_force_to')} as "to", n.live, n.state, ${epoch('n.at')} as at, n.edition, n.stale,
      ${epoch('p.reported_at')} as "reportedAt"
    from json_to_recordset(${JSON.stringify(pairs)}::text::json) as a("hostId" int, "productId" int)
    join health_now n on n.host_id = a."hostId" and n.product_id = a."productId"
    left join host_product p on p.host_id = n.host_id and p.product_id = n.product_id
    order by n.product_id, n.host_id
    for no key update of n`);
}

export interface StoredObservation extends Pair, Observation {}

/**
 * Stores observations, no two of the same instant for a pair. Returns those that say something new: the others repeat what
 * is there. Of two with the same instant the later received stays. Rule: section 5.
 */
export async function storeObservations(
  tx: Transaction,
  observations: readonly StoredObservation[],
): Promise<(Pair & { at: number })[]> {
  return tx.execute<Pair & { at: number } & Record<string, unknown>>(sql`
    insert into health_observation as o (host_id, product_id, at, received_at, live, state)
    select "hostId", "productId", ${instantOf('at')}, ${instantOf('"receivedAt"')}, live, state
    from json_to_recordset(${JSON.stringify(observations)}::text::json)
      as a("hostId" int, "productId" int, at float8, "receivedAt" float8, live boolean, state text)
    on conflict (host_id, product_id, at) do update
      set received_at = excluded.received_at, live = excluded.live, state = excluded.state
      where (o.live, o.state) is distinct from (excluded.live, excluded.state) and o.received_at <= excluded.received_at
    returning o.host_id as "hostId", o.product_id as "productId", ${epoch('o.at')} as at`);
}

/** The observations of each pair from an instant on, oldest first. */
export async function observationsSince(
  tx: Transaction,
  asked: readonly (Pair & { since: number })[],
): Promise<StoredObservation[]> {
  if (asked.length === 0) return [];
  return tx.execute<StoredObservation & Record<string, unknown>>(sql`
    select o.host_id as "hostId", o.product_id as "productId", ${epoch('o.at')} as at,
      ${epoch('o.received_at')} as "receivedAt", o.live, o.state
    from json_to_recordset(${JSON.stringify(asked)}::text::json) as a("hostId" int, "productId" int, since float8)
    join health_observation o on o.host_id = a."hostId" and o.product_id = a."productId" and o.at >= ${instantOf('a.since')}
    order by o.at`);
}

/**
 * Takes back what was stored of each pair from an instant on, and returns the interval that was in force before it, or
 * ended last, where it is not the very last one; it is taken back too.
 */
export async function takeBackIntervals(
  tx: Transaction,
  asked: readonly (Pair & { since: number })[],
): Promise<(Pair & InForce)[]> {
  if (asked.length === 0) return [];
  const rows = await tx.execute<Pair & InForce & { after: boolean } & Record<string, unknown>>(sql`
    delete from health_interval i
    using json_to_recordset(${JSON.stringify(asked)}::text::json) as a("hostId" int, "productId" int, since float8)
    where i.host_id = a."hostId" and i.product_id = a."productId" and i.in_force_from >= coalesce(
      (select max(b.in_force_from) from health_interval b
        where b.host_id = a."hostId" and b.product_id = a."productId" and b.in_force_from < ${instantOf('a.since')}),
      ${instantOf('a.since')})
    returning i.host_id as "hostId", i.product_id as "productId", ${epoch('i.in_force_from')} as "from",
      ${epoch('i.in_force_to')} as "to", i.live, i.state, i.in_force_from >= ${instantOf('a.since')} as after`);
  return rows.filter(({ after }) => !after);
}

/** A timeline as it is from now on: the intervals that come before the last one anew, and the last one. */
export interface NewTimeline extends Pair {
  before: readonly InForce[];
  last: InForce;
  /** Of the newest observation, epoch ms. */
  at: number;
  /** Raises the edition: anything but a longer last interval. */
  changed: boolean;
  /** Its silence has been told, and it goes on. */
  stale: boolean;
}

export async function storeTimelines(tx: Transaction, timelines: readonly NewTimeline[]): Promise<void> {
  const intervals = timelines.flatMap(({ hostId, productId, before }) =>
    before.map((span) => ({ ...span, hostId, productId })),
  );
  if (intervals.length > 0) {
    await tx.execute(sql`
      insert into health_interval (host_id, product_id, in_force_from, in_force_to, live, state)
      select "hostId", "productId", ${instantOf('"from"')}, ${instantOf('"to"')}, live, state
      from json_to_recordset(${JSON.stringify(intervals)}::text::json)
        as a("hostId" int, "productId" int, "from" float8, "to" float8, live boolean, state text)`);
  }
  const last = timelines.map(({ hostId, productId, before: _, last, ...rest }) => ({
    hostId,
    productId,
    ...last,
    ...rest,
  }));
  await tx.execute(sql`
    update health_now n set in_force_from = ${instantOf('a."from"')}, in_force_to = ${instantOf('a."to"')}, live = a.live,
      state = a.state, at = ${instantOf('a.at')}, edition = n.edition + case when a.changed then 1 else 0 end, stale = a.stale
    from json_to_recordset(${JSON.stringify(last)}::text::json) as a(
      "hostId" int, "productId" int, "from" float8, "to" float8, live boolean, state text, at float8, changed boolean, stale boolean)
    where n.host_id = a."hostId" and n.product_id = a."productId"`);
}

/** Sets once that the product reports states. */
export async function markHealthSeen(tx: Transaction, productIds: readonly number[], now: number): Promise<void> {
  for (const id of productIds) {
    await tx
      .update(product)
      .set({ healthSeenAt: now })
      .where(and(eq(product.id, id), isNull(product.healthSeenAt)));
  }
}

/** Up to `limit` pairs that have fallen silent and were not told of yet; they are from now on. */
export async function takeSilent(
  tx: Transaction,
  now: number,
  limit: number,
): Promise<(Pair & { state: HealthState | null })[]> {
  return tx.execute<Pair & { state: HealthState | null } & Record<string, unknown>>(sql`
    update health_now n set stale = true
    from (
      select host_id, product_id from health_now
      where in_force_to <= ${instantOf(`${now}::float8`)} and not stale
      order by product_id, host_id limit ${limit}
      for no key update skip locked) s
    where n.host_id = s.host_id and n.product_id = s.product_id
    returning n.host_id as "hostId", n.product_id as "productId", n.state`);
}

/** Locks hosts until the transaction ends, in the order in which everybody does. */
export async function lockHosts(tx: Transaction, ids: readonly number[]): Promise<void> {
  await tx.select({ id: host.id }).from(host).where(idIn(host.id, ids)).orderBy(asc(host.id)).for('no key update');
}

/**
 * Remembers how the release that each host reports does there; only of what has once succeeded, of health that was seen
 * since the host reports it, and not while a task may be changing it; what a task is about to change is not praised any
 * more: it may be a rollback. Rule: section 9 (known-good).
 */
export async function rememberHealth(
  tx: Transaction,
  seen: readonly (Pair & { at: number; healthy: boolean })[],
): Promise<void> {
  if (seen.length === 0) return;
  await tx.execute(sql`
    update host_history r set healthy = a.healthy
    from json_to_recordset(${JSON.stringify(seen)}::text::json)
      as a("hostId" int, "productId" int, at float8, healthy boolean)
    join host_product p on p.host_id = a."hostId" and p.product_id = a."productId"
    where r.host_id = a."hostId" and r.product_id = a."productId" and r.release_id = p.reported_release_id
      and p.reported_at <= ${instantOf('a.at')} and r.healthy is distinct from a.healthy
      and not exists (select 1 from task t where t.host_id = r.host_id
        and (t.status = 'running' or (a.healthy and t.status = 'pending')))`);
}

/**
 * What was in force on hosts lately, oldest first: the last interval, and those before it that reach beyond `since`.
 * Absent: nothing was ever said there. Nothing is read of a product that has never reported a state.
 */
export async function saidLately(
  reader: Reader,
  productId: number,
  hosts: readonly { hostId: number; since: number }[],
): Promise<Map<number, InForce[]>> {
  if (hosts.length === 0) return new Map();
  const rows = await reader.execute<InForce & { hostId: number; since: number } & Record<string, unknown>>(sql`
    select n.host_id as "hostId", a.since, ${epoch('n.in_force_from')} as "from", ${epoch('n.in_force_to')} as "to",
      n.live, n.state
    from product p
    cross join json_to_recordset(${JSON.stringify(hosts)}::text::json) as a("hostId" int, since float8)
    join health_now n on n.product_id = p.id and n.host_id = a."hostId"
    where p.id = ${productId} and p.health_seen_at is not null`);
  const younger = rows.filter(({ from, since }) => from > since);
  const earlier = await intervalsOf(reader, productId, younger);
  return new Map(
    rows.map(({ hostId, from, to, live, state }) => [
      hostId,
      [...(earlier.get(hostId) ?? []), { from, to, live, state }],
    ]),
  );
}
