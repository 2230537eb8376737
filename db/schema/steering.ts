import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import type { ApprovalState } from '../../server/domain/approval.ts';
import type { ApprovalPolicy, ApprovalRule } from '../../server/domain/approval-policy.ts';
import type { ExactPlan } from '../../server/domain/approved-plan.ts';
import type { Role } from '../../server/domain/permission.ts';
import type { Reason } from '../../server/domain/reason.ts';
import { id, instant, revision } from './columns.ts';
import { host } from './fleet.ts';
import { job } from './job.ts';
import { person } from './person.ts';
import { product, release } from './product.ts';

/** "Nothing moves here". Scope by name, so that it outlives what it names; a null part matches everything. */
export const hold = pgTable(
  'hold',
  {
    id: id(),
    product: text(),
    channel: text(),
    environment: text(),
    host: text(),
    reason: text().notNull(),
    owner: text().notNull(),
    startsAt: instant(),
    expiresAt: instant(),
    strict: boolean().notNull().default(false),
    /** What a rollback leaves behind: the release that it bars. */
    barVersion: text(),
    barSequence: integer(),
    liftOnNewer: boolean().notNull().default(false),
    createdAt: instant().notNull(),
    createdBy: text().notNull(),
    causeJobId: integer().references(() => job.id),
    releasedAt: instant(),
    releasedBy: text(),
    releaseReason: text(),
    revision: revision(),
  },
  (t) => [
    index('hold_in_force')
      .on(t.expiresAt)
      .where(sql`released_at is null`),
  ],
);

export const incident = pgTable(
  'incident',
  {
    id: id(),
    status: text().$type<'open' | 'acknowledged' | 'resolved'>().notNull().default('open'),
    jobId: integer()
      .notNull()
      .references(() => job.id),
    productId: integer()
      .notNull()
      .references(() => product.id),
    cause: jsonb().$type<Reason>().notNull(),
    owner: text(),
    openedAt: instant().notNull(),
    acknowledgedAt: instant(),
    acknowledgedBy: text(),
    resolvedAt: instant(),
    resolvedBy: text(),
    resolution: text(),
    escalatedAt: instant(),
    escalatedBy: text(),
    /** Where its thread in chat begins. */
    slackUrl: text(),
    revision: revision(),
  },
  (t) => [
    index().on(t.openedAt, t.id),
    // One incident per job: whatever else goes wrong in it is the same trouble.
    uniqueIndex('incident_one_per_job').on(t.jobId),
  ],
);

/** Releases that a host has run with recorded success: what "known-good" is chosen from. Rule: section 9. */
export const hostHistory = pgTable(
  'host_history',
  {
    hostId: integer()
      .notNull()
      .references(() => host.id, { onDelete: 'cascade' }),
    productId: integer()
      .notNull()
      .references(() => product.id),
    releaseId: integer()
      .notNull()
      .references(() => release.id),
    succeededAt: instant().notNull(),
    healthy: boolean().notNull(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.productId, t.releaseId] })],
);

export const approvalRule = pgTable('approval_rule', {
  id: id(),
  name: text().notNull().unique(),
  rule: jsonb().$type<ApprovalRule>().notNull(),
  managedBy: text(),
  revision: revision(),
});

/** A request that others agree to before one exact plan may run. */
export const approval = pgTable(
  'approval',
  {
    id: id(),
    jobId: integer()
      .notNull()
      .references(() => job.id),
    rule: text().notNull(),
    policy: jsonb().$type<ApprovalPolicy>().notNull(),
    startWithinMs: bigint({ mode: 'number' }).notNull(),
    /** The maintenance window that the card names: the plan waits for it, and may start until its end. */
    windowFrom: instant(),
    windowEnd: instant(),
    plan: jsonb().$type<ExactPlan>().notNull(),
    planHash: text().notNull(),
    requester: text().notNull(),
    requesterId: integer().references(() => person.id),
    requestedAt: instant().notNull(),
    expiresAt: instant().notNull(),
    state: text().$type<ApprovalState>().notNull().default('pending'),
    endedBy: text(),
    endedAt: instant(),
    superseded: jsonb().$type<Reason>(),
    revision: revision(),
  },
  (t) => [index().on(t.state, t.expiresAt), uniqueIndex('approval_one_per_job').on(t.jobId)],
);

/** Every click, counted or not, with the answer that the person got. */
export const approvalDecision = pgTable(
  'approval_decision',
  {
    id: id(),
    approvalId: integer()
      .notNull()
      .references(() => approval.id),
    personId: integer()
      .notNull()
      .references(() => person.id),
    by: text().notNull(),
    roles: jsonb().$type<Role[]>().notNull(),
    verdict: text().$type<'approve' | 'reject' | 'cancel'>().notNull(),
    reason: text(),
    at: instant().notNull(),
    result: jsonb().$type<Reason>().notNull(),
  },
  (t) => [index().on(t.approvalId, t.id)],
);

/** One plan, one use, one hour. Rule: section 11 (Break-glass). */
export const breakGlass = pgTable('break_glass', {
  id: id(),
  jobId: integer()
    .notNull()
    .references(() => job.id),
  planHash: text().notNull(),
  by: text().notNull(),
  reason: text().notNull(),
  openedAt: instant().notNull(),
  usedAt: instant(),
});
