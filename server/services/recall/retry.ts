import type { JobRow } from '../../../db/queries/jobs.ts';
import { insertRecallJob, recallOfJob } from '../../../db/queries/recalls.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import type { LeftOut } from '../../domain/install-request.ts';
import type { JobView } from '../../domain/views.ts';
import type { Requester } from '../approval/request.ts';
import type { Context } from '../context.ts';
import { createJob } from '../job/create.ts';
import { retriedHosts } from '../job/retried-hosts.ts';

/** A roll-off that did not get everywhere, tried again where it did not: it stays one, of its recall. Rule: section 10 (Retry). */
export async function retryRollOff(
  ctx: Context,
  requester: Requester,
  job: JobRow,
  hostIds: readonly number[],
  lost: readonly LeftOut[],
): Promise<JobView> {
  const occasion = { now: ctx.clock.now(), actor: requester.name };
  return transact(ctx, async (tx) => {
    const { version } = (await findRelease(tx, job.releaseId))!.release;
    const { hosts, leftOut } = await retriedHosts(tx, job, hostIds);
    const skipped = new Set(hosts.filter(({ alreadyThere }) => alreadyThere).map(({ id }) => id));
    const recallId = await recallOfJob(tx, job.id);
    const values = {
      kind: 'roll-off' as const,
      productId: job.productId,
      releaseId: job.releaseId,
      status: 'queued' as const,
      plan: job.plan,
      requestedBy: requester.name,
      reason: job.reason,
      parentJobId: job.id,
      leftOut: [...lost, ...leftOut],
      createdAt: occasion.now,
    };
    const id = await createJob(ctx, tx, occasion, requester, { hosts, skipped, version }, values, { retryOf: job.id });
    if (recallId !== undefined) await insertRecallJob(tx, recallId, id);
    return (await jobViews(tx, [id]))[0] as JobView;
  });
}
