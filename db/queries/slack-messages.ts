import { and, asc, eq, isNotNull, isNull, lte, max, or, sql } from 'drizzle-orm';
import type { SlackPurpose } from '../../server/contracts/slack.ts';
import type { Reader, Transaction } from '../connect.ts';
import { logReader, slackMessage } from '../schema/index.ts';

export type MessageRow = typeof slackMessage.$inferSelect;

/** A message that has to be looked at. */
export interface MessageMark {
  purpose: SlackPurpose;
  entityId: number;
  part: string;
  priority: number;
  /** Epoch milliseconds; later than now: planned. */
  dueAt: number;
  notBefore: number | null;
  /** False: only if there is such a message already. */
  create: boolean;
  /** What was final is kept true again. */
  revive: boolean;
}

/** Marks messages as due, and makes those that are missing. One that is due already stays due since when it was. */
export async function markMessages(tx: Transaction, marks: readonly MessageMark[]): Promise<void> {
  if (marks.length === 0) return;
  const rows = sql`jsonb_to_recordset(${JSON.stringify(marks)}::jsonb) as m(purpose text, "entityId" int, part text,
    priority int, "dueAt" bigint, "notBefore" bigint, "create" boolean, revive boolean)`;
  await tx.execute(sql`
    insert into slack_message (purpose, entity_id, part, priority, due_at, not_before)
    select purpose, "entityId", part, priority, to_timestamp("dueAt" / 1000.0), to_timestamp("notBefore" / 1000.0)
    from ${rows} where "create" on conflict do nothing`);
  await tx.execute(sql`
    update slack_message s set
      due_at = least(s.due_at, to_timestamp(m."dueAt" / 1000.0)),
      priority = case when s.due_at is null then m.priority else least(s.priority, m.priority) end,
      final = false
    from ${rows}
    where s.purpose = m.purpose and s.entity_id = m."entityId" and s.part = m.part and (m.revive or not s.final)`);
}

/** Marks what stands beside a job in Slack: its approval, its incident, and the cards and incidents of the jobs it descends from. */
export async function touchBesideJobs(
  tx: Transaction,
  jobIds: readonly number[],
  { priority, dueAt }: { priority: number; dueAt: number },
): Promise<void> {
  if (jobIds.length === 0) return;
  const jobs = `{${jobIds.join(',')}}`;
  await tx.execute(sql`
    with recursive above as (
      select id, parent_job_id from job where id = any(${jobs}::int[])
      union select j.id, j.parent_job_id from job j join above a on j.id = a.parent_job_id)
    update slack_message s set
      due_at = least(s.due_at, ${at(dueAt)}),
      priority = case when s.due_at is null then ${priority} else least(s.priority, ${priority}) end
    where not s.final and (
      (s.purpose = 'approval' and s.part = ''
        and s.entity_id in (select a.id from approval a where a.job_id = any(${jobs}::int[])))
      or (s.purpose = 'job' and s.part = '' and s.entity_id <> all(${jobs}::int[])
        and s.entity_id in (select id from above))
      or (s.purpose = 'incident' and (s.part = '' or (s.part = 'hosts' and ${priority} = 0))
        and s.entity_id in (select i.id from incident i where i.job_id in (select id from above))))`);
}

/** Marks the cards of downloads in flight of these releases. */
export async function touchDownloads(tx: Transaction, releaseIds: readonly number[], dueAt: number): Promise<void> {
  if (releaseIds.length === 0) return;
  await tx.execute(sql`
    update slack_message s set due_at = least(s.due_at, ${at(dueAt)})
    from job j where s.purpose = 'job' and s.part = '' and not s.final and j.id = s.entity_id
      and j.kind = 'download' and j.ended_at is null and j.release_id = any(${`{${releaseIds.join(',')}}`}::int[])`);
}

/** Marks the cards that name holds: those of incidents and of requests that are not over. */
export async function touchHeld(tx: Transaction, dueAt: number): Promise<void> {
  await tx.execute(sql`
    update slack_message s set due_at = least(s.due_at, ${at(dueAt)})
    where s.purpose in ('incident', 'approval') and s.part = '' and not s.final`);
}

/** Marks everything that is kept true: what is stored of it may be of another time. */
export async function touchAll(tx: Transaction, dueAt: number): Promise<void> {
  await tx.execute(sql`update slack_message set due_at = least(due_at, ${at(dueAt)}) where not final`);
}

/** What is due at `now`, most urgent first. Not what is planned, held back, or a reply to a card that is not posted yet. */
export function dueMessages(reader: Reader, now: number, limit: number): Promise<MessageRow[]> {
  return reader
    .select()
    .from(slackMessage)
    .where(
      and(
        isNotNull(slackMessage.dueAt),
        lte(slackMessage.dueAt, now),
        or(isNull(slackMessage.notBefore), lte(slackMessage.notBefore, now)),
        sql`(${slackMessage.part} = '' or not exists (
          select 1 from slack_message card where card.purpose = ${slackMessage.purpose}
            and card.entity_id = ${slackMessage.entityId} and card.part = '' and card.ts is null))`,
      ),
    )
    .orderBy(asc(slackMessage.priority), asc(slackMessage.dueAt), asc(slackMessage.id))
    .limit(limit);
}

