import { sql } from 'drizzle-orm';
import type { ActivityKind, EntityKind, EntityViews } from '../server/domain/activity.ts';
import type { Transaction } from './connect.ts';

/** One fact to append. `view` is the entity after the change, `entityRevision` the revision it was raised to. */
export interface ActivityItem {
  kind: ActivityKind;
  entityKind: EntityKind;
  entityId: number;
  entityRevision: number;
  productId?: number | null;
  environmentId?: number | null;
  hostId?: number | null;
  jobId?: number | null;
  view: EntityViews[EntityKind];
  detail?: Record<string, unknown>;
}

/**
 * Appends facts in the transaction that made them true. Throws when a fact of this entity revision is already there:
 * the caller did not raise the revision under the row lock. Rule: section 1, "The log".
 */
export async function append(
  tx: Transaction,
  now: number,
  actor: string,
  items: readonly ActivityItem[],
): Promise<void> {
  if (items.length === 0) return;
  // One JSON parameter: 10 000 facts as single parameters exceed what a statement may have.
  await tx.execute(sql`
    insert into activity (at, kind, entity_kind, entity_id, entity_revision, actor,
      product_id, environment_id, host_id, job_id, view, detail)
    select ${new Date(now).toISOString()}::timestamptz, kind, "entityKind", "entityId", "entityRevision", ${actor},
      "productId", "environmentId", "hostId", "jobId", view, coalesce(detail, '{}')
    from rows from (jsonb_to_recordset(${storable(items)}::jsonb) as (
      kind text, "entityKind" text, "entityId" int, "entityRevision" int,
      "productId" int, "environmentId" int, "hostId" int, "jobId" int, view jsonb, detail jsonb)) with ordinality
    order by ordinality`);
}

/** jsonb takes neither NUL nor half a surrogate pair, and one such character would fail the whole change. */
function storable(items: readonly ActivityItem[]): string {
  const text = JSON.stringify(items);
  if (!/\\u(0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(items, (_key, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value,
  );
}
