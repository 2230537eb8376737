import { updateJob } from '../../../db/queries/jobs.ts';
import { record } from '../log/record.ts';
import { jobTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeJob } from './change.ts';

/** Goes on after a pause: where it stood is judged anew. Rule: section 10 (Pause). */
export const resumeJob = verb(
  'job.pause',
  (ctx, actor, { id }: { id: number }) =>
    changeJob(ctx, id, 'resume', async (tx, job, now) => {
      await updateJob(tx, id, { status: job.startedAt === null ? 'queued' : 'running', problem: null });
      await record(tx, { now, actor: actor.name }, 'job.resumed', [id]);
      await ctx.enqueue(tx, 'job.advance', { jobId: id });
    }),
  jobTargets,
);
