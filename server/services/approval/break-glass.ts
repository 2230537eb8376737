import { lockJob, rolloutRows, type JobRow } from '../../../db/queries/jobs.ts';
import { jobViews, one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { obstaclesLeft } from '../../domain/break-glass.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { JobView } from '../../domain/views.ts';
import type { Transaction } from '../context.ts';
import { noSuchJob } from '../job/change.ts';
import { startObstacles } from '../job/start-obstacles.ts';
import { jobTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { exactPlan } from './exact-plan.ts';
import { demandOpening, passByGlass } from './pass-by-glass.ts';

export interface BreakGlassInput {
  /** The job whose plan it is. */
  id: number;
  reason: string;
  /** First characters of the hash that the person saw; another plan by now is refused. */
  planHash?: string | undefined;
}

/**
 * An admin lets one exact plan pass hold, approval, window and required, for one run within an hour; recall, digest and
 * signature stay. Throws `refused` when there is nothing that it could pass. Rule: section 11 (Break-glass).
 */
export const breakGlass = verb(
  'break_glass.use',
  async (ctx, actor, input: BreakGlassInput): Promise<JobView> => {
    const now = ctx.clock.now();
    return transact(ctx, async (tx) => {
      const job = await lockJob(tx, input.id);
      if (!job) throw noSuchJob('Break-glass', input.id);
      await demandOpening(tx, actor, await jobTargets(ctx, { id: job.id }), input.reason);
      const { hash } = await exactPlan(tx, job.id);
      if (input.planHash !== undefined && !hash.startsWith(input.planHash)) {
        throw refusal('stale', 'break_glass_other_plan', job, 'its plan is another by now. Look at it again.');
      }
      await demandObstacle(tx, job, now);
      await passByGlass(ctx, tx, { now, actor: actor.name }, job.id, { reason: input.reason, usedAt: null });
      return (await one(jobViews, tx, job.id)) as JobView;
    });
  },
  jobTargets,
);

/** Glass that is broken for nothing would pass the next hold unseen. */
async function demandObstacle(tx: Transaction, job: JobRow, now: number): Promise<void> {
  if (jobHasEnded(job.status)) throw refusal('stale', 'job_ended', job, `it is ${job.status}. Ask for a new one.`);
  const rows = job.kind === 'download' ? [] : await rolloutRows(tx, job.id);
  const { refusals, heldBy } = await startObstacles(tx, job, rows, now);
  const [left] = obstaclesLeft(refusals);
  if (left) throw refusal('refused', left.code, job, `it would still be stopped. ${left.sentence}`);
  if (refusals.length === 0 && heldBy.size === 0) {
    throw refusal('refused', 'nothing_to_pass', job, 'no hold, no closed window and no approval stops it.');
  }
}

function refusal(code: 'refused' | 'stale', reason: string, { id }: JobRow, why: string): Refusal {
  return new Refusal(code, `Break-glass of job ${id} refused: ${why}`, { reason });
}
