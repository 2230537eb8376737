import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { WallView } from '../../server/domain/wall-view.ts';
import { id, instant, revision } from './columns.ts';

/** A screen that shows the wall and nothing else, under a token of its own. Only the token's SHA-256 is kept. */
export const display = pgTable('display', {
  id: id(),
  name: text().notNull(),
  /** Null until the screen has fetched what an operator granted it. */
  tokenHash: text().unique(),
  views: jsonb().$type<WallView[]>().notNull(),
  /** Milliseconds that each view is shown. */
  rotateMs: integer().notNull(),
  pairedAt: instant().notNull(),
  pairedBy: text().notNull(),
  lastSeenAt: instant(),
  revokedAt: instant(),
  revision: revision(),
});

/** A screen that waits for somebody to enter the code it shows. It proves itself by a secret that it never shows. */
export const displayPairing = pgTable(
  'display_pairing',
  {
    secretHash: text().primaryKey(),
    code: text().notNull().unique(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
    /** Set when the code was entered. */
    displayId: integer().references(() => display.id, { onDelete: 'cascade' }),
  },
  (t) => [index().on(t.expiresAt)],
);
