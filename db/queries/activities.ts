import { sql } from 'drizzle-orm';
import type { AnyActivity } from '../../server/domain/activity.ts';
import type { Database, Reader } from '../connect.ts';
import { logStart, cursorOf } from '../cursor.ts';

/** Reading the log. A row is settled once every transaction that is older than its own has ended: only then is it read. */
export interface LogPage {
  activities: AnyActivity[];
  /** The cursor to go on from. */
  to: string;
  /** Committed rows that wait behind an older transaction, or did not fit: look again soon. */
  more: boolean;
}

/**
 * Up to `limit` settled activities after the cursor, in log order. Sequence order is not commit order: reading
 * `seq > last` lost 4 % of the rows under 12 writers. Below `pg_snapshot_xmin` no transaction can add a row any more.
 */
export async function readAfter(db: Database, cursor: string, limit: number): Promise<LogPage> {
  const { xid, seq } = cursorOf(cursor);
  const rows = await db.$client<(LogRow & { waiting: boolean })[]>`
    select xid::text, seq, (extract(epoch from at) * 1000)::bigint as at, kind, entity_kind, entity_id, entity_revision,
      actor, product_id, environment_id, host_id, job_id, view, detail,
      -- asked once, and in the same moment
      (select exists (select 1 from activity where xid >= pg_snapshot_xmin(pg_current_snapshot()))) as waiting
    from activity
    where (xid, seq) > (${String(xid)}::text::xid8, ${String(seq)}::text::bigint)
      and xid < pg_snapshot_xmin(pg_current_snapshot())
    -- qualified: a bare xid would be the text column above, in which 1000 comes before 999
    order by activity.xid, activity.seq limit ${limit}`;
  const activities = rows.map(activityOf);
  const to = activities.at(-1)?.cursor ?? cursor;
  const waiting = rows[0] ? rows[0].waiting : await anyAfter(db, cursor);
  return { activities, to, more: rows.length === limit || waiting };
}

async function anyAfter(db: Database, cursor: string): Promise<boolean> {
  const { xid, seq } = cursorOf(cursor);
  const [row] = await db.$client<{ found: boolean }[]>`
    select exists (select 1 from activity
      where (xid, seq) > (${String(xid)}::text::xid8, ${String(seq)}::text::bigint)) as found`;
  return row?.found ?? false;
}

/**
 * Where a new reader starts that wants nothing of the past: the last settled activity. Every process that asks while
 * nothing happens gets the same answer, so cursors can be compared between them.
 */
export async function settledCursor(reader: Reader): Promise<string> {
  const [row] = await reader.execute<{ cursor: string }>(sql`
    select xid || '.' || seq as cursor from activity
    where xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid desc, seq desc limit 1`);
  return row?.cursor ?? logStart;
}

interface TransactionRange {
  /** Every transaction below has ended. */
  oldest: bigint;
  /** No transaction from here on has begun. */
  next: bigint;
}

async function transactionRange(db: Database): Promise<TransactionRange> {
  const [row] = await db.$client<{ oldest: string; next: string }[]>`
    select pg_snapshot_xmin(s)::text as oldest, pg_snapshot_xmax(s)::text as next from pg_current_snapshot() s`;
  const { oldest, next } = row as { oldest: string; next: string };
  return { oldest: BigInt(oldest), next: BigInt(next) };
}

/** A cursor from the future: the database was restored to an earlier state, so what the reader knows may not be true. */
export async function isAheadOfLog(db: Database, cursor: string): Promise<boolean> {
  return cursorOf(cursor).xid > (await transactionRange(db)).next;
}

/** What keeps readers from going on: the transaction that has been open longest, in any database of the server. */
export interface Stall {
  pid: number;
  database: string | null;
  application: string | null;
  openMs: number;
}

export async function findStall(db: Database): Promise<Stall | undefined> {
  const [row] = await db.$client<Stall[]>`
    select pid, datname as database, application_name as application,
      (extract(epoch from clock_timestamp() - xact_start) * 1000)::float8 as "openMs"
    from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()
    order by age(backend_xid) desc limit 1`;
  return row && { ...row, openMs: Math.round(row.openMs) };
}

interface LogRow {
  xid: string;
  seq: string;
  at: string;
  kind: string;
  entity_kind: string;
  entity_id: number;
  entity_revision: number;
  actor: string;
  product_id: number | null;
  environment_id: number | null;
  host_id: number | null;
  job_id: number | null;
  view: unknown;
  detail: Record<string, unknown>;
}

function activityOf(row: LogRow): AnyActivity {
  return {
    cursor: `${row.xid}.${row.seq}`,
    at: Number(row.at),
    kind: row.kind,
    entity: { kind: row.entity_kind, id: row.entity_id, revision: row.entity_revision },
    actor: row.actor,
    productId: row.product_id,
    environmentId: row.environment_id,
    hostId: row.host_id,
    jobId: row.job_id,
    view: row.view,
    detail: row.detail,
  } as AnyActivity;
}
