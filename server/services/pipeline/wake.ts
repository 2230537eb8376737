import { productIds } from '../../../db/queries/pipelines.ts';
import { hasStandingRecall } from '../../../db/queries/recalls.ts';
import type { Context, Transaction } from '../context.ts';

/** Has a product's pipeline, and its recalls, looked at once this is committed: something that they go by has changed. */
export async function wakePipeline(ctx: Context, tx: Transaction, productId: number): Promise<void> {
  await ctx.enqueue(tx, 'pipeline.tick', { productId });
  if (await hasStandingRecall(tx, productId)) await ctx.enqueue(tx, 'recall.advance', { productId });
}

/** A hold, a window or an environment may concern every product. */
export async function wakeEveryPipeline(ctx: Context, tx: Transaction): Promise<void> {
  for (const productId of await productIds(tx)) await wakePipeline(ctx, tx, productId);
}
