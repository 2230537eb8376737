import { listHostViews, type HostFilter } from '../../../db/queries/lists.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListHosts extends HostFilter {
  after?: string | undefined;
  limit: number;
}

/** By name. */
export const listHosts = verb('host.read', async (ctx, _actor, { after, limit, ...filter }: ListHosts) => {
  const [afterName] = keysAfter(pageKeys.name, after) ?? [];
  const rows = await listHostViews(ctx.db, filter, afterName, limit + 1);
  return pageOf(rows, limit, (host) => [host.name]);
});
