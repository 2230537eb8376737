import { jobsStopped } from '../../../db/queries/holds.ts';
import { listHoldViews } from '../../../db/queries/lists.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListHolds {
  /** `standing`: neither released nor run out; some may not have begun. */
  state: 'standing' | 'all';
  after?: string | undefined;
  limit: number;
}

/** Newest first, each with the jobs in flight that it stops now. Rule: section 12. */
export const listHolds = verb('board.read', async (ctx, _actor, { state, after, limit }: ListHolds) => {
  const standingAt = state === 'standing' ? ctx.clock.now() : null;
  const [before] = keysAfter(pageKeys.position, after) ?? [];
  const { items, next } = pageOf(await listHoldViews(ctx.db, { standingAt }, before, limit + 1), limit, ({ id }) => [
    id,
  ]);
  const stopped = await jobsStopped(ctx.db);
  return { items: items.map((hold) => ({ ...hold, stopsJobs: stopped.get(hold.id) ?? [] })), next };
});
