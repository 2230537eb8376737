import { insertHold } from '../../../db/queries/holds.ts';
import { endPendingTasks, lockJob, rolloutRows, updateJob } from '../../../db/queries/jobs.ts';
import { findProduct } from '../../../db/queries/releases.ts';
import { environmentsHeldBy, environmentsOfJob } from '../../../db/queries/rollbacks.ts';
import type { Reason } from '../../domain/reason.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';

type OfJob = Pick<JobView, 'id' | 'kind' | 'productId' | 'parentJobId' | 'requestedBy'>;

/**
 * What a rollback asks for that cannot be had or failed: the job that still runs is halted, and the product is held in the
 * environments of `job`. Its incident is the caller's to open. Answers with the holds it put. Rule: section 9 (Rollback).
 */
export async function contain(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  job: OfJob,
  cause: Reason,
): Promise<number[]> {
  const running = job.kind === 'rollback' ? job.parentJobId : job.id;
  if (running !== null) await haltJob(ctx, tx, occasion, running, cause);
  return holdProduct(tx, occasion, job, cause);
}

/** Nothing of the job starts any more; what runs goes on to its end, and the job fails with it. */
async function haltJob(ctx: Context, tx: Transaction, occasion: Occasion, jobId: number, cause: Reason): Promise<void> {
  const job = await lockJob(tx, jobId);
  if (!job || job.kind === 'download' || jobHasEnded(job.status)) return;
  const pending = (await rolloutRows(tx, jobId)).filter(({ status }) => status === 'pending').map(({ id }) => id);
  const problem = { code: 'halted', sentence: `Halted: ${cause.sentence}` };
  const ended = await endPendingTasks(tx, pending, { status: 'not_started', problem, now: occasion.now });
  await record(tx, occasion, 'task.ended', ended);
  await updateJob(tx, jobId, { problem });
  await record(tx, occasion, 'job.halted', [jobId]);
  await ctx.enqueue(tx, 'job.advance', { jobId });
}

async function holdProduct(tx: Transaction, occasion: Occasion, job: OfJob, { sentence }: Reason): Promise<number[]> {
  const product = await findProduct(tx, job.productId);
  const held = await environmentsHeldBy(tx, job.id);
  const ids: number[] = [];
  for (const environment of await environmentsOfJob(tx, job.id)) {
    if (!product || held.includes(environment)) continue;
    const hold = { product: product.name, environment, reason: sentence, owner: ownerOf(occasion, job) };
    ids.push(await insertHold(tx, { ...hold, createdAt: occasion.now, createdBy: occasion.actor, causeJobId: job.id }));
  }
  await record(tx, occasion, 'hold.created', ids);
  return ids;
}

/** Somebody answers for every hold: who asks now, or who asked for the rollback that failed. Rule: section 12. */
function ownerOf({ actor }: Occasion, { kind, requestedBy }: OfJob): string {
  return kind === 'rollback' ? requestedBy : actor;
}
