import { rolloutsInFlight, takeDueJobs } from '../../../db/queries/jobs.ts';
import { takeDuePipelines } from '../../../db/queries/pipelines.ts';
import { takeDueFeeds } from '../../../db/queries/releases.ts';
import { undispatchStale } from '../../../db/queries/tasks.ts';
import { transact } from '../../../db/transact.ts';
import type { Context } from '../context.ts';
import { wakePipeline } from '../pipeline/wake.ts';

/** A look that was asked for and lost with its process is asked for again within this part of the interval. */
const LOOKS_LOST_WITHIN = 4;

/** Puts what is due into the queues: jobs and pipelines whose instant has come, feeds whose interval is over. */
export async function enqueueDue(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    for (const jobId of await takeDueJobs(tx, now)) await ctx.enqueue(tx, 'job.advance', { jobId });
    const feeds = await takeDueFeeds(tx, now, now + ctx.config.feedCheckMs);
    for (const productId of feeds) await ctx.enqueue(tx, 'feed.check', { productId });
    const pipelines = await takeDuePipelines(tx, now, now + ctx.config.pipelineMs / LOOKS_LOST_WITHIN);
    for (const productId of pipelines) await wakePipeline(ctx, tx, productId);
  });
}

/** Looks again at every job in flight: whatever message was lost, this finds what it spoke of. */
export async function sweepJobs(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    await undispatchStale(tx, now - ctx.config.leaseMs);
    for (const jobId of await rolloutsInFlight(tx)) await ctx.enqueue(tx, 'job.advance', { jobId });
  });
}

/** Proof that messages travel: the handler of this one writes the queue's heartbeat. */
export async function sendBeat(ctx: Context): Promise<void> {
  await transact(ctx, (tx) => ctx.enqueue(tx, 'engine.beat', {}));
}
