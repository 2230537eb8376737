import { jobViews } from '../../../db/queries/views.ts';
import { incidentCause } from '../../domain/incident.ts';
import type { JobEnd } from '../../domain/job-outcome.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';
import type { Occasion } from '../log/record.ts';
import { contain } from '../rollback/contain.ts';
import { noteRecovery, openIncident } from './open.ts';

/** What follows in the transaction in which a job halts or ends: its incident, that of its parents, and what a failed rollback asks for. */
export async function followJob(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  jobId: number,
  state: JobEnd | 'halted',
): Promise<void> {
  const job = (await jobViews(tx, [jobId]))[0] as JobView;
  const cause = incidentCause({ ...job, state });
  if (cause) await openIncident(tx, occasion, job, cause);
  if (state === 'halted') return;
  await noteRecovery(tx, occasion, job);
  if (cause && job.kind === 'rollback') await contain(ctx, tx, occasion, job, cause);
}
