import { findJob, lockJob, updateJob, type JobRow } from '../../../db/queries/jobs.ts';
import {
  entriesOf,
  findRelease,
  orphanedDownloads,
  storePackage,
  updateRelease,
} from '../../../db/queries/releases.ts';

export { downloadLockClass } from '../../../db/queries/releases.ts';
import { transact } from '../../../db/transact.ts';
import { isServed, type ChannelEntry } from '../../domain/channel.ts';
import type { Reason } from '../../domain/reason.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { HookSpecs } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { record, type Occasion } from '../log/record.ts';
import { wakePipeline } from '../pipeline/wake.ts';
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
 * Starts a download that was asked for, or goes on with one whose worker is gone. One that was cancelled meanwhile ends
 * here, before anything is fetched, and so does one whose release no channel serves any more. `ended`: there is nothing
 * to do. Rules: sections 4 (Demote) and 9.
 */
export async function startDownload(ctx: Context, jobId: number): Promise<'running' | 'ended'> {
  const now = ctx.clock.now();
  const occasion = { now, actor: signalboxActor.name };
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (!job || jobHasEnded(job.status)) return 'ended' as const;
    if (job.status === 'cancelling') {
      await settle(tx, occasion, job, { status: 'cancelled' });
      return 'ended' as const;
    }
    if (job.status === 'running') return 'running' as const;
    const problem = refusalAtStart(await entriesOf(tx, job.releaseId));
    if (problem) {
      await settle(tx, occasion, job, { status: 'failed', problem });
      return 'ended' as const;
    }
    await updateJob(tx, jobId, { status: 'running', startedAt: now });
    await record(tx, occasion, 'job.started', [jobId]);
    return 'running' as const;
  });
}

/** Rules: sections 4 (Demote) and 9 (recalled). */
function refusalAtStart(entries: readonly ChannelEntry[]): Reason | null {
  if (entries.some(isServed)) return null;
  if (!entries.some(({ demoted, recalled }) => !demoted && recalled)) return NOT_ACTIVE;
  const sentence = 'Download refused at its start: the release is recalled. Ask again when the recall is reverted.';
  return { code: 'recalled', sentence };
}

const NOT_ACTIVE: Reason = {
  code: 'demoted',
  sentence: 'Download refused at its start: the release is active on no channel any more. Un-demote it, and ask again.',
};

/** Stores how much has arrived (null: no more than before); says whether somebody has cancelled the download meanwhile. */
export async function noteDownloadProgress(
  ctx: Context,
  jobId: number,
  releaseId: number,
  received: number | null,
): Promise<'go_on' | 'cancel'> {
  if (received === null) return (await findJob(ctx.db, jobId))?.status === 'running' ? 'go_on' : 'cancel';
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
  const occasion = { now: ctx.clock.now(), actor: signalboxActor.name };
  await transact(ctx, async (tx) => {
    const job = await lockJob(tx, jobId);
    if (!job || jobHasEnded(job.status)) return;
    await settle(tx, occasion, job, end);
    // Automation and roll-offs wait for packages.
    if (end.status === 'succeeded') await wakePipeline(ctx, tx, job.productId);
  });
}

/** One that nobody has begun ends at once; whoever is at work on the other sees it within half a second. */
export async function cancelDownload(tx: Transaction, occasion: Occasion, job: JobRow): Promise<void> {
  if (job.status === 'queued') await settle(tx, occasion, job, { status: 'cancelled' });
}

async function settle(tx: Transaction, occasion: Occasion, job: JobRow, end: DownloadEnd): Promise<void> {
  const problem = end.status === 'failed' ? end.problem : null;
  await updateJob(tx, job.id, { status: end.status, problem, endedAt: occasion.now });
  if (end.status === 'succeeded') await storePackage(tx, job.releaseId, end.hooks, occasion.now);
  else await updateRelease(tx, job.releaseId, { package: 'absent', received: 0, downloadProblem: problem });
  const kind = end.status === 'succeeded' ? 'release.downloaded' : 'release.download_failed';
  await record(tx, occasion, kind, [job.releaseId], problem ? { code: problem.code } : { outcome: end.status });
  await record(tx, occasion, 'job.ended', [job.id]);
}

/** Downloads that nobody is at work on although they should be. */
export function findOrphanedDownloads(ctx: Context): Promise<number[]> {
  return orphanedDownloads(ctx.db);
}
