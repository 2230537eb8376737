import { insertGlass, lockApprovalOf, updateApproval } from '../../../db/queries/approvals.ts';
import { lockJob, updateJob, type JobRow } from '../../../db/queries/jobs.ts';
import { findPerson } from '../../../db/queries/people.ts';
import { Refusal } from '../../contracts/errors.ts';
import { decideOpening } from '../../domain/break-glass.ts';
import type { Target } from '../../domain/permission.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Context, Transaction } from '../context.ts';
import { judgeJob } from '../job/judge.ts';
import { record, type Occasion } from '../log/record.ts';
import type { Actor } from '../verb.ts';
import { exactPlan } from './exact-plan.ts';

/** An admin starts with it what only `required` refuses. Everybody reads the reason. */
export interface GlassInput {
  reason: string;
}

/** Throws unless this is a person who is admin now, whatever they were when they signed in, and states a reason. Rule: section 11. */
export async function demandOpening(
  tx: Transaction,
  actor: Pick<Actor, 'kind' | 'id'>,
  targets: readonly Target[],
  reason: string,
): Promise<void> {
  const person = actor.id === null ? undefined : await findPerson(tx, actor.id);
  for (const target of targets) {
    const decision = decideOpening({ kind: actor.kind, grants: person?.grants ?? [] }, target, reason);
    if (decision.allowed) continue;
    const { code, sentence } = decision.refusal;
    throw new Refusal(code === 'reason_missing' ? 'refused' : 'not_permitted', sentence, { reason: code });
  }
}

/**
 * Throws unless break-glass passes everything that refuses the request, and there is something: glass that is broken for
 * nothing would pass the next hold unseen. `left`: what refuses the same request under glass. Rule: section 11.
 */
export function demandPassable(action: string, refusal: Reason | null, left: Reason | null): void {
  if (left) throw glassRefused(action, left.code, `it would still be stopped. ${left.sentence}`);
  if (!refusal)
    throw glassRefused(action, 'nothing_to_pass', 'no required release stands in the way. Start it without.');
}

export function glassRefused(action: string, reason: string, why: string): Refusal {
  return new Refusal('refused', `Break-glass for ${action} refused: ${why}`, { reason });
}

/**
 * Breaks the glass for a job's plan as it stands now, tells everybody, and looks at the job at once. `usedAt`: the job was
 * made under it, so that no later plan of the job can use it. Rule: section 11 (Break-glass).
 */
export async function passByGlass(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  jobId: number,
  { reason, usedAt }: GlassInput & { usedAt: number | null },
): Promise<void> {
  const { now, actor } = occasion;
  const { hash } = await exactPlan(tx, jobId);
  await insertGlass(tx, { jobId, planHash: hash, by: actor, reason, openedAt: now, usedAt });
  await tell(tx, occasion, jobId, reason);
  await judgeJob(ctx, tx, (await lockJob(tx, jobId)) as JobRow, now);
}

async function tell(tx: Transaction, occasion: Occasion, jobId: number, reason: string): Promise<void> {
  const approval = await lockApprovalOf(tx, jobId);
  if (approval) {
    await updateApproval(tx, approval.id, {});
    return record(tx, occasion, 'approval.glass_broken', [approval.id], { reason });
  }
  await updateJob(tx, jobId, {});
  await record(tx, occasion, 'job.glass_broken', [jobId], { reason });
}
