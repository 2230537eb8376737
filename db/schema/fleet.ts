import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { id, instant, revision } from './columns.ts';
import { channel, product, release } from './product.ts';
import type { HostConnection } from '../../server/contracts/host-connection.ts';
import type { HealthCheck } from '../../server/domain/health-check.ts';
import type { Reason } from '../../server/domain/reason.ts';
import type { Labels } from '../../server/domain/views.ts';
import type { WindowSchedule } from '../../server/domain/windows.ts';

export const environment = pgTable('environment', {
  id: id(),
  name: text().notNull().unique(),
  labels: jsonb().$type<Labels>().notNull().default({}),
  installerMethod: text().$type<'managed' | 'helm' | 'embedded-cluster' | 'kots' | 'kurl'>().notNull(),
  installerVersion: text(),
  updatePolicy: text().$type<'manual' | 'auto'>().notNull().default('manual'),
  /** `web`: approvals for it are decided in the console only, since chat cannot ask for a second factor. */
  approveVia: text().$type<'slack' | 'web'>().notNull().default('slack'),
  /** Slack channels of its own for cards and for trouble; null: those of the product, then of the settings. */
  slackChannel: text(),
  slackEscalation: text(),
  /** How often its clients look for new releases, in milliseconds; null = never by themselves. */
  checkEveryMs: integer(),
  /** Maintenance windows: they gate installs, those of operators too unless overridden. */
  windows: jsonb().$type<WindowSchedule>().notNull().default({ timeZone: 'UTC', windows: [] }),
  recallWaitsForWindow: boolean().notNull().default(false),
  managedBy: text(),
  revision: revision(),
});

/** The channel an environment follows for one product. */
export const subscription = pgTable(
  'subscription',
  {
    environmentId: integer()
      .notNull()
      .references(() => environment.id, { onDelete: 'cascade' }),
    productId: integer()
      .notNull()
      .references(() => product.id),
    channelId: integer()
      .notNull()
      .references(() => channel.id),
  },
  (t) => [primaryKey({ columns: [t.environmentId, t.productId] })],
);

export const host = pgTable(
  'host',
  {
    id: id(),
    environmentId: integer()
      .notNull()
      .references(() => environment.id),
    name: text().notNull().unique(),
    role: text().$type<'management' | 'target'>().notNull(),
    labels: jsonb().$type<Labels>().notNull().default({}),
    connection: jsonb().$type<HostConnection>().notNull(),
    root: text().notNull(),
    /** In place of that of each product. */
    healthCheck: jsonb().$type<HealthCheck>(),
    life: text().$type<'active' | 'maintenance' | 'retired'>().notNull().default('active'),
    liveness: text().$type<'unknown' | 'live' | 'unreachable'>().notNull().default('unknown'),
    livenessSince: instant(),
    livenessProblem: jsonb().$type<Reason>(),
    lastContactAt: instant(),
    nextProbeAt: instant(),
    /** Fencing number given to the last task that took this host; only ever rises. */
    fence: bigint({ mode: 'number' }).notNull().default(0),
    managedBy: text(),
    revision: revision(),
  },
  (t) => [
    index('host_environment').on(t.environmentId, t.name),
    // A host that was never probed is due before all others.
    index('host_due')
      .on(sql`coalesce(next_probe_at, '-infinity'::timestamptz)`)
      .where(sql`life = 'active'`),
  ],
);

/** What one host reports, and was meant to run, for one product. Desired, attempted and reported are kept apart. */
export const hostProduct = pgTable(
  'host_product',
  {
    hostId: integer()
      .notNull()
      .references(() => host.id, { onDelete: 'cascade' }),
    productId: integer()
      .notNull()
      .references(() => product.id),
    desiredReleaseId: integer().references(() => release.id),
    attemptedReleaseId: integer().references(() => release.id),
    /** null with `reportedVersion` set: the host runs an artifact that the catalog does not know. */
    reportedReleaseId: integer().references(() => release.id),
    reportedVersion: text(),
    reportedDigest: text(),
    reportedAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.productId] }), index().on(t.reportedReleaseId)],
);
