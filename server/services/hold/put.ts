import { insertHold, type NewHold } from '../../../db/queries/holds.ts';
import type { Context, Transaction } from '../context.ts';
import { lookAgain } from '../job/look-again.ts';
import { wakeEveryPipeline } from '../pipeline/wake.ts';
import { record, type Occasion } from '../log/record.ts';

/** Puts a hold, tells it, and has every job in flight look again, so that who is stopped says so at once. Rule: section 12. */
export async function putHold(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  values: Omit<NewHold, 'createdAt' | 'createdBy'>,
): Promise<number> {
  const id = await insertHold(tx, { ...values, createdAt: occasion.now, createdBy: occasion.actor });
  await record(tx, occasion, 'hold.created', [id]);
  await lookAgain(ctx, tx);
  await wakeEveryPipeline(ctx, tx);
  return id;
}
