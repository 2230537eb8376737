import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import type { AutomaticCode } from '../../server/domain/automatic-install.ts';
import type { EntitySoak, EvaluationChapter, Measured } from '../../server/domain/evaluation.ts';
import type { PipelineStage } from '../../server/domain/pipeline.ts';
import type { Reason } from '../../server/domain/reason.ts';
import type { RecallRange } from '../../server/domain/recall-range.ts';
import type { RecallPolicy, RecallStrategy } from '../../server/domain/recall.ts';
import type { StageCode, StageStatus } from '../../server/domain/stages.ts';
import type { WindowSchedule } from '../../server/domain/windows.ts';
import { id, instant, revision } from './columns.ts';
import { environment, host } from './fleet.ts';
import { job } from './job.ts';
import { person } from './person.ts';
import { product, release } from './product.ts';

/** How a product's releases move: at most one per product; without it nothing moves by itself, and defaults count. */
export const pipeline = pgTable('pipeline', {
  id: id(),
  productId: integer()
    .notNull()
    .unique()
    .references(() => product.id, { onDelete: 'cascade' }),
  stages: jsonb().$type<PipelineStage[]>().notNull().default([]),
  /** Thresholds, parts per million. */
  healthyPpm: integer().notNull().default(950_000),
  unhealthyPpm: integer().notNull().default(50_000),
  /** Where the product's weekends lie, IANA name. */
  timeZone: text().notNull().default('UTC'),
  excludeWeekends: boolean().notNull().default(true),
  /** Declared; a state that any release has reported sets it as well (`product.health_seen_at`). */
  expectsHealth: boolean().notNull().default(false),
  terminalIsUnhealthy: boolean().notNull().default(false),
  staleAfterMs: bigint({ mode: 'number' }).notNull().default(300_000),
  /** Maintenance windows of the product: they gate automatic promotion. */
  windows: jsonb().$type<WindowSchedule>().notNull().default({ timeZone: 'UTC', windows: [] }),
  /** What becomes of hosts when a canary stage recalls. */
  recallPolicy: jsonb().$type<RecallPolicy>().notNull().default({ type: 'forward' }),
  pausedAt: instant(),
  pausedBy: text(),
  pauseReason: text(),
  managedBy: text(),
  revision: revision(),
});

/** One release at one stage. A stage is named by its channels, so its evaluations outlive every edit of it. */
export const evaluation = pgTable(
  'evaluation',
  {
    id: id(),
    productId: integer()
      .notNull()
      .references(() => product.id),
    releaseId: integer()
      .notNull()
      .references(() => release.id),
    source: text().notNull(),
    target: text().notNull(),
    /** The stage as it was when it was judged last. */
    stage: jsonb().$type<PipelineStage>().notNull(),
    status: text().$type<StageStatus>().notNull(),
    reasons: jsonb().$type<Reason<StageCode>[]>().notNull().default([]),
    eligibleAt: instant(),
    /** When it began, or began anew. */
    since: instant().notNull(),
    /** The last look that found news. */
    judgedAt: instant().notNull(),
    endedAt: instant(),
    /** Who decided, where it was no tick: a promotion by hand. */
    decidedBy: text(),
    decisionReason: text(),
    /** What a canary stage counted at `judgedAt`; null for a timed one. */
    measured: jsonb().$type<Measured>(),
    /** The soak of each test entity when it was decided; null: it is not, or nothing soaks at a timed stage. */
    soaks: jsonb().$type<EntitySoak[]>(),
    /** What came before an edit of the stage, a reopening or a new beginning; oldest first. */
    history: jsonb().$type<EvaluationChapter[]>().notNull().default([]),
    revision: revision(),
  },
  (t) => [unique().on(t.releaseId, t.source, t.target), index().on(t.productId, t.source, t.target, t.id)],
);

/** Since when an entity (one product in one environment) is on a release with all its nodes, and when it left it. */
export const entityStay = pgTable(
  'entity_stay',
  {
    environmentId: integer()
      .notNull()
      .references(() => environment.id, { onDelete: 'cascade' }),
    releaseId: integer()
      .notNull()
      .references(() => release.id),
    arrivedAt: instant().notNull(),
    /** Null: it is on it. */
    leftAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.releaseId, t.environmentId] })],
);

export const recall = pgTable(
  'recall',
  {
    id: id(),
    productId: integer()
      .notNull()
      .references(() => product.id),
    range: jsonb().$type<RecallRange>().notNull(),
    except: jsonb().$type<string[]>().notNull().default([]),
    strategy: jsonb().$type<RecallStrategy>().notNull(),
    reason: text().notNull(),
    openedAt: instant().notNull(),
    openedBy: text().notNull(),
    /** The person who opened it: their own approve of what it rolls off does not count. Null: a token, or a stage. */
    openedById: integer().references(() => person.id),
    /** The evaluation whose stage opened it; null: a person did. */
    evaluationId: integer().references(() => evaluation.id),
    /** An automatic one rolls off every host, not only those of its own stage. */
    rollOffAll: boolean().notNull().default(false),
    /** Environments of its own stage when it opened: names, as evaluations tell them. */
    ownEnvironments: jsonb().$type<string[]>().notNull().default([]),
    revertedAt: instant(),
    revertedBy: text(),
    revertReason: text(),
    revision: revision(),
  },
  (t) => [index().on(t.productId, t.id), unique().on(t.evaluationId, t.openedAt)],
);

/** The roll-off jobs that a recall has asked for. A job belongs to one recall, whichever others cover its hosts as well. */
export const recallJob = pgTable(
  'recall_job',
  {
    jobId: integer()
      .primaryKey()
      .references(() => job.id),
    recallId: integer()
      .notNull()
      .references(() => recall.id),
  },
  (t) => [index().on(t.recallId, t.jobId)],
);

/** The host's last words of automation: where it would go, and every reason why it does not. One row per host and product. */
export const automaticChoice = pgTable(
  'automatic_choice',
  {
    hostId: integer()
      .notNull()
      .references(() => host.id, { onDelete: 'cascade' }),
    productId: integer()
      .notNull()
      .references(() => product.id, { onDelete: 'cascade' }),
    target: text(),
    reasons: jsonb().$type<Reason<AutomaticCode>[]>().notNull(),
    since: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.productId, t.hostId] }), index().on(t.hostId)],
);

/** What was tried on a host, and by whom: automation tries a release once, until a person tries it there. */
export const installAttempt = pgTable(
  'install_attempt',
  {
    id: id(),
    hostId: integer()
      .notNull()
      .references(() => host.id, { onDelete: 'cascade' }),
    productId: integer()
      .notNull()
      .references(() => product.id),
    releaseId: integer()
      .notNull()
      .references(() => release.id),
    jobId: integer()
      .notNull()
      .references(() => job.id),
    by: text().$type<'automation' | 'person'>().notNull(),
    at: instant().notNull(),
  },
  (t) => [unique().on(t.hostId, t.jobId), index().on(t.productId, t.releaseId, t.hostId)],
);
