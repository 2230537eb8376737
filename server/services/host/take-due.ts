import { productsOfHost, takeDueHosts } from '../../../db/queries/hosts.ts';
import { transact } from '../../../db/transact.ts';
import type { Context } from '../context.ts';

/** Hosts that are due for a look now, each with the products it is meant to run. Two workers never get the same host. */
export async function takeHostsToProbe(ctx: Context, limit: number) {
  const now = ctx.clock.now();
  const hosts = await transact(ctx, (tx) => takeDueHosts(tx, now, now + ctx.config.probeMs, limit));
  return Promise.all(hosts.map(async (host) => ({ host, products: await productsOfHost(ctx.db, host.environmentId) })));
}
