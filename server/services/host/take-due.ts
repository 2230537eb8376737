import { productsOfHost, takeDueHosts, type HostRow } from '../../../db/queries/hosts.ts';
import { transact } from '../../../db/transact.ts';
import type { Context } from '../context.ts';

/** One look at one host. */
export interface Look {
  host: HostRow;
  products: Awaited<ReturnType<typeof productsOfHost>>;
  /** When the look has to be over; until a little later nobody else looks at the host, epoch ms. */
  overAt: number;
  leasedUntil: number;
  /** When the host is due again. */
  nextAt: number;
}

/** Time for the answers of a host that has let us in. */
const answerMs = 30_000;
const graceMs = 10_000;

/** Hosts that are due for a look now, each with the products it is meant to run. Two workers never get the same host. */
export async function takeHostsToProbe(ctx: Context, limit: number): Promise<Look[]> {
  const now = ctx.clock.now();
  const overAt = now + ctx.config.connectTimeoutMs + answerMs;
  const times = { overAt, leasedUntil: overAt + graceMs };
  const hosts = await transact(ctx, (tx) => takeDueHosts(tx, now, times.leasedUntil, limit));
  return Promise.all(
    hosts.map(async (host) => {
      const products = await productsOfHost(ctx.db, host);
      return { host, products, ...times, nextAt: now + intervalOf(ctx, products) };
    }),
  );
}

/** Signalbox itself asks how the product is; others report it, or nobody does. */
export function isAsked({ runs, healthHook, healthCheck }: Look['products'][number]): boolean {
  return runs && (healthCheck !== null || healthHook !== null);
}

/** A look brings the health of what is asked for it along. */
function intervalOf({ config }: Context, products: Look['products']): number {
  return products.some(isAsked) ? Math.min(config.probeMs, config.healthMs) : config.probeMs;
}
