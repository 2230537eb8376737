import { jobsStopped } from '../../../db/queries/holds.ts';
import { holdList, holdsWhere } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { holdViews } from '../../../db/queries/steering-views.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';

interface ListHolds extends SortedInput<keyof typeof holdList.columns> {
  /** `standing`: neither released nor run out; some may not have begun. */
  state: 'standing' | 'past' | 'all';
  id?: number | undefined;
  search?: string | undefined;
}

/** Newest first, unless another order is asked for, each with the jobs in flight that it stops now. Rule: section 12. */
export const listHolds = verb('board.read', async (ctx, _actor, { state, id, search, ...input }: ListHolds) => {
  const where = holdsWhere({ state, now: ctx.clock.now(), id, search });
  const { items, ...places } = await sortedPage(
    input,
    '-created',
    (seek, limit) => sortedIds(ctx.db, holdList, where, seek, limit),
    (ids) => holdViews(ctx.db, ids),
  );
  const stopped = await jobsStopped(ctx.db);
  return { items: items.map((hold) => ({ ...hold, stopsJobs: stopped.get(hold.id) ?? [] })), ...places };
});
