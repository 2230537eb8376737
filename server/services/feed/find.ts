import { findProduct } from '../../../db/queries/releases.ts';
import type { Context } from '../context.ts';

/** A product that has a feed; null when it has none (any more). */
export async function findFeed(ctx: Context, productId: number) {
  const product = await findProduct(ctx.db, productId);
  return product?.feed ? { ...product, feed: product.feed } : null;
}
