import type { JobRow } from '../../../db/queries/jobs.ts';
import { lastGlass } from '../../../db/queries/approvals.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { LeftOut } from '../../domain/install-request.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import type { Requester } from '../approval/request.ts';
import { retriedHosts } from '../job/retried-hosts.ts';
import { createRollbackJob } from './create-job.ts';

/** A rollback that did not get everywhere, tried again where it did not: it stays a rollback, to the same release. Rule: section 10 (Retry). */
export async function retryRollback(
  ctx: Context,
  requester: Requester,
  job: JobRow,
  hostIds: readonly number[],
  lost: readonly LeftOut[],
): Promise<JobView> {
  const occasion = { now: ctx.clock.now(), actor: requester.name };
  return transact(ctx, async (tx) => {
    const glass = await lastGlass(tx, job.id);
    // Made under it: the target is fixed and not judged again, so the retry would be a second use.
    if (glass && glass.openedAt === job.createdAt) throw madeUnderGlass(job);
    const { version } = (await findRelease(tx, job.releaseId))!.release;
    const { hosts, leftOut } = await retriedHosts(tx, job, hostIds);
    const id = await createRollbackJob(ctx, tx, occasion, requester, {
      target: { releaseId: job.releaseId, version },
      tasks: hosts.map((host) => ({ ...host, skip: host.alreadyThere })),
      leftOut: [...lost, ...leftOut],
      policy: job.plan,
      reason: job.reason,
      parent: job,
    });
    return (await jobViews(tx, [id]))[0] as JobView;
  });
}

function madeUnderGlass({ id, parentJobId }: JobRow): Refusal {
  const why = 'it went across a required release by break-glass, which has had its one use.';
  const next = `An admin may roll back job ${parentJobId} again with break-glass.`;
  return new Refusal('refused', `Retry of job ${id} refused: ${why} ${next}`, { reason: 'break_glass_used' });
}
