import { jobOfApproval } from '../../../db/queries/approvals.ts';
import type { Target } from '../../domain/permission.ts';
import type { Context } from '../context.ts';
import { jobTargets } from '../targets.ts';

/** The job whose plan waits. */
export async function approvalTargets(ctx: Context, { id }: { id: number }): Promise<readonly Target[]> {
  const jobId = await jobOfApproval(ctx.db, id);
  return jobId === undefined ? [] : jobTargets(ctx, { id: jobId });
}
