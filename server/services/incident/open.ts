import { insertIncident, reopenIncident, touchIncidentsAbove } from '../../../db/queries/incidents.ts';
import type { Reason } from '../../domain/reason.ts';
import type { JobView } from '../../domain/views.ts';
import type { Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';

type OfJob = Pick<JobView, 'id' | 'productId'>;

/** Opens the incident of a job, in the transaction that makes it one. A job has one: whatever else goes wrong is the same trouble. */
export async function openIncident(tx: Transaction, occasion: Occasion, job: OfJob, cause: Reason): Promise<void> {
  const values = { jobId: job.id, productId: job.productId, cause, openedAt: occasion.now };
  const id = await insertIncident(tx, values);
  if (id !== null) await record(tx, occasion, 'incident.opened', [id], { code: cause.code });
}

/** As `openIncident`, and what was acknowledged or resolved is open again: there is no way back for the host yet. */
export async function escalateIncident(
  tx: Transaction,
  occasion: Occasion,
  job: OfJob,
  cause: Reason,
): Promise<number> {
  const values = { jobId: job.id, productId: job.productId, cause, openedAt: occasion.now };
  const opened = await insertIncident(tx, values);
  const id = opened ?? ((await reopenIncident(tx, job.id, cause)) as number);
  await record(tx, occasion, 'incident.opened', [id], { code: cause.code, again: opened === null });
  return id;
}

/** Writes into the incidents of its parents that a retry or a rollback was asked for, halted or ended. */
export async function noteRecovery(tx: Transaction, occasion: Occasion, job: JobView): Promise<void> {
  if (job.parentJobId === null) return;
  const noted = await touchIncidentsAbove(tx, job.id);
  const { id, kind, status, version } = job;
  await record(tx, occasion, 'incident.noted', noted, { job: id, jobKind: kind, status, version });
}
