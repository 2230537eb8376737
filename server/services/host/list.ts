import { hostList, hostsWhere, type HostListFilter } from '../../../db/queries/sorted-lists.ts';
import { countRows, sortedIds } from '../../../db/queries/sorted.ts';
import { hostViews } from '../../../db/queries/views.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';
import { hostsMatching } from './matching.ts';

interface ListHosts extends SortedInput<keyof typeof hostList.columns>, Omit<HostListFilter, 'ids'> {
  /** Words as in the console: text, `label=value`, `-not`. */
  filter?: string | undefined;
}

/** By name, unless another order is asked for; `total`: how many the filters leave. */
export const listHosts = verb('host.read', async (ctx, _actor, { filter = '', ...input }: ListHosts) => {
  const ids = filter.trim() === '' ? undefined : await hostsMatching(ctx.db, filter);
  const where = hostsWhere({ ...input, ids }, ctx.clock.now());
  const page = await sortedPage(
    input,
    'name',
    (seek, limit) => sortedIds(ctx.db, hostList, where, seek, limit),
    (found) => hostViews(ctx.db, found),
  );
  return { ...page, total: await countRows(ctx.db, hostList, where) };
});
