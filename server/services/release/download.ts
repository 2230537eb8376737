import { findJob, lockJob, updateJob, type JobRow } from '../../../db/queries/jobs.ts';
import { findRelease, hasActiveEntry, orphanedDownloads, updateRelease } from '../../../db/queries/releases.ts';

export { downloadLockClass } from '../../../db/queries/releases.ts';
import { transact } from '../../../db/transact.ts';
import type { Reason } from '../../domain/reason.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { HookSpecs } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';
import { packagePath } from './package-path.ts';

/** What a worker needs to fetch the package of a download job; null when there is nothing left to do. */
export async function downloadOrder(ctx: Context, jobId: number) {
  const job = await findJob(ctx.db, jobId);
  if (!job || jobHasEnded(job.status)) return null;
  const found = await findRelease(ctx.db, job.releaseId);
  if (!found) return null;
  return { job, ...found, path: packagePath(ctx.config, found.product.name, found.release) };
}

/**
 * Starts a queued download, or goes on with one that runs. False: its release has no active entry any more, and the job
 * is refused at its start. Rule: section 4 (Demote).
 */
export async function startDownload(ctx: Context, jobId: number): Promise<boolean> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (job?.status !== 'queued') return true;
    if (!(await hasActiveEntry(tx, job.releaseId))) {
      await settle(tx, job, { status: 'failed', problem: NOT_ACTIVE }, now);
      return false;
    }
    await updateJob(tx, jobId, { status: 'running', startedAt: now });
    await record(tx, { now, actor: signalboxActor.name }, 'job.started', [jobId]);
    return true;
  });
}

const NOT_ACTIVE: Reason = {
  code: 'demoted',
  sentence: 'Download refused at its start: the release is active on no channel any more. Un-demote it, and ask again.',
};

/** Stores how much has arrived; says whether somebody has cancelled the download meanwhile. */
export async function noteDownloadProgress(
  ctx: Context,
  jobId: number,
  releaseId: number,
  received: number,
): Promise<'go_on' | 'cancel'> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (!job || job.status !== 'running') return 'cancel' as const;
    await updateRelease(tx, releaseId, { received });
    await record(tx, { now, actor: signalboxActor.name }, 'release.download_progressed', [releaseId]);
    return 'go_on' as const;
  });
}

export type DownloadEnd =
  { status: 'succeeded'; hooks: HookSpecs } | { status: 'failed'; problem: Reason } | { status: 'cancelled' };

/** Ends a download job, once. A failed download goes back to `available`, with the reason shown. Rule: section 3. */
export async function endDownload(ctx: Context, jobId: number, end: DownloadEnd): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (job && !jobHasEnded(job.status)) await settle(tx, job, end, now);
  });
}

async function settle(tx: Transaction, job: JobRow, end: DownloadEnd, now: number): Promise<void> {
  const occasion = { now, actor: signalboxActor.name };
  const problem = end.status === 'failed' ? end.problem : null;
  await updateJob(tx, job.id, { status: end.status, problem, endedAt: now });
  await updateRelease(
    tx,
    job.releaseId,
    end.status === 'succeeded'
      ? { package: 'present', downloadedAt: now, hooks: end.hooks, downloadProblem: null }
      : { package: 'absent', received: 0, downloadProblem: problem },
  );
  const kind = end.status === 'succeeded' ? 'release.downloaded' : 'release.download_failed';
  await record(tx, occasion, kind, [job.releaseId], problem ? { code: problem.code } : { outcome: end.status });
  await record(tx, occasion, 'job.ended', [job.id]);
}

/** Downloads that nobody is at work on although they should be. */
export function findOrphanedDownloads(ctx: Context): Promise<number[]> {
  return orphanedDownloads(ctx.db);
}
