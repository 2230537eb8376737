import { insertRecallJob, type StandingRow } from '../../../db/queries/recalls.ts';
import type { Context, Transaction } from '../context.ts';
import type { Requester } from '../approval/request.ts';
import { fullPlan } from '../install/facts.ts';
import { createJob } from '../job/create.ts';
import type { Occasion } from '../log/record.ts';
import { signalboxActor } from '../verb.ts';
import type { RecallFacts } from './facts.ts';
import { jobsOf, type PlannedRollOff } from './plan.ts';

/** Makes the jobs of what can start, in the name of their recall, or of `by`. Answers with their ids. Rule: section 9. */
export async function startRollOffs(
  ctx: Context,
  tx: Transaction,
  { now }: Occasion,
  { product, recalls }: RecallFacts,
  plans: readonly PlannedRollOff[],
  by: Requester | null = null,
): Promise<number[]> {
  const ids: number[] = [];
  for (const { recallId, target, hosts, leftOut } of jobsOf(plans)) {
    const recall = recalls.find(({ id }) => id === recallId)!;
    const requester = by ?? requesterOf(recall);
    const values = {
      kind: 'roll-off' as const,
      productId: product.id,
      releaseId: target.releaseId,
      status: 'queued' as const,
      plan: fullPlan(ctx),
      requestedBy: requester.name,
      reason: `Recall ${recall.id}: ${recall.reason}`,
      leftOut,
      createdAt: now,
    };
    const jobHosts = { hosts, skipped: new Set<number>(), version: target.version };
    const occasion = { now, actor: requester.name };
    const id = await createJob(ctx, tx, occasion, requester, jobHosts, values, { recall: recall.id });
    await insertRecallJob(tx, recall.id, id);
    ids.push(id);
  }
  return ids;
}

/** Who opened a recall answers for its roll-offs, whenever they start; for those of a stage Signalbox does. */
function requesterOf({ evaluationId, openedBy, openedById }: StandingRow): Requester {
  if (evaluationId !== null) return signalboxActor;
  return { kind: openedById === null ? 'token' : 'person', id: openedById, name: openedBy };
}
