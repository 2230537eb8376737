import { insertApproval, touchedOn } from '../../../db/queries/approvals.ts';
import { lockJob, rolloutRows, type JobRow } from '../../../db/queries/jobs.ts';
import { expiresAt } from '../../domain/approval.ts';
import type { Context, Transaction } from '../context.ts';
import { judgeJob } from '../job/judge.ts';
import { record, type Occasion } from '../log/record.ts';
import type { Actor } from '../verb.ts';
import { windowNamed } from '../window/named.ts';
import { exactPlan } from './exact-plan.ts';
import { approvalNeeded } from './needed.ts';

/** Who asks for a job: a person is told apart by id, whatever others are called. */
export type Requester = Pick<Actor, 'kind' | 'id' | 'name'>;

/** Ids of tokens are none of persons. Null: it was no person. */
export function personId({ kind, id }: Requester): number | null {
  return kind === 'person' ? id : null;
}

/**
 * Asks for approval of a job that was just made, with its tasks, if a rule wants it: from then on the job is
 * `waiting_approval`. False: nobody has to agree, or nothing is to be done. Rule: section 11.
 */
export async function requestApproval(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  requester: Requester,
  job: Pick<JobRow, 'id' | 'kind' | 'productId' | 'windowOverride'>,
): Promise<boolean> {
  const idle = (await rolloutRows(tx, job.id)).every(({ status }) => status !== 'pending');
  const rule = idle ? null : await approvalNeeded(tx, job.kind, await touchedOn(tx, job.productId, { jobId: job.id }));
  if (!rule) return false;
  const { plan, hash } = await exactPlan(tx, job.id);
  const { required, roles, allowSelf, expiresAfterMs, startWithinMs } = rule;
  const policy = { required, roles, allowSelf, expiresAfterMs };
  const id = await insertApproval(tx, {
    jobId: job.id,
    rule: rule.name,
    policy,
    startWithinMs,
    ...(await windowNamed(tx, job, occasion.now)),
    plan,
    planHash: hash,
    requester: requester.name,
    requesterId: personId(requester),
    requestedAt: occasion.now,
    expiresAt: expiresAt({ requestedAt: occasion.now, policy }),
  });
  await record(tx, occasion, 'approval.requested', [id]);
  await judgeJob(ctx, tx, (await lockJob(tx, job.id)) as JobRow, occasion.now);
  return true;
}
