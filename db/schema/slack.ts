import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import type { SlackDraftInput, SlackPurpose } from '../../server/contracts/slack.ts';
import type { Reason } from '../../server/domain/reason.ts';
import { id, instant } from './columns.ts';
import { person } from './person.ts';

/** Which account a Slack user is, made by a one-time link that both sides confirmed. */
export const slackAccount = pgTable(
  'slack_account',
  {
    team: text().notNull(),
    user: text().notNull(),
    personId: integer()
      .notNull()
      .references(() => person.id, { onDelete: 'cascade' }),
    /** As Slack shows them, at the time of the link. */
    userName: text().notNull(),
    linkedAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.team, t.user] }), index().on(t.personId)],
);

/** A one-time link from a Slack user to an account. Only the SHA-256 of its code is kept. */
export const slackLinkCode = pgTable('slack_link_code', {
  codeHash: text().primaryKey(),
  team: text().notNull(),
  user: text().notNull(),
  userName: text().notNull(),
  createdAt: instant().notNull(),
  expiresAt: instant().notNull(),
  usedAt: instant(),
});

/** Requests and deliveries that have been taken: a replay, or a second delivery of the same click, finds its key here. */
export const slackSeen = pgTable(
  'slack_seen',
  {
    /** `signature:<sha-256>` or `delivery:<identity>`. */
    key: text().primaryKey(),
    seenAt: instant().notNull(),
  },
  (t) => [index().on(t.seenAt)],
);

/**
 * Every message that the renderer keeps true: what it is about, where it stands, and the hash of what was sent. A row
 * with `dueAt` wants to be looked at; what it says is always made anew from the database.
 */
export const slackMessage = pgTable(
  'slack_message',
  {
    id: id(),
    purpose: text().$type<SlackPurpose>().notNull(),
    /** Id of the job, approval, incident or break-glass it is about. */
    entityId: integer().notNull(),
    /** What of it: empty for the card itself, else a key that makes the reply the only one of its kind. */
    part: text().notNull().default(''),
    /** Where it belongs; null: not decided yet. */
    channel: text(),
    /** Slack's timestamp, its identity in the channel; null: not posted yet. */
    ts: text(),
    /** The message whose thread it stands in. */
    parentId: integer(),
    permalink: text(),
    /** SHA-256 of the message as it was sent last; equal: nothing to send. */
    sentHash: text(),
    sentAt: instant(),
    /** Set while something has changed since: when it changed first. */
    dueAt: instant(),
    /** 0 terminal state, 1 approval, 2 incident, 3 progress. */
    priority: integer().notNull().default(3),
    /** Not before: coalescing, a 429, a back-off after a failure. */
    notBefore: instant(),
    /** A post was begun and its answer never came. */
    attemptedAt: instant(),
    attempts: integer().notNull().default(0),
    problem: jsonb().$type<Reason>(),
    /** Nothing will change any more: never looked at again. */
    final: boolean().notNull().default(false),
  },
  (t) => [
    uniqueIndex('slack_message_one').on(t.purpose, t.entityId, t.part),
    index('slack_message_due')
      .on(t.priority, t.dueAt)
      .where(sql`due_at is not null`),
    index().on(t.channel, t.ts),
  ],
);

/** How far a durable reader of the log has come. */
export const logReader = pgTable('log_reader', {
  name: text().primaryKey(),
  cursor: text().notNull(),
});

/** What somebody has filled into a dialog so far; Slack carries only the id. */
export const slackDraft = pgTable(
  'slack_draft',
  {
    /** Opaque: 128 random bits. */
    id: text().primaryKey(),
    personId: integer()
      .notNull()
      .references(() => person.id, { onDelete: 'cascade' }),
    input: jsonb().$type<SlackDraftInput>().notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
    /** Raised by every change, so that a late one does not undo a later one. */
    version: integer().notNull().default(1),
    usedAt: instant(),
  },
  (t) => [index().on(t.expiresAt)],
);

/** How the bot stands with Slack; one row. */
export const slackStatus = pgTable('slack_status', {
  one: boolean().primaryKey().default(true),
  transport: text().$type<'socket' | 'http'>().notNull(),
  team: text(),
  /** The bot's own user there. */
  botUser: text(),
  connectedAt: instant(),
  lastOkAt: instant(),
  problem: jsonb().$type<Reason>(),
  problemSince: instant(),
  /** Messages that wait to be sent, and since when the oldest does. */
  waiting: integer().notNull().default(0),
  waitingSince: instant(),
  updatedAt: instant().notNull(),
});
