/** Row → view of what moves releases by itself: pipelines, evaluations, recalls. The same form as views.ts. */
import { and, eq, getTableColumns, inArray, isNull, or, sql } from 'drizzle-orm';
import type { EvaluationView, PipelineView, RecallView } from '../../server/domain/views.ts';
import type { Reader } from '../connect.ts';
import { evaluation, pipeline, recall, release } from '../schema/index.ts';
import { chosen, type Which } from './views.ts';

export async function pipelineViews(reader: Reader, which: Which): Promise<PipelineView[]> {
  const { where, orderBy, limit } = chosen(pipeline.id, which);
  const rows = await reader
    .select()
    .from(pipeline)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return rows.map(({ pausedAt, pausedBy, pauseReason, ...row }) => ({
    ...row,
    paused: pausedAt === null ? null : { at: pausedAt, by: pausedBy ?? '', reason: pauseReason ?? '' },
  }));
}

export async function evaluationViews(reader: Reader, which: Which): Promise<EvaluationView[]> {
  const { where, orderBy, limit } = chosen(evaluation.id, which);
  const rows = await reader
    .select({ ...getTableColumns(evaluation), version: release.version })
    .from(evaluation)
    .innerJoin(release, eq(release.id, evaluation.releaseId))
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return rows.map(({ stage, soaks: _soaks, history: _history, ...row }) => ({ ...row, kind: stage.kind }));
}

/** What screens show live: what is not decided, and the latest of each stage. */
export const openEvaluations: Which = {
  where: or(
    inArray(evaluation.status, ['evaluating', 'paused']),
    sql`${evaluation.id} in (select max(e.id) from evaluation e group by e.product_id, e.source, e.target)`,
  )!,
};

export async function recallViews(reader: Reader, which: Which): Promise<RecallView[]> {
  const { where, orderBy, limit } = chosen(recall.id, which);
  const rows = await reader
    .select()
    .from(recall)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return rows.map(({ openedById: _, ...row }) => row);
}

export const unrevertedRecalls: Which = { where: isNull(recall.revertedAt) };

export function unrevertedRecallsOf(productId: number): Which {
  return { where: and(eq(recall.productId, productId), isNull(recall.revertedAt))! };
}
