import { sql } from 'drizzle-orm';
import type { Reader, Transaction } from '../connect.ts';
import type { Pair } from './health.ts';

const instantOf = (column: string) => sql.raw(`to_timestamp(${column} / 1000)`);

/** Removes up to `limit` observations that came before an instant. Returns how many. */
export async function forgetObservations(tx: Transaction, receivedBefore: number, limit: number): Promise<number> {
  const rows = await tx.execute(sql`
    with old as (
      select ctid from health_observation
      where received_at < ${instantOf(`${receivedBefore}::float8`)} order by received_at limit ${limit})
    delete from health_observation where ctid in (select ctid from old) returning 1 as gone`);
  return rows.length;
}

/** Nodes that report a release which some stage still evaluates, and since when, epoch ms. */
export async function soakingNodes(reader: Reader): Promise<(Pair & { since: number })[]> {
  return reader.execute<Pair & { since: number } & Record<string, unknown>>(sql`
    select p.host_id as "hostId", p.product_id as "productId",
      round(date_part('epoch', p.reported_at) * 1000)::float8 as since
    from host_product p
    where exists (select 1 from evaluation e where e.release_id = p.reported_release_id and e.ended_at is null)`);
}

/**
 * Removes up to `limit` intervals that had ended by an instant; of the nodes in `kept` only those that had ended by their
 * own. The last interval of a node stays. Returns how many. It reads the whole table: once an hour that is cheaper than one
 * more index that every report would pay for.
 */
export async function forgetIntervals(
  tx: Transaction,
  before: number,
  kept: readonly (Pair & { from: number })[],
  limit: number,
): Promise<number> {
  const rows = await tx.execute(sql`
    with old as (
      select ctid from health_interval i
      where i.in_force_to <= ${instantOf(`${before}::float8`)} and not exists (
        select 1 from json_to_recordset(${JSON.stringify(kept)}::text::json)
          as k("hostId" int, "productId" int, "from" float8)
        where k."hostId" = i.host_id and k."productId" = i.product_id and i.in_force_to > ${instantOf('k."from"')})
      limit ${limit})
    delete from health_interval where ctid in (select ctid from old) returning 1 as gone`);
  return rows.length;
}
