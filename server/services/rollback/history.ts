import { noteGood, noteUnhealthy, type HistoryRow } from '../../../db/queries/history.ts';
import type { JobRow } from '../../../db/queries/jobs.ts';
import { findTask } from '../../../db/queries/tasks.ts';
import { historyNote, type Remembered } from '../../domain/known-good.ts';
import type { Transaction } from '../context.ts';

/** Stores what the end of a task tells about its release on its host, in the transaction that ends it. Rule: section 9. */
export async function noteHistory(tx: Transaction, job: JobRow, taskId: number, now: number): Promise<void> {
  const task = await findTask(tx, taskId);
  if (!task) return;
  const failedStep = task.steps.findLast(({ outcome }) => outcome === 'failed')?.step ?? null;
  const note = historyNote(task.status, failedStep);
  const where = { hostId: task.hostId, productId: job.productId, releaseId: job.releaseId };
  if (note === 'good') await noteGood(tx, where, now);
  if (note === 'unhealthy') await noteUnhealthy(tx, job.releaseId, [task.hostId]);
}

/** A row as the rules take it. A row is there for what succeeded. */
export function remembered<Row extends HistoryRow>(row: Row): Row & Remembered {
  return { ...row, succeeded: true };
}
