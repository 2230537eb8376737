import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { bytes, id, instant, revision } from './columns.ts';
import { host } from './fleet.ts';
import { person } from './person.ts';
import { product, release } from './product.ts';
import type { LeftOut } from '../../server/domain/install-request.ts';
import type { Reason } from '../../server/domain/reason.ts';
import type { JobKind, JobPlan, JobStatus, StepRecord, TaskStatus } from '../../server/domain/views.ts';

export const job = pgTable(
  'job',
  {
    id: id(),
    kind: text().$type<JobKind>().notNull(),
    productId: integer()
      .notNull()
      .references(() => product.id),
    releaseId: integer()
      .notNull()
      .references(() => release.id),
    status: text().$type<JobStatus>().notNull(),
    plan: jsonb().$type<JobPlan>().notNull(),
    requestedBy: text().notNull(),
    /** Names change and repeat; null: a token asked, or Signalbox itself. */
    requestedById: integer().references(() => person.id),
    reason: text(),
    /** Why an operator's install passes closed maintenance windows; null: it waits for them. */
    windowOverride: text(),
    /** Why the job waits, or why it ended as it did. */
    problem: jsonb().$type<Reason>(),
    parentJobId: integer(),
    /** The job of the same path that brings a required release first. */
    afterJobId: integer(),
    /** Hosts that were asked for and that it does not cover. */
    leftOut: jsonb().$type<LeftOut[]>().notNull().default([]),
    /** Waves that a person let continue. */
    continuedWaves: jsonb().$type<number[]>().notNull().default([]),
    createdAt: instant().notNull(),
    startedAt: instant(),
    endedAt: instant(),
    /** The next instant at which time alone may move this job on (bake, window, back-off). */
    wakeAt: instant(),
    revision: revision(),
  },
  (t) => [index().on(t.createdAt, t.id), index().on(t.status, t.id), index().on(t.releaseId), index().on(t.afterJobId)],
);

export const task = pgTable(
  'task',
  {
    id: id(),
    jobId: integer()
      .notNull()
      .references(() => job.id),
    hostId: integer()
      .notNull()
      .references(() => host.id),
    /** Place in the order given, from 0. */
    position: integer().notNull(),
    wave: integer().notNull(),
    status: text().$type<TaskStatus>().notNull().default('pending'),
    step: text(),
    steps: jsonb().$type<StepRecord[]>().notNull().default([]),
    problem: jsonb().$type<Reason>(),
    blockedByJobId: integer(),
    /** Set while the task waits in the queue for a worker. */
    dispatchedAt: instant(),
    fence: bigint({ mode: 'number' }),
    workerId: text(),
    leaseUntil: instant(),
    cancelRequested: boolean().notNull().default(false),
    fromVersion: text(),
    restored: boolean().notNull().default(false),
    /** Bytes of the host's report and log already stored: where a later connection reads on. */
    reportOffset: bigint({ mode: 'number' }).notNull().default(0),
    logOffset: bigint({ mode: 'number' }).notNull().default(0),
    /** Bytes of masked log in `task_log`. */
    logBytes: bigint({ mode: 'number' }).notNull().default(0),
    startedAt: instant(),
    endedAt: instant(),
    revision: revision(),
  },
  (t) => [
    unique().on(t.jobId, t.hostId),
    index().on(t.jobId, t.position),
    // Counts of a job are read from this index alone.
    index('task_job_counts').on(t.jobId, t.wave, t.status),
    index().on(t.hostId, t.id),
    uniqueIndex('task_one_running_per_host')
      .on(t.hostId)
      .where(sql`status = 'running'`),
    index('task_running_lease')
      .on(t.leaseUntil)
      .where(sql`status = 'running'`),
  ],
);

/** Hook output of one task, masked, in the order written. `at_byte` counts stored bytes from 0 without holes. */
export const taskLog = pgTable(
  'task_log',
  {
    taskId: integer()
      .notNull()
      .references(() => task.id),
    atByte: bigint({ mode: 'number' }).notNull(),
    content: bytes().notNull(),
    /** Bytes of it before zstd; null: `content` is as it was written. */
    plainBytes: integer(),
    at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.taskId, t.atByte] })],
);
