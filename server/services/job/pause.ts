import { updateJob } from '../../../db/queries/jobs.ts';
import { record } from '../log/record.ts';
import { jobTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeJob } from './change.ts';

/** Starts nothing new; what runs goes on. Rule: section 10 (Pause). */
export const pauseJob = verb(
  'job.pause',
  (ctx, actor, { id }: { id: number }) =>
    changeJob(ctx, id, 'pause', async (tx, _job, now) => {
      const problem = {
        code: 'paused',
        sentence: `Paused by ${actor.name}: nothing new starts until somebody resumes it.`,
      };
      await updateJob(tx, id, { status: 'paused', problem });
      await record(tx, { now, actor: actor.name }, 'job.paused', [id]);
    }),
  jobTargets,
);
