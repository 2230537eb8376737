import { findEvaluation, judgedOf, updateEvaluation } from '../../../db/queries/evaluations.ts';
import { evaluationViews } from '../../../db/queries/pipeline-views.ts';
import { lockProduct } from '../../../db/queries/releases.ts';
import { one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { judgeReopening } from '../../domain/evaluation.ts';
import type { EvaluationView } from '../../domain/views.ts';
import { record } from '../log/record.ts';
import { chapter } from '../pipeline/news.ts';
import { wakePipeline } from '../pipeline/wake.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';

/** Has a stage judge a release again that it has decided on. What was decided stays in its history. Rule: section 7. */
export const reopenEvaluation = verb(
  'evaluation.reopen',
  (ctx, actor, { id, reason }: { id: number; reason: string }): Promise<EvaluationView> =>
    transact(ctx, async (tx) => {
      const found = await findEvaluation(tx, id);
      if (!found) throw noSuchEvaluation('Reopening', id);
      await lockProduct(tx, found.productId);
      const known = (await findEvaluation(tx, id)) ?? found;
      const decision = judgeReopening(judgedOf(known), reason);
      if (!decision.allowed) throw new Refusal('stale', decision.refusal.sentence, { reason: decision.refusal.code });
      const now = ctx.clock.now();
      await updateEvaluation(tx, id, {
        status: 'evaluating',
        reasons: [],
        eligibleAt: null,
        since: now,
        judgedAt: now,
        endedAt: null,
        decidedBy: null,
        decisionReason: null,
        soaks: null,
        history: [...known.history, chapter(known, now, 'reopened', actor.name, reason)],
      });
      await record(tx, { now, actor: actor.name }, 'evaluation.reopened', [id], { reason });
      await wakePipeline(ctx, tx, known.productId);
      return (await one(evaluationViews, tx, id)) as EvaluationView;
    }),
  async (ctx, { id }) => {
    const found = await findEvaluation(ctx.db, id);
    return found ? productTarget(ctx, { productId: found.productId }) : [];
  },
);

export function noSuchEvaluation(what: string, id: number): Refusal {
  return new Refusal(
    'not_found',
    `${what} refused: there is no evaluation ${id}. List them with GET /api/v1/evaluations.`,
  );
}
