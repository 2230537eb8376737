import { asc, sql } from 'drizzle-orm';
import type { Span } from '../../server/domain/calendar.ts';
import { HEALTH_STATES, type HealthState, type InForce } from '../../server/domain/observation.ts';
import type { Reader } from '../connect.ts';
import { environment, healthOutage, host, hostProduct, subscription } from '../schema/index.ts';

/** One node of an entity: an active host that reports the product, with its last interval of health. Instants epoch ms. */
export interface NodeRow {
  hostId: number;
  environmentId: number;
  releaseId: number | null;
  version: string;
  /** Since when it has reported this release without a break. */
  reportedAt: number;
  /** Null: it has never said anything of its health. */
  edition: number | null;
  from: number;
  to: number;
  live: boolean;
  state: HealthState | null;
  /** Of its newest observation. */
  saidAt: number;
}

/** Epoch ms as a float: an int8 would arrive as text, and `extract` reckons in numeric, which took three times as long. */
const epoch = (column: string) => sql.raw(`date_part('epoch', ${column}) * 1000`);

/** All nodes of a product, by environment. One row a node, nothing else is read of 10 000 of them every minute. */
export async function nodesOf(reader: Reader, productId: number): Promise<NodeRow[]> {
  const rows = await reader.execute<NodeRow & Record<string, unknown>>(sql`
    select p.host_id as "hostId", h.environment_id as "environmentId", p.reported_release_id as "releaseId",
      p.reported_version as version, ${epoch('p.reported_at')} as "reportedAt",
      n.edition, ${epoch('n.in_force_from')} as "from", ${epoch('n.in_force_to')} as "to", n.live, n.state,
      ${epoch('n.at')} as "saidAt"
    from host_product p
    join host h on h.id = p.host_id and h.life = 'active'
    left join health_now n on n.product_id = p.product_id and n.host_id = p.host_id
    where p.product_id = ${productId} and p.reported_version is not null
    order by h.environment_id, p.host_id`);
  return rows;
}

/** What was in force on these hosts before their last interval, from `since` on; by host, in order of time. */
export async function intervalsOf(
  reader: Reader,
  productId: number,
  hosts: readonly { hostId: number; since: number }[],
): Promise<Map<number, InForce[]>> {
  if (hosts.length === 0) return new Map();
  const asked = JSON.stringify(hosts);
  // Two million rows: as text they took three times as long as packed, one row a host.
  const rows = await reader.execute<{ hostId: number; times: Buffer; said: string }>(sql`
    select i.host_id as "hostId",
      string_agg(float8send(date_part('epoch', i.in_force_from)) || float8send(date_part('epoch', i.in_force_to)), ''
        order by i.in_force_from) as times,
      string_agg(case when i.live then coalesce(left(i.state, 1), 'N') else lower(coalesce(left(i.state, 1), 'N')) end, ''
        order by i.in_force_from) as said
    from json_to_recordset(${asked}::text::json) as a("hostId" int, since float8)
    join health_interval i on i.product_id = ${productId} and i.host_id = a."hostId"
      and i.in_force_to > to_timestamp(a.since / 1000)
    group by i.host_id`);
  return new Map(rows.map(({ hostId, times, said }) => [hostId, intervalsIn(times, said)]));
}

/** By its first letter, which no two states share. */
const STATES = new Map<string, HealthState>(HEALTH_STATES.map((state) => [state.charAt(0), state]));

/** `times`: begin and end of each as seconds; `said`: a letter each, small where the node was not live. */
function intervalsIn(times: Buffer, said: string): InForce[] {
  return Array.from(said, (letter, i) => {
    const capital = letter.toUpperCase();
    return {
      from: Math.round(times.readDoubleBE(16 * i) * 1000),
      to: Math.round(times.readDoubleBE(16 * i + 8) * 1000),
      live: letter === capital,
      state: STATES.get(capital) ?? null,
    };
  });
}

/** Our own outages, oldest first; one that lasts goes on to the end of time. */
export async function outages(reader: Reader): Promise<Span[]> {
  const rows = await reader.select().from(healthOutage).orderBy(asc(healthOutage.startedAt));
  return rows.map(({ startedAt, endedAt }) => ({ from: startedAt, to: endedAt ?? Number.MAX_SAFE_INTEGER }));
}

/**
 * The environments in which a product is installed, or is to be: those with an active host that follow it, and those
 * with an active host that reports it. By name.
 */
export async function candidatesOf(reader: Reader, productId: number) {
  return reader
    .select({
      id: environment.id,
      name: environment.name,
      labels: environment.labels,
      channelId: subscription.channelId,
      hosts: sql<number>`(
        select count(*)::int from host h where h.environment_id = ${environment.id} and h.life = 'active')`,
    })
    .from(environment)
    .leftJoin(
      subscription,
      sql`${subscription.environmentId} = ${environment.id} and ${subscription.productId} = ${productId}`,
    )
    .where(
      sql`exists (select 1 from ${host} h where h.environment_id = ${environment.id} and h.life = 'active' and (
        ${subscription.channelId} is not null or exists (
          select 1 from ${hostProduct} p
          where p.host_id = h.id and p.product_id = ${productId} and p.reported_version is not null)))`,
    )
    .orderBy(asc(environment.name));
}
export type Candidate = Awaited<ReturnType<typeof candidatesOf>>[number];