/** How many messages are due at `now`, whatever holds them back, and since when the oldest is. */
export async function waitingMessages(reader: Reader, now: number): Promise<{ waiting: number; since: number | null }> {
  const [row] = await reader
    .select({ waiting: sql<number>`count(*)::int`, since: sql`min(${slackMessage.dueAt})`.mapWith(slackMessage.dueAt) })
    .from(slackMessage)
    .where(and(isNotNull(slackMessage.dueAt), lte(slackMessage.dueAt, now)));
  return { waiting: row?.waiting ?? 0, since: row && row.waiting > 0 ? (row.since as number) : null };
}

export async function findMessage(
  reader: Reader,
  purpose: SlackPurpose,
  entityId: number,
  part = '',
): Promise<MessageRow | undefined> {
  const [row] = await reader
    .select()
    .from(slackMessage)
    .where(and(eq(slackMessage.purpose, purpose), eq(slackMessage.entityId, entityId), eq(slackMessage.part, part)));
  return row;
}

/**
 * Begins a look at a message: it is due no longer, so that a change from now on marks it anew, and `attemptedAt` says
 * that somebody is at it, since the first that never ended. False: another one has begun it, or ended it, meanwhile.
 */
export async function claimMessage(reader: Reader, row: MessageRow, now: number): Promise<boolean> {
  const rows = await reader
    .update(slackMessage)
    .set({
      dueAt: null,
      attemptedAt: sql`coalesce(${slackMessage.attemptedAt}, ${at(now)})`,
      attempts: sql`${slackMessage.attempts} + 1`,
    })
    .where(and(eq(slackMessage.id, row.id), eq(slackMessage.attempts, row.attempts), isNotNull(slackMessage.dueAt)))
    .returning({ id: slackMessage.id });
  return rows.length === 1;
}

type MessagePatch = Partial<Omit<MessageRow, 'id' | 'purpose' | 'entityId' | 'part' | 'attempts' | 'dueAt'>>;

/** Ends a look. `dueAgain`: it has to be looked at again, since that instant. What was marked meanwhile stays marked. */
export async function settleMessage(
  reader: Reader,
  id: number,
  patch: MessagePatch,
  dueAgain: number | null = null,
): Promise<void> {
  const due = dueAgain === null ? {} : { dueAt: sql`least(${slackMessage.dueAt}, ${at(dueAgain)})` };
  const set = { ...patch, ...due };
  if (Object.keys(set).length > 0) await reader.update(slackMessage).set(set).where(eq(slackMessage.id, id));
}

/** Nothing of it is kept. */
export async function dropMessage(reader: Reader, id: number): Promise<void> {
  await reader.delete(slackMessage).where(eq(slackMessage.id, id));
}

/** Looks that were begun and never ended are due again: whoever was at them is gone. */
export async function reclaimMessages(reader: Reader): Promise<void> {
  await reader.execute(sql`
    update slack_message set due_at = attempted_at where attempted_at is not null and due_at is null and not final`);
}

/** When anything was sent, or begun to be, last; and the same by channel. Epoch milliseconds. */
export async function lastSends(reader: Reader): Promise<{ channel: string | null; at: number }[]> {
  const last = sql`greatest(${slackMessage.sentAt}, ${slackMessage.attemptedAt})`;
  const rows = await reader
    .select({ channel: slackMessage.channel, at: max(last).mapWith(slackMessage.sentAt) })
    .from(slackMessage)
    .groupBy(slackMessage.channel);
  return rows.flatMap(({ channel, at: sentAt }) => (sentAt === null ? [] : [{ channel, at: sentAt as number }]));
}

// --- the reader's place in the log

export async function readerCursor(reader: Reader, name: string): Promise<string | undefined> {
  const [row] = await reader.select({ cursor: logReader.cursor }).from(logReader).where(eq(logReader.name, name));
  return row?.cursor;
}

/** Moves the reader from where it was. False: another one has moved it meanwhile. */
export async function moveReader(tx: Transaction, name: string, from: string, to: string): Promise<boolean> {
  const rows = await tx
    .update(logReader)
    .set({ cursor: to })
    .where(and(eq(logReader.name, name), eq(logReader.cursor, from)))
    .returning({ name: logReader.name });
  return rows.length === 1;
}

/** Puts the reader at a place, wherever it was. */
export async function placeReader(tx: Transaction, name: string, cursor: string): Promise<void> {
  await tx.insert(logReader).values({ name, cursor }).onConflictDoUpdate({ target: logReader.name, set: { cursor } });
}

/** The oldest problem that keeps a message from Slack. */
export async function oldestMessageProblem(reader: Reader): Promise<MessageRow | undefined> {
  const [row] = await reader
    .select()
    .from(slackMessage)
    .where(and(isNotNull(slackMessage.problem), isNotNull(slackMessage.dueAt)))
    .orderBy(asc(slackMessage.dueAt))
    .limit(1);
  return row;
}

function at(instant: number) {
  return sql`${new Date(instant).toISOString()}::timestamptz`;
}
