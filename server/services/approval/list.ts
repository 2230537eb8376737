import { planSummaries } from '../../../db/queries/approvals.ts';
import { approvalList, approvalsWhere, type ApprovalListFilter } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';

type ListApprovals = ApprovalListFilter & SortedInput<keyof typeof approvalList.columns>;

/** Newest first, unless another order is asked for, each with what its plan touches. */
export const listApprovals = verb('approval.read', async (ctx, _actor, input: ListApprovals) => {
  const { items, ...places } = await sortedPage(
    input,
    '-requested',
    (seek, limit) => sortedIds(ctx.db, approvalList, approvalsWhere(input), seek, limit),
    (ids) => approvalViews(ctx.db, ids),
  );
  const plans = await planSummaries(
    ctx.db,
    items.map(({ jobId }) => jobId),
  );
  const nothing = { hosts: 0, waves: [], environments: [] };
  return { items: items.map((item) => ({ ...item, plan: plans.get(item.jobId) ?? nothing })), ...places };
});
