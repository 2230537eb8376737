import { rolloutsInFlight } from '../../../db/queries/jobs.ts';
import type { Context, Transaction } from '../context.ts';

/** Every job in flight is judged again: something around them has changed, and what that means is the judgement's to say. */
export async function lookAgain(ctx: Context, tx: Transaction): Promise<void> {
  for (const jobId of await rolloutsInFlight(tx)) await ctx.enqueue(tx, 'job.advance', { jobId });
}
