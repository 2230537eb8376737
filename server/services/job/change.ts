import { lockJob, type JobRow } from '../../../db/queries/jobs.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { judgeDownloadVerb, judgeJobVerb, type JobVerb } from '../../domain/task-transition.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';

/** Takes the job's lock, asks the tables of states and kinds whether it takes this verb, and changes it. Rule: section 10. */
export async function changeJob(
  ctx: Context,
  jobId: number,
  jobVerb: JobVerb,
  change: (tx: Transaction, job: JobRow, now: number) => Promise<void>,
): Promise<JobView> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (!job) throw noSuchJob(jobVerb, jobId);
    const decision = (job.kind === 'download' ? judgeDownloadVerb : judgeJobVerb)(job.status, jobVerb);
    if (!decision.allowed) {
      throw new Refusal('stale', `Job ${jobId}: ${decision.refusal.sentence}`, { reason: decision.refusal.code });
    }
    await change(tx, job, now);
    return (await jobViews(tx, [jobId]))[0] as JobView;
  });
}

export function noSuchJob(what: string, jobId: number): Refusal {
  return new Refusal('not_found', `${what} refused: there is no job ${jobId}. List them with GET /jobs.`);
}
