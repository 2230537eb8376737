import { findRecall, jobsOfRecall, revertRecallRow } from '../../../db/queries/recalls.ts';
import { lockProduct } from '../../../db/queries/releases.ts';
import { recallViews } from '../../../db/queries/pipeline-views.ts';
import { one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { RecallView } from '../../domain/views.ts';
import { instantText } from '../../domain/wording.ts';
import { record } from '../log/record.ts';
import { wakePipeline } from '../pipeline/wake.ts';
import type { Context } from '../context.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';

/** Ends a recall. Nothing is put back; what its roll-offs have not begun, and no other recall covers, ends. Rule: section 9. */
export const revertRecall = verb(
  'recall.revert',
  (ctx, actor, { id, reason }: { id: number; reason: string }): Promise<RecallView> => {
    const now = ctx.clock.now();
    return transact(ctx, async (tx) => {
      const known = await findRecall(tx, id);
      if (!known) throw noSuchRecall('Revert', id);
      await lockProduct(tx, known.productId);
      if (!(await revertRecallRow(tx, id, { revertedAt: now, revertedBy: actor.name, revertReason: reason }))) {
        throw alreadyReverted('Revert', (await findRecall(tx, id)) ?? known);
      }
      await record(tx, { now, actor: actor.name }, 'recall.reverted', [id], { reason });
      await wakePipeline(ctx, tx, known.productId);
      for (const jobId of await jobsOfRecall(tx, id)) await ctx.enqueue(tx, 'job.advance', { jobId });
      return (await one(recallViews, tx, id)) as RecallView;
    });
  },
  recallTarget,
);

export async function recallTarget(ctx: Context, { id }: { id: number }) {
  const recall = await findRecall(ctx.db, id);
  return recall ? productTarget(ctx, { productId: recall.productId }) : [];
}

export function noSuchRecall(what: string, id: number): Refusal {
  return new Refusal('not_found', `${what} refused: there is no recall ${id}. List them with GET /api/v1/recalls.`);
}

export function alreadyReverted(
  what: string,
  { id, revertedAt, revertedBy }: { id: number; revertedAt: number | null; revertedBy: string | null },
): Refusal {
  const sentence = `${what} refused: ${revertedBy} reverted recall ${id} already, at ${instantText(revertedAt ?? 0)}.`;
  return new Refusal('stale', sentence, { reason: 'already_reverted' });
}
