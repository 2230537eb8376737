import { bringJobsForward } from '../../../db/queries/jobs.ts';
import { bringPipelineForward } from '../../../db/queries/pipelines.ts';
import type { Context } from '../context.ts';
import type { Turned } from './tell.ts';

/** What turns within a second is looked at together: a storm on 10 000 hosts is one look at the product, not 10 000. */
const TOGETHER_MS = 1_000;

/**
 * Has the pipelines and jobs looked at a second from now, instead of at their next turn, that go by how these hosts are.
 * After the transaction that stored the words, which holds hosts: whoever judges a job takes them the
 * other way round. Lost with its process, the next turn finds what it spoke of. `exceptJobId`: whose lock others hold
 * for long just now, and that is judged anyway.
 */
export async function wakeByHealth(ctx: Context, turned: readonly Turned[], exceptJobId?: number): Promise<void> {
  const at = ctx.clock.now() + TOGETHER_MS;
  for (const [productId, hosts] of Map.groupBy(turned, (one) => one.productId)) {
    const hostIds = hosts.map(({ hostId }) => hostId);
    await bringPipelineForward(ctx.db, productId, at);
    await bringJobsForward(ctx.db, productId, hostIds, at, exceptJobId);
  }
}
