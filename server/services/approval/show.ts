import { decisionsOf, findApproval, planSummaries } from '../../../db/queries/approvals.ts';
import { findJob } from '../../../db/queries/jobs.ts';
import { listTaskViews } from '../../../db/queries/lists.ts';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { one, releaseViews } from '../../../db/queries/views.ts';
import { Refusal } from '../../contracts/errors.ts';
import { startBy } from '../../domain/approved-plan.ts';
import { notesOfPlan } from '../install/notes.ts';
import { verb } from '../verb.ts';

const EVERY_HOST = 1_000_000;

/** A request with its exact plan, what changes on each host, and every click on it with its answer. Rule: section 11. */
export const showApproval = verb('approval.read', async (ctx, _actor, { id }: { id: number }) => {
  const view = await one(approvalViews, ctx.db, id);
  const row = await findApproval(ctx.db, id);
  const job = row && (await findJob(ctx.db, row.jobId));
  const release = job && (await one(releaseViews, ctx.db, job.releaseId));
  if (!view || !row || !job || !release) {
    throw new Refusal('not_found', `There is no approval ${id}. List them with GET /api/v1/approvals.`);
  }
  const tasks = await listTaskViews(ctx.db, job.id, EVERY_HOST);
  const summary = (await planSummaries(ctx.db, [job.id])).get(job.id);
  const decisions = await decisionsOf(ctx.db, id, false);
  const approvedAt = row.state === 'approved' ? row.endedAt : null;
  return {
    approval: view,
    startBy: approvedAt === null ? null : startBy(approvedAt, row),
    plan: {
      hash: row.planHash,
      releaseDigest: row.plan.releaseDigest,
      policy: job.plan,
      reason: job.reason,
      waves: summary?.waves ?? [],
      environments: summary?.environments ?? [],
      notes: await notesOfPlan(ctx.db, release, tasks),
      hosts: tasks.map(({ hostId, hostName: name, role, environmentId, wave, fromVersion, status }) => ({
        hostId,
        name,
        role,
        environmentId,
        wave,
        fromVersion,
        toVersion: view.version,
        changes: status !== 'skipped',
      })),
    },
    decisions: decisions.map(({ by, roles, verdict, reason, at, result }) => ({
      by,
      roles,
      verdict,
      reason,
      at,
      result,
    })),
  };
});
