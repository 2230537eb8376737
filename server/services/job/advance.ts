import { lockJob } from '../../../db/queries/jobs.ts';
import { transact } from '../../../db/transact.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { Context } from '../context.ts';
import { judgeJob } from './judge.ts';

/** Looks at one job again. Looking twice changes nothing. */
export async function advanceJob(ctx: Context, jobId: number): Promise<void> {
  await transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (job && job.kind !== 'download' && !jobHasEnded(job.status)) await judgeJob(ctx, tx, job, ctx.clock.now());
  });
}
