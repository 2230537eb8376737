import { listRecallViews } from '../../../db/queries/recalls.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListRecalls {
  productId?: number | undefined;
  state: 'standing' | 'all';
  after?: string | undefined;
  limit: number;
}

/** Newest first. */
export const listRecalls = verb(
  'pipeline.read',
  async (ctx, _actor, { productId, state, after, limit }: ListRecalls) => {
    const [before] = keysAfter(pageKeys.position, after) ?? [];
    const rows = await listRecallViews(ctx.db, { productId, standing: state === 'standing' }, before, limit + 1);
    return pageOf(rows, limit, ({ id }) => [id]);
  },
);
