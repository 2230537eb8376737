import { insertRecall, type NewRecall } from '../../../db/queries/recalls.ts';
import type { Context, Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';
import { wakePipeline } from '../pipeline/wake.ts';

/** Opens a recall, a person's or a stage's: from now on its releases are served nowhere. Rule: section 9. */
export async function putRecall(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  recall: Omit<NewRecall, 'openedAt' | 'openedBy'>,
): Promise<number> {
  const id = await insertRecall(tx, { ...recall, openedAt: occasion.now, openedBy: occasion.actor });
  await record(tx, occasion, 'recall.opened', [id], { reason: recall.reason });
  await wakePipeline(ctx, tx, recall.productId);
  return id;
}
