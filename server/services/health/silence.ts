import { lockHosts, takeSilent } from '../../../db/queries/health.ts';
import { touchHosts } from '../../../db/queries/hosts.ts';
import { outageSince } from '../../../db/queries/health-outages.ts';
import { transact } from '../../../db/transact.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import { signalboxActor } from '../verb.ts';

const AT_ONCE = 500;
/** After an outage of our own hosts get that long to speak again before anybody says that they fell silent. */
const GRACE_MS = 60_000;

/**
 * Says of each host that has fallen silent that nothing is known of it any more. The rules need nobody to say it: nothing
 * is in force there since. While our own intake was down it is not the hosts that are silent. Rule: section 5.
 */
export async function tellSilence(ctx: Context): Promise<void> {
  for (let told = AT_ONCE; told === AT_ONCE;) told = await tellSome(ctx, ctx.clock.now());
}

async function tellSome(ctx: Context, now: number): Promise<number> {
  return transact(ctx, async (tx) => {
    if (await outageSince(tx, now - GRACE_MS)) return 0;
    const silent = await takeSilent(tx, now, AT_ONCE);
    if (silent.length === 0) return 0;
    await lockHosts(
      tx,
      silent.map(({ hostId }) => hostId),
    );
    for (const [productId, hosts] of Map.groupBy(silent, (one) => one.productId)) {
      const hostIds = hosts.map(({ hostId }) => hostId);
      await touchHosts(tx, hostIds);
      const detail = { productId, live: false, state: null, stale: true };
      await record(tx, { now, actor: signalboxActor.name }, 'host.health_changed', hostIds, detail);
    }
    return silent.length;
  });
}
