import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import { instant, xid8 } from './columns.ts';
import type { ActivityKind, EntityKind } from '../../server/domain/activity.ts';

/**
 * The append-only log. Its total order is (xid, seq); a reader takes only rows below
 * `pg_snapshot_xmin(pg_current_snapshot())`, so no transaction can still add a row before its cursor.
 */
export const activity = pgTable(
  'activity',
  {
    xid: xid8()
      .notNull()
      .default(sql`pg_current_xact_id()`),
    seq: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    at: instant().notNull(),
    kind: text().$type<ActivityKind>().notNull(),
    entityKind: text().$type<EntityKind>().notNull(),
    entityId: integer().notNull(),
    entityRevision: integer().notNull(),
    actor: text().notNull(),
    productId: integer(),
    environmentId: integer(),
    hostId: integer(),
    jobId: integer(),
    /** The entity as every surface shows it, after the change. */
    view: jsonb().notNull(),
    /** What a person wants to read about this fact, beyond the view. */
    detail: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [
    primaryKey({ columns: [t.xid, t.seq] }),
    uniqueIndex('activity_entity_revision').on(t.entityKind, t.entityId, t.entityRevision),
    index('activity_job').on(t.jobId, t.xid, t.seq),
    index('activity_host').on(t.hostId, t.xid, t.seq),
  ],
);
