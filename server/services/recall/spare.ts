import { endPendingTasks, type JobRow } from '../../../db/queries/jobs.ts';
import { pendingOf, recallsStanding } from '../../../db/queries/recalls.ts';
import { sparedReason } from '../../domain/recall-request.ts';
import { cancelRequest } from '../approval/settle.ts';
import type { Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';

/**
 * Takes hosts out of a roll-off that has not come to them and has nothing left to do there: the recall is over, or they
 * run something else by now. Under the job's lock, before its tasks start. True: some were. Rule: section 9.
 */
export async function spareHosts(tx: Transaction, occasion: Occasion, job: JobRow): Promise<boolean> {
  if (job.kind !== 'roll-off') return false;
  const recalls = await recallsStanding(tx, job.productId);
  const pending = await pendingOf(tx, job.id, job.productId);
  const spared: number[] = [];
  for (const host of pending) {
    const problem = sparedReason(host, recalls);
    if (!problem) continue;
    spared.push(...(await endPendingTasks(tx, [host.taskId], { status: 'cancelled', problem, now: occasion.now })));
  }
  await record(tx, occasion, 'task.ended', spared, { status: 'cancelled' });
  if (spared.length > 0 && spared.length === pending.length) await cancelRequest(tx, job, occasion.actor, occasion.now);
  return spared.length > 0;
}
