import { forgetIntervals, forgetObservations, soakingNodes } from '../../../db/queries/health-forget.ts';
import { transact } from '../../../db/transact.ts';
import { healthKeptFrom } from '../../domain/health-retention.ts';
import type { Context } from '../context.ts';

const AT_ONCE = 10_000;
/** A batch that was judged just before may still read what was about to be too old. */
const MARGIN_MS = 60_000;

/** Removes the observations that no late one can meet any more; what was made of them stays. */
export async function forgetOldObservations(ctx: Context): Promise<void> {
  const before = ctx.clock.now() - ctx.config.healthLateMs - MARGIN_MS;
  for (let gone = AT_ONCE; gone === AT_ONCE;) {
    gone = await transact(ctx, (tx) => forgetObservations(tx, before, AT_ONCE));
  }
}

/** Removes what was in force longer ago than the setting keeps it, but nothing that a running evaluation counts. */
export async function forgetOldHealth(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  const { healthKeptMs } = ctx.config;
  const before = healthKeptFrom(now, healthKeptMs, null);
  for (let gone = AT_ONCE; gone === AT_ONCE;) {
    gone = await transact(ctx, async (tx) => {
      const kept = (await soakingNodes(tx)).map(({ since, ...pair }) => ({
        ...pair,
        from: healthKeptFrom(now, healthKeptMs, since),
      }));
      return forgetIntervals(tx, before, kept, AT_ONCE);
    });
  }
}
