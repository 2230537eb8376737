import { insertGlass, lockApprovalOf, updateApproval } from '../../../db/queries/approvals.ts';
import { lockJob, rolloutRows, updateJob, type JobRow } from '../../../db/queries/jobs.ts';
import { findPerson } from '../../../db/queries/people.ts';
import { jobViews, one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { decideOpening, obstaclesLeft } from '../../domain/break-glass.ts';
import type { Target } from '../../domain/permission.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { JobView } from '../../domain/views.ts';
import type { Transaction } from '../context.ts';
import { noSuchJob } from '../job/change.ts';
import { judgeJob } from '../job/judge.ts';
import { startObstacles } from '../job/start-obstacles.ts';
import { record, type Occasion } from '../log/record.ts';
import { jobTargets } from '../targets.ts';
import { verb, type Actor } from '../verb.ts';
import { exactPlan } from './exact-plan.ts';

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
    const occasion = { now, actor: actor.name };
    return transact(ctx, async (tx) => {
      const job = await lockJob(tx, input.id);
      if (!job) throw noSuchJob('Break-glass', input.id);
      await demandOpening(tx, actor, await jobTargets(ctx, { id: job.id }), input.reason);
      const { hash } = await exactPlan(tx, job.id);
      if (input.planHash !== undefined && !hash.startsWith(input.planHash)) {
        throw refusal('stale', 'break_glass_other_plan', job, 'its plan is another by now. Look at it again.');
      }
      await demandObstacle(tx, job, now);
      await insertGlass(tx, { jobId: job.id, planHash: hash, by: actor.name, reason: input.reason, openedAt: now });
      await tell(tx, occasion, job, input.reason);
      await judgeJob(ctx, tx, (await lockJob(tx, job.id)) as JobRow, now);
      return (await one(jobViews, tx, job.id)) as JobView;
    });
  },
  jobTargets,
);

/** Who is admin now, whatever they were when they signed in. */
async function demandOpening(tx: Transaction, actor: Actor, targets: readonly Target[], reason: string): Promise<void> {
  const person = actor.id === null ? undefined : await findPerson(tx, actor.id);
  for (const target of targets) {
    const decision = decideOpening({ kind: actor.kind, grants: person?.grants ?? [] }, target, reason);
    if (decision.allowed) continue;
    const { code, sentence } = decision.refusal;
    throw new Refusal(code === 'reason_missing' ? 'refused' : 'not_permitted', sentence, { reason: code });
  }
}

/** Glass that is broken for nothing would pass the next hold unseen. */
async function demandObstacle(tx: Transaction, job: JobRow, now: number): Promise<void> {
  if (jobHasEnded(job.status)) throw refusal('stale', 'job_ended', job, `it is ${job.status}. Ask for a new one.`);
  const rows = job.kind === 'download' ? [] : await rolloutRows(tx, job.id);
  const { refusals, heldBy } = await startObstacles(tx, job, rows, now);
  const [left] = obstaclesLeft(refusals);
  if (left) throw refusal('refused', left.code, job, `it would still be stopped. ${left.sentence}`);
  if (refusals.length === 0 && heldBy.size === 0) {
    throw refusal('refused', 'nothing_to_pass', job, 'no hold and no approval stops it.');
  }
}

function refusal(code: 'refused' | 'stale', reason: string, { id }: JobRow, why: string): Refusal {
  return new Refusal(code, `Break-glass of job ${id} refused: ${why}`, { reason });
}

async function tell(tx: Transaction, occasion: Occasion, job: JobRow, reason: string): Promise<void> {
  const approval = await lockApprovalOf(tx, job.id);
  if (approval) {
    await updateApproval(tx, approval.id, {});
    return record(tx, occasion, 'approval.glass_broken', [approval.id], { reason });
  }
  await updateJob(tx, job.id, {});
  await record(tx, occasion, 'job.glass_broken', [job.id], { reason });
}
