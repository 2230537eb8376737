import { pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** Last sign of life of each moving part; the wall shows their age. */
export const heartbeat = pgTable('heartbeat', {
  part: text().primaryKey(),
  beatAt: instant().notNull(),
});
