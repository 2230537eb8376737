import type { JobRow } from '../../../db/queries/jobs.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import type { Requester } from '../approval/request.ts';
import { installHosts } from '../install/facts.ts';
import { createRollbackJob } from './create-job.ts';

/** A rollback that did not get everywhere, tried again where it did not: it stays a rollback, to the same release. Rule: section 10 (Retry). */
export async function retryRollback(
  ctx: Context,
  requester: Requester,
  job: JobRow,
  hostIds: readonly number[],
): Promise<JobView> {
  const occasion = { now: ctx.clock.now(), actor: requester.name };
  return transact(ctx, async (tx) => {
    const { version } = (await findRelease(tx, job.releaseId))!.release;
    const hosts = await installHosts(tx, job.productId, job.releaseId, hostIds);
    const id = await createRollbackJob(ctx, tx, occasion, requester, {
      target: { releaseId: job.releaseId, version },
      tasks: hosts.map((host) => ({ ...host, skip: host.alreadyThere })),
      policy: job.plan,
      reason: job.reason,
      parent: job,
    });
    return (await jobViews(tx, [id]))[0] as JobView;
  });
}
