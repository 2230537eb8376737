import type { StandingRow } from '../../../db/queries/recalls.ts';
import { lockProduct } from '../../../db/queries/releases.ts';
import { recallViews } from '../../../db/queries/pipeline-views.ts';
import { jobViews, one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { recallProblem, type RecallRequest } from '../../domain/recall-request.ts';
import type { RecallView } from '../../domain/views.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';
import { downloadTargets, refuseRecalled } from './advance.ts';
import { demandProduct, readRecallFacts, type RecallFacts } from './facts.ts';
import { planRollOffs } from './plan.ts';
import { putRecall } from './put.ts';
import { startRollOffs } from './roll-off.ts';

export interface RecallInput extends RecallRequest {
  productId: number;
}

/**
 * Recalls releases, and rolls off every host that runs one, in the same transaction as far as that can go at once. Throws
 * `refused` with the rule's code. Rule: section 9.
 */
export const openRecall = verb(
  'recall.open',
  async (ctx, actor, { productId, reason, ...request }: RecallInput & { reason: string }) => {
    const occasion = { now: ctx.clock.now(), actor: actor.name };
    await demandProduct(ctx.db, productId);
    const opened = await transact(ctx, async (tx) => {
      // Two who open at once, a look of the pipeline, a publication: one after the other.
      const product = (await lockProduct(tx, productId)) ?? (await demandProduct(tx, productId));
      const before = await readRecallFacts(tx, product, occasion.now);
      demandRecall(request, before, occasion.now);
      const openedById = actor.kind === 'person' ? actor.id : null;
      const id = await putRecall(ctx, tx, occasion, {
        ...request,
        except: [...request.except],
        productId,
        reason,
        openedById,
      });
      const facts = await readRecallFacts(tx, product, occasion.now, { keep: tx });
      await refuseRecalled(ctx, tx, facts);
      const plans = planRollOffs(facts, occasion.now);
      const jobs = await startRollOffs(ctx, tx, occasion, facts, plans);
      const recall = (await one(recallViews, tx, id)) as RecallView;
      return { answer: { recall, jobs: await jobViews(tx, jobs) }, look: { facts, plans } };
    });
    await downloadTargets(ctx, opened.look);
    return opened.answer;
  },
  (ctx, { productId }) => productTarget(ctx, { productId }),
);

function demandRecall(request: RecallRequest, facts: RecallFacts, now: number): void {
  const problem = problemOf(request, facts, now);
  if (problem) throw new Refusal('refused', problem.sentence, { reason: problem.code });
}

/** What refuses the recall; null: nothing does. The preview says the same. */
export function problemOf(request: RecallRequest, { product, catalog, reported, recalls }: RecallFacts, now: number) {
  const known = [...catalog.map(({ version }) => version), ...reported];
  return recallProblem(request, { versioning: product.versioning, known, standing: recalls }, now);
}

/** The recall as if it were open. */
export function imagined(request: RecallRequest, productId: number, now: number): StandingRow {
  const opened = { openedAt: now, openedBy: '', openedById: null, evaluationId: null };
  return {
    ...request,
    ...opened,
    id: 0,
    productId,
    reason: '',
    rollOffAll: false,
    ownEnvironments: [],
    reverted: false,
  };
}
