import { HostUnreachable, RunnerRefused } from '../hosts/contract.ts';
import { inspectHost } from '../hosts/inspect-host.ts';
import { openSession } from '../hosts/open-session.ts';
import type { Context } from '../services/context.ts';
import { noteLive, noteReported, noteUnreachable } from '../services/host/contact.ts';
import { takeHostsToProbe } from '../services/host/take-due.ts';
import { hostAddress } from './host-address.ts';
import type { Pool } from './pool.ts';

type Due = Awaited<ReturnType<typeof takeHostsToProbe>>[number];

/** Looks at hosts that nothing else is in contact with: do they answer, and what do they run? */
export function probeWork(ctx: Context, pool: Pool, shutdown: AbortSignal) {
  return async (): Promise<void> => {
    if (pool.room === 0) return;
    for (const due of await takeHostsToProbe(ctx, pool.room)) {
      pool.run(
        () => probe(ctx, due, shutdown),
        (error) => ctx.log.error({ err: error, host: due.host.name }, 'probe: failed; the host is due again later'),
      );
    }
  };
}

async function probe(ctx: Context, { host, products }: Due, shutdown: AbortSignal): Promise<void> {
  try {
    const address = await hostAddress(host.connection, ctx.config.keysFolder);
    const session = await openSession(address, { connectTimeoutMs: ctx.config.connectTimeoutMs, signal: shutdown });
    try {
      for (const product of products) {
        const facts = await inspectHost(session, { root: host.root, product: product.name });
        await noteReported(ctx, host.id, product.id, facts.current);
      }
      await noteLive(ctx, host.id);
    } finally {
      await session.close().catch(() => undefined);
    }
  } catch (error) {
    if (shutdown.aborted) return;
    if (!(error instanceof HostUnreachable || error instanceof RunnerRefused)) throw error;
    await noteUnreachable(ctx, host.id, { code: error.code, sentence: error.message });
  }
}
