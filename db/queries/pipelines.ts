import { and, asc, eq, gt, isNull, lte, or, sql } from 'drizzle-orm';
import { DEFAULT_SOAK_CALENDAR } from '../../server/domain/calendar.ts';
import { DEFAULT_ROLLOUT_CRITERIA } from '../../server/domain/canary-condition.ts';
import { DEFAULT_HEALTH_POLICY } from '../../server/domain/health.ts';
import { DEFAULT_STALE_AFTER_MS } from '../../server/domain/observation.ts';
import type { PipelineView } from '../../server/domain/views.ts';
import { ALWAYS_OPEN } from '../../server/domain/windows.ts';
import type { Reader, Transaction } from '../connect.ts';
import { pipeline, product } from '../schema/index.ts';
import { pipelineViews } from './pipeline-views.ts';

/** What a product's releases move by: its pipeline, or the defaults of the rules when it has none. */
export type PipelineSettings = Omit<PipelineView, 'id' | 'revision' | 'productId' | 'managedBy' | 'removed'>;

export const DEFAULT_SETTINGS: PipelineSettings = {
  stages: [],
  ...DEFAULT_ROLLOUT_CRITERIA,
  timeZone: DEFAULT_SOAK_CALENDAR.timeZone,
  excludeWeekends: DEFAULT_SOAK_CALENDAR.excludeWeekends,
  ...DEFAULT_HEALTH_POLICY,
  staleAfterMs: DEFAULT_STALE_AFTER_MS,
  windows: ALWAYS_OPEN,
  recallPolicy: { type: 'forward' },
  paused: null,
};

export async function pipelineOfProduct(reader: Reader, productId: number): Promise<PipelineView | undefined> {
  return (await pipelineViews(reader, { where: eq(pipeline.productId, productId) }))[0];
}

/** `expectsHealth` is the effective one: declared, or set by itself since some release has reported a state. Rule: section 5. */
export async function settingsOf(reader: Reader, productId: number): Promise<PipelineSettings> {
  const settings = (await pipelineOfProduct(reader, productId)) ?? DEFAULT_SETTINGS;
  const [seen] = await reader.select({ at: product.healthSeenAt }).from(product).where(eq(product.id, productId));
  return { ...settings, expectsHealth: settings.expectsHealth || (seen?.at ?? null) !== null };
}

/**
 * Products whose pipeline is due for a look. The look itself says when the next is due; until `leasedUntil` it is not
 * asked for again, then it was lost.
 */
export async function takeDuePipelines(tx: Transaction, now: number, leasedUntil: number): Promise<number[]> {
  const rows = await tx
    .update(product)
    .set({ pipelineDueAt: leasedUntil })
    .where(or(isNull(product.pipelineDueAt), lte(product.pipelineDueAt, now)))
    .returning({ id: product.id });
  return rows.map(({ id }) => id);
}

/**
 * When the clock has the pipeline looked at next. `seen`: what stood there when the look began; what has brought it forward
 * since then did so by something that the look may not have read, and counts.
 */
export async function setPipelineDue(
  tx: Transaction,
  productId: number,
  at: number,
  seen: number | null,
): Promise<void> {
  const [next, before] = [timestamp(at), seen === null ? null : timestamp(seen)];
  await tx
    .update(product)
    .set({
      pipelineDueAt: sql`case when ${product.pipelineDueAt} is distinct from ${before}::timestamptz
        then least(${product.pipelineDueAt}, ${next}::timestamptz) else ${next}::timestamptz end`,
    })
    .where(eq(product.id, productId));
}

const timestamp = (at: number) => new Date(at).toISOString();

/** Has a pipeline looked at by an instant. Writes nothing where a look is due by then, or there is no pipeline. */
export async function bringPipelineForward(reader: Reader, productId: number, at: number): Promise<void> {
  const configured = sql`exists (select 1 from ${pipeline} where ${pipeline.productId} = ${productId})`;
  await reader
    .update(product)
    .set({ pipelineDueAt: at })
    .where(and(eq(product.id, productId), gt(product.pipelineDueAt, at), configured));
}

export async function productIds(reader: Reader): Promise<number[]> {
  return (await reader.select({ id: product.id }).from(product).orderBy(asc(product.id))).map(({ id }) => id);
}

export async function pipelineDueAt(reader: Reader, productId: number): Promise<number | null> {
  const [row] = await reader.select({ at: product.pipelineDueAt }).from(product).where(eq(product.id, productId));
  return row?.at ?? null;
}

/** Raises the revision. Null: it goes on. */
export async function setPipelinePause(
  tx: Transaction,
  id: number,
  pause: { at: number; by: string; reason: string } | null,
): Promise<void> {
  await tx
    .update(pipeline)
    .set({
      pausedAt: pause?.at ?? null,
      pausedBy: pause?.by ?? null,
      pauseReason: pause?.reason ?? null,
      revision: sql`${pipeline.revision} + 1`,
    })
    .where(eq(pipeline.id, id));
}
