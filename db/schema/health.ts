import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import type { HealthState } from '../../server/domain/observation.ts';
import type { Reason } from '../../server/domain/reason.ts';
import { id, instant } from './columns.ts';
import { host } from './fleet.ts';
import { product } from './product.ts';

const ofHost = {
  hostId: integer()
    .notNull()
    .references(() => host.id, { onDelete: 'cascade' }),
  productId: integer()
    .notNull()
    .references(() => product.id, { onDelete: 'cascade' }),
};

/** What a host says of a product as a rule reads it last: observations that say the same and follow each other are one. */
const said = {
  inForceFrom: instant().notNull(),
  /** Exclusive: the next observation, or staleness. */
  inForceTo: instant().notNull(),
  live: boolean().notNull(),
  state: text().$type<HealthState>(),
};

/**
 * The last interval of each host and product: one row that a repeated observation only makes longer. `edition` rises
 * with every other change of the timeline, so that a reader who knows the edition needs nothing but `in_force_to`.
 */
export const healthNow = pgTable(
  'health_now',
  {
    ...ofHost,
    ...said,
    /** Of the newest observation. */
    at: instant().notNull(),
    edition: integer().notNull().default(1),
    /** Silence has been told: the interval ended and nothing came since. */
    stale: boolean().notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.productId, t.hostId] }),
    index('health_now_unsaid')
      .on(t.inForceTo)
      .where(sql`not stale`),
  ],
);

/** The intervals before the last one. */
export const healthInterval = pgTable('health_interval', { ...ofHost, ...said }, (t) => [
  primaryKey({ columns: [t.productId, t.hostId, t.inForceFrom] }),
]);

/** Observations as they came, for as long as late ones are taken: an interval alone does not say where one would fall. */
export const healthObservation = pgTable(
  'health_observation',
  {
    ...ofHost,
    at: instant().notNull(),
    receivedAt: instant().notNull(),
    live: boolean().notNull(),
    state: text().$type<HealthState>(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.productId, t.at] }), index().on(t.receivedAt)],
);

/** When our own intake was down. The last row is open while it is. */
export const healthOutage = pgTable('health_outage', {
  id: id(),
  startedAt: instant().notNull(),
  endedAt: instant(),
  cause: jsonb().$type<Reason>(),
});
