import { jobsAfter, lockJob } from '../../../db/queries/jobs.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { incidentCause } from '../../domain/incident.ts';
import type { JobEnd } from '../../domain/job-outcome.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';
import type { Occasion } from '../log/record.ts';
import { cancelRequest } from '../approval/settle.ts';
import { contain } from '../rollback/contain.ts';
import { signalboxActor } from '../verb.ts';
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
  await followPath(ctx, tx, occasion, jobId, state);
  if (cause && job.kind === 'rollback') await contain(ctx, tx, occasion, job, cause);
}

/** The later jobs of a path look again: they go now, or never. Who was asked to approve them is not asked in vain. */
async function followPath(
  ctx: Context,
  tx: Transaction,
  { now }: Occasion,
  jobId: number,
  state: JobEnd,
): Promise<void> {
  for (const id of await jobsAfter(tx, jobId)) {
    const later = state === 'succeeded' ? undefined : await lockJob(tx, id);
    if (later) await cancelRequest(tx, later, signalboxActor.name, now);
    await ctx.enqueue(tx, 'job.advance', { jobId: id });
  }
}
