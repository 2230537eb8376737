import { saidLately } from '../../../db/queries/health.ts';
import { noteGood, noteUnhealthy, type HistoryRow } from '../../../db/queries/history.ts';
import type { JobRow } from '../../../db/queries/jobs.ts';
import { findTask } from '../../../db/queries/tasks.ts';
import { isUnharmed } from '../../domain/host-health.ts';
import { historyNote, type Remembered } from '../../domain/known-good.ts';
import type { Transaction } from '../context.ts';

/** Stores what the end of a task tells about its release on its host, in the transaction that ends it. Rule: section 9. */
export async function noteHistory(tx: Transaction, job: JobRow, taskId: number, now: number): Promise<void> {
  const task = await findTask(tx, taskId);
  if (!task) return;
  const failedStep = task.steps.findLast(({ outcome }) => outcome === 'failed')?.step ?? null;
  const note = historyNote(task.status, failedStep);
  const where = { hostId: task.hostId, productId: job.productId, releaseId: job.releaseId };
  if (note === 'good') await noteGood(tx, where, now, await isWellThere(tx, where, now));
  if (note === 'unhealthy') await noteUnhealthy(tx, job.releaseId, [task.hostId]);
}

/** Succeeded, and yet in ERROR: it is known-good from the moment on in which the host says that it is healthy. */
async function isWellThere(
  tx: Transaction,
  { hostId, productId }: { hostId: number; productId: number },
  now: number,
): Promise<boolean> {
  const said = await saidLately(tx, productId, [{ hostId, since: now }]);
  return isUnharmed(true, said.get(hostId)?.at(-1), now);
}

/** A row as the rules take it. A row is there for what succeeded. */
export function remembered<Row extends HistoryRow>(row: Row): Row & Remembered {
  return { ...row, succeeded: true };
}
