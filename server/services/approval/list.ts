import { planSummaries } from '../../../db/queries/approvals.ts';
import { listApprovalViews } from '../../../db/queries/lists.ts';
import type { ApprovalState } from '../../domain/approval.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListApprovals {
  state?: ApprovalState | undefined;
  jobId?: number | undefined;
  after?: string | undefined;
  limit: number;
}

/** Newest first, each with what its plan touches. */
export const listApprovals = verb('approval.read', async (ctx, _actor, { after, limit, ...filter }: ListApprovals) => {
  const [before] = keysAfter(pageKeys.position, after) ?? [];
  const { items, next } = pageOf(await listApprovalViews(ctx.db, filter, before, limit + 1), limit, ({ id }) => [id]);
  const plans = await planSummaries(
    ctx.db,
    items.map(({ jobId }) => jobId),
  );
  const nothing = { hosts: 0, waves: [], environments: [] };
  return { items: items.map((item) => ({ ...item, plan: plans.get(item.jobId) ?? nothing })), next };
});
