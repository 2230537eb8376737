import type { Reader } from '../../../db/connect.ts';
import { rolloutRows } from '../../../db/queries/jobs.ts';
import { findProduct } from '../../../db/queries/releases.ts';
import { environmentsOfJob } from '../../../db/queries/rollbacks.ts';
import { lastEnd, tasksIn } from '../../../db/queries/slack-facts.ts';
import { approvalOf, approvalViews, incidentOf, incidentViews } from '../../../db/queries/steering-views.ts';
import { jobViews, one, releaseViews } from '../../../db/queries/views.ts';
import { estimateEnd } from '../../domain/estimate.ts';
import { judgeRetry } from '../../domain/job-outcome.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { JobView, ReleaseView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { rollbackFacts } from '../rollback/facts.ts';
import { planJobRollback } from '../rollback/plan.ts';
import { serverUrl } from '../server-url.ts';
import { failingHosts, NAMED_HOSTS } from './failing.ts';

/** What a job's card is made of, but for `throttledAt`; null: there is no such job. */
export async function jobFacts(ctx: Context, jobId: number) {
  const found = await jobAndRelease(ctx.db, jobId);
  if (!found) return null;
  const { job } = found;
  const url = `${serverUrl(ctx.config)}/jobs/${jobId}`;
  const running = job.counts.running > 0 ? await tasksIn(ctx.db, jobId, ['running'], NAMED_HOSTS) : [];
  return {
    ...found,
    environments: await environmentsOfJob(ctx.db, jobId),
    ...(await failingHosts(ctx.db, job, url)),
    running: running.map(({ hostName: name, step }) => ({ name, step })),
    approval: (await approvalViews(ctx.db, approvalOf(jobId)))[0] ?? null,
    incident: (await incidentViews(ctx.db, incidentOf(jobId)))[0] ?? null,
    etaAt: await etaOf(ctx.db, job),
    ...(await waysOut(ctx.db, job, ctx.clock.now())),
    url,
  };
}

export async function jobAndRelease(
  reader: Reader,
  jobId: number,
): Promise<{ job: JobView; product: string; release: ReleaseView } | null> {
  const job = await one(jobViews, reader, jobId);
  const product = job && (await findProduct(reader, job.productId));
  const release = job && (await one(releaseViews, reader, job.releaseId));
  return job && product && release ? { job, product: product.name, release } : null;
}

/** Only of what runs: whatever it waits for, nobody knows for how long. */
async function etaOf(reader: Reader, { id, status, startedAt, counts }: JobView): Promise<number | null> {
  if (status !== 'running') return null;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const done = total - counts.pending - counts.running;
  return estimateEnd({ startedAt, lastEndAt: done === 0 ? null : await lastEnd(reader, id), done, total });
}

/** Whether a rollback or a retry of the job could do something now, as their own rules say. Rules: sections 9, 10. */
export async function waysOut(reader: Reader, job: JobView, now: number) {
  if (job.kind === 'download') return { canRollBack: false, canRetry: job.status === 'failed' };
  const bad = job.counts.failed + job.counts.unreachable > 0;
  if (!bad && job.counts.not_started === 0) return { canRollBack: false, canRetry: false };
  const canRollBack = bad && planJobRollback(await rollbackFacts(reader, job, now), { id: job.id }).refusal === null;
  return { canRollBack, canRetry: jobHasEnded(job.status) && (await mayRetry(reader, job)) };
}

async function mayRetry(reader: Reader, { id, status }: JobView): Promise<boolean> {
  const tasks = (await rolloutRows(reader, id)).map((row) => ({ host: row.hostName, status: row.status }));
  return judgeRetry({ status, tasks }).allowed;
}
