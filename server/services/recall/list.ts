import { recallViews } from '../../../db/queries/pipeline-views.ts';
import { recallList, recallsWhere, type RecallListFilter } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';

interface ListRecalls extends SortedInput<keyof typeof recallList.columns>, Omit<RecallListFilter, 'standing'> {
  /** `standing`: not reverted. */
  state: 'standing' | 'all';
}

/** Newest first, unless another order is asked for. */
export const listRecalls = verb('pipeline.read', (ctx, _actor, { state, ...input }: ListRecalls) =>
  sortedPage(
    input,
    '-opened',
    (seek, limit) =>
      sortedIds(ctx.db, recallList, recallsWhere({ ...input, standing: state === 'standing' }), seek, limit),
    (ids) => recallViews(ctx.db, ids),
  ),
);
