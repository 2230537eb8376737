import { environmentList, environmentsWhere } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { environmentViews } from '../../../db/queries/views.ts';
import { EVERY_ROW, sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';

interface ListEnvironments extends Partial<SortedInput<keyof typeof environmentList.columns>> {
  search?: string | undefined;
}

/** By name, unless another order is asked for; all of them, unless a limit is. */
export const listEnvironments = verb('host.read', (ctx, _actor, { search, ...input }: ListEnvironments) =>
  sortedPage(
    { limit: EVERY_ROW, ...input },
    'name',
    (seek, limit) => sortedIds(ctx.db, environmentList, environmentsWhere({ search }), seek, limit),
    (ids) => environmentViews(ctx.db, ids),
  ),
);
