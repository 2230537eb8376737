import { scheduleChecks, takeDueClients } from '../../../db/queries/clients.ts';
import { rolloutsInFlight, takeDueJobs } from '../../../db/queries/jobs.ts';
import { takeDuePipelines } from '../../../db/queries/pipelines.ts';
import { takeDueFeeds } from '../../../db/queries/releases.ts';
import { undispatchStale } from '../../../db/queries/tasks.ts';
import { transact } from '../../../db/transact.ts';
import { nextCheckAt } from '../../domain/check-schedule.ts';
import type { Context, Transaction } from '../context.ts';
import { wakePipeline } from '../pipeline/wake.ts';

/** A look that was asked for and lost with its process is asked for again within this part of the interval. */
const LOOKS_LOST_WITHIN = 4;

/** Puts what is due into the queues: jobs and pipelines whose instant has come, feeds and clients whose interval is over. */
export async function enqueueDue(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    for (const jobId of await takeDueJobs(tx, now)) await ctx.enqueue(tx, 'job.advance', { jobId });
    const feeds = await takeDueFeeds(tx, now, now + ctx.config.feedCheckMs);
    for (const productId of feeds) await ctx.enqueue(tx, 'feed.check', { productId });
    await enqueueClientChecks(ctx, tx, now);
    const pipelines = await takeDuePipelines(tx, now, now + ctx.config.pipelineMs / LOOKS_LOST_WITHIN);
    for (const productId of pipelines) await wakePipeline(ctx, tx, productId);
  });
}

/** Thousands that are due at once come in turns: a tick is half a second away. */
const clientsPerTick = 500;

async function enqueueClientChecks(ctx: Context, tx: Transaction, now: number): Promise<void> {
  const due = await takeDueClients(tx, now, clientsPerTick);
  const next = due.map(({ id, checkEveryMs }) => ({ id, checkDueAt: nextCheckAt(now, checkEveryMs, id) }));
  await scheduleChecks(tx, next);
  for (const { id } of due) await ctx.enqueue(tx, 'client.check', { clientId: id });
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
