import { index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { id, instant, revision } from './columns.ts';
import { environment } from './fleet.ts';
import { channel, product } from './product.ts';
import type { Channel } from '../../server/domain/channel.ts';
import type { CachedRelease } from '../../server/domain/client.ts';
import type { Reason } from '../../server/domain/reason.ts';

/** One environment as a client of one product: what it has fetched, what it runs, when it last looked. Rule: section 4. */
export const client = pgTable(
  'client',
  {
    id: id(),
    environmentId: integer()
      .notNull()
      .references(() => environment.id, { onDelete: 'cascade' }),
    productId: integer()
      .notNull()
      .references(() => product.id),
    /** The channel that it follows, whose entries the cache holds. */
    channelId: integer()
      .notNull()
      .references(() => channel.id),
    /** SHA-256 of the token under which it reads its feed; nothing else opens to that token. */
    tokenHash: text().unique(),
    tokenIssuedAt: instant(),
    tokenIssuedBy: text(),
    cache: jsonb().$type<CachedRelease[]>().notNull().default([]),
    deployed: jsonb().$type<Deployed>(),
    deployedAt: instant(),
    /** The answer sent last, which counts once the client says that it has it whole. */
    offered: jsonb().$type<Channel>(),
    offeredTag: text(),
    /** ETag of the answer that it took over last. */
    fetchedTag: text(),
    /** The last check that succeeded, and who made it. */
    checkedAt: instant(),
    checkedBy: text().$type<CheckedBy>(),
    checkProblem: jsonb().$type<Reason>(),
    /** The next check by the schedule; null = never. */
    checkDueAt: instant(),
    /** When the client itself last called. */
    seenAt: instant(),
    revision: revision(),
  },
  (t) => [unique().on(t.environmentId, t.productId), index().on(t.channelId), index('client_due').on(t.checkDueAt)],
);

/** What runs, without its place: that is looked up on the channel that is followed now. */
export interface Deployed {
  version: string;
  failed: boolean;
  required: boolean;
}

/** `client`: it asked by itself. */
export type CheckedBy = 'client' | 'schedule' | 'person';
