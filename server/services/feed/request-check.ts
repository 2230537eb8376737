import { findProduct } from '../../../db/queries/releases.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';

/** Checks the feed of a product now; what it finds arrives over the log. */
export const requestCheck = verb(
  'release.check',
  async (ctx, _actor, { id }: { id: number }) => {
    const product = await findProduct(ctx.db, id);
    if (!product)
      throw new Refusal('not_found', `Feed check refused: there is no product ${id}. List them with GET /products.`);
    if (!product.feed) {
      throw new Refusal(
        'refused',
        `Feed check of ${product.name} refused: it has no feed. Declare one in its fleet file.`,
        {
          reason: 'no_feed',
        },
      );
    }
    await transact(ctx, (tx) => ctx.enqueue(tx, 'feed.check', { productId: id }));
    return { ok: true as const };
  },
  (ctx, { id }) => productTarget(ctx, { productId: id }),
);
