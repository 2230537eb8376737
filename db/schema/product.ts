import { boolean, index, integer, jsonb, pgTable, text, unique, bigint } from 'drizzle-orm/pg-core';
import { id, instant, revision } from './columns.ts';
import type { Reason } from '../../server/domain/reason.ts';
import type { HealthCheck } from '../../server/domain/health-check.ts';
import type { FeedSource, HookSpecs, Labels } from '../../server/domain/views.ts';

export const product = pgTable('product', {
  id: id(),
  name: text().notNull().unique(),
  versioning: text().$type<'semver' | 'sequence'>().notNull(),
  /** What its releases are: packages for hosts, or Helm charts. */
  artifact: text().$type<'package' | 'chart'>().notNull().default('package'),
  feed: jsonb().$type<FeedSource>(),
  /** minisign public keys; `signatureRequired` refuses a release that none of them signed. */
  signingKeys: jsonb().$type<string[]>().notNull().default([]),
  signatureRequired: boolean().notNull().default(false),
  entryChannels: jsonb().$type<string[]>().notNull().default([]),
  /** Slack channels of its own for cards and for trouble; null: those of the settings. */
  slackChannel: text(),
  slackEscalation: text(),
  /** `signalbox apply` file that owns this row; null = made by hand. */
  managedBy: text(),
  feedCheckedAt: instant(),
  /** The next check by the clock; null = now. */
  feedDueAt: instant(),
  feedProblem: jsonb().$type<Reason>(),
  /** The next look at the pipeline by the clock; null = now. */
  pipelineDueAt: instant(),
  /** Since when some release of it has reported a health state: from then on silence of the reporter is no health. */
  healthSeenAt: instant(),
  /** Asked of every host that runs it; null: by the health command of the release, where it has one. */
  healthCheck: jsonb().$type<HealthCheck>(),
  revision: revision(),
});

export const channel = pgTable(
  'channel',
  {
    id: id(),
    productId: integer()
      .notNull()
      .references(() => product.id),
    name: text().notNull(),
    /** Last sequence given on this channel; never reused. */
    lastSequence: integer().notNull().default(0),
    managedBy: text(),
    revision: revision(),
  },
  (t) => [unique().on(t.productId, t.name)],
);

export const release = pgTable(
  'release',
  {
    id: id(),
    productId: integer()
      .notNull()
      .references(() => product.id),
    version: text().notNull(),
    /** SHA-256 of the artifact, hex. Never changes: a feed that says otherwise is a `conflict`. */
    digest: text().notNull(),
    size: bigint({ mode: 'number' }).notNull(),
    artifactUrl: text().notNull(),
    signatureUrl: text(),
    notes: text().notNull().default(''),
    labels: jsonb().$type<Labels>().notNull().default({}),
    required: boolean().notNull().default(false),
    archivedAt: instant(),
    publishedAt: instant().notNull(),
    publishedBy: text().notNull(),
    /** State of the package on this server; `installed` is derived from what hosts report. */
    package: text().$type<'absent' | 'downloading' | 'present'>().notNull().default('absent'),
    received: bigint({ mode: 'number' }).notNull().default(0),
    downloadedAt: instant(),
    hooks: jsonb().$type<HookSpecs>().notNull().default({}),
    downloadProblem: jsonb().$type<Reason>(),
    /** Raised when the feed states another digest for this version. */
    conflict: jsonb().$type<Reason>(),
    revision: revision(),
  },
  (t) => [
    unique().on(t.productId, t.version),
    index().on(t.publishedAt, t.id),
    index().on(t.productId, t.publishedAt, t.id),
  ],
);

export const channelEntry = pgTable(
  'channel_entry',
  {
    id: id(),
    channelId: integer()
      .notNull()
      .references(() => channel.id),
    releaseId: integer()
      .notNull()
      .references(() => release.id),
    sequence: integer().notNull(),
    promotedAt: instant().notNull(),
    promotedBy: text().notNull(),
    /** Since when it is active: its promotion, or its latest un-demotion. */
    activeSince: instant().notNull(),
    demotedAt: instant(),
    demotedBy: text(),
    demoteReason: text(),
    revision: revision(),
  },
  (t) => [unique().on(t.channelId, t.releaseId), unique().on(t.channelId, t.sequence), index().on(t.releaseId)],
);
