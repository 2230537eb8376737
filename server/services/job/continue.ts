import { rolloutRows, updateJob } from '../../../db/queries/jobs.ts';
import { Refusal } from '../../contracts/errors.ts';
import { judgeRollout } from '../../domain/rollout.ts';
import { record } from '../log/record.ts';
import { jobTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeJob } from './change.ts';
import { factsOf } from './judge.ts';
import { startObstacles } from './start-obstacles.ts';

export interface ContinueInput {
  id: number;
  /** The wave that the person saw waiting; another one by now is not started. */
  wave?: number | undefined;
}

/** Lets the manual wave that waits start. Rule: section 10 (Waves). */
export const continueJob = verb(
  'job.pause',
  (ctx, actor, { id, wave }: ContinueInput) =>
    changeJob(ctx, id, 'continue', async (tx, job, now) => {
      const rows = await rolloutRows(tx, id);
      const decision = judgeRollout(await factsOf(tx, job, rows, await startObstacles(tx, job, rows, now), now), now);
      const waiting = decision.reasons.find(({ code }) => code === 'manual_wave');
      if (!waiting || decision.wave === null) {
        const why = decision.reasons[0]?.sentence ?? 'nothing waits.';
        throw new Refusal('stale', `Continue of job ${id} refused: no manual wave waits. ${why}`, {
          reason: 'no_manual_wave',
        });
      }
      if (wave !== undefined && wave !== decision.wave) {
        throw new Refusal(
          'stale',
          `Continue of job ${id} refused: wave ${wave} does not wait any more, wave ${decision.wave} does. Look at the job again.`,
          {
            reason: 'other_wave',
          },
        );
      }
      await updateJob(tx, id, { continuedWaves: [...job.continuedWaves, decision.wave] });
      await record(tx, { now, actor: actor.name }, 'job.continued', [id], { wave: decision.wave });
      await ctx.enqueue(tx, 'job.advance', { jobId: id });
    }),
  jobTargets,
);
