import { rm } from 'node:fs/promises';
import { hookSpecs } from '../contracts/package.ts';
import { downloadArtifact, DownloadError } from '../feeds/download.ts';
import { PackageError } from '../feeds/package-error.ts';
import { inspectChart } from '../feeds/chart-read.ts';
import { inspectPackage, type InspectOptions } from '../feeds/package-read.ts';
import type { SessionLocks } from '../../db/session-lock.ts';
import type { Reason } from '../domain/reason.ts';
import type { Context } from '../services/context.ts';
import {
  downloadLockClass,
  downloadOrder,
  endDownload,
  findOrphanedDownloads,
  noteDownloadProgress,
  startDownload,
  type DownloadEnd,
} from '../services/release/download.ts';
import { maskedReason } from './mask.ts';
import type { Pool, Slot } from './pool.ts';

type Order = NonNullable<Awaited<ReturnType<typeof downloadOrder>>>;

/** A lock that the process's end frees at once. Null: somebody is at work on it. */
export type TryHold = SessionLocks['tryHold'];

const progressEveryMs = 500;

/** The downloads that this process works on. One download per release, whoever asks and however often. */
export function downloadWork(ctx: Context, pool: Pool, tryHold: TryHold, shutdown: AbortSignal) {
  const begin = (slot: Slot, jobId: number) =>
    pool.begin(
      slot,
      async () => {
        const order = await downloadOrder(ctx, jobId);
        const lock = order && (await tryHold(downloadLockClass, order.release.id));
        if (!lock) return null;
        // Whoever had the lock before may have ended the job since it was read.
        const state = await startDownload(ctx, jobId).catch((error: unknown) =>
          lock.release().then(() => Promise.reject(error)),
        );
        if (state !== 'running') return lock.release().then(() => null);
        return () => fetchPackage(ctx, order, AbortSignal.any([shutdown, lock.lost])).finally(() => lock.release());
      },
      (error) => ctx.log.error({ err: error, job: jobId }, 'download: its worker failed; a sweep takes it up again'),
    );
  return {
    async onMessage(jobId: number, signal: AbortSignal): Promise<void> {
      await begin(await pool.vacancy(AbortSignal.any([signal, shutdown])), jobId);
    },
    async takeOver(): Promise<void> {
      for (const jobId of await findOrphanedDownloads(ctx)) {
        const slot = pool.tryTake();
        if (!slot) return;
        await begin(slot, jobId);
      }
    },
  };
}

/** `leave`: this process stops, or another has taken over; whoever goes on finds the part file. */
async function fetchPackage(ctx: Context, order: Order, leave: AbortSignal): Promise<void> {
  const cancelled = new AbortController();
  const progress = reportProgress(ctx, order, () => cancelled.abort());
  try {
    const end = await fetched(ctx, order, AbortSignal.any([cancelled.signal, leave]), progress.note);
    await progress.stop();
    await endDownload(ctx, order.job.id, end.status === 'failed' ? withoutSecrets(ctx, end) : end);
  } catch (error) {
    await progress.stop();
    if (cancelled.signal.aborted) await endDownload(ctx, order.job.id, { status: 'cancelled' });
    else if (!leave.aborted) throw error;
  }
}

function withoutSecrets(ctx: Context, end: DownloadEnd & { status: 'failed' }): DownloadEnd {
  return { ...end, problem: maskedReason(end.problem, ctx.config.secrets) };
}

async function fetched(
  ctx: Context,
  { product, release, path }: Order,
  signal: AbortSignal,
  onProgress: (progress: { received: number }) => void,
): Promise<DownloadEnd> {
  if (release.size > ctx.config.packageLimitBytes) return tooLarge(release.size, ctx.config.packageLimitBytes);
  try {
    const signature = {
      url: release.signatureUrl ?? undefined,
      publicKeys: product.signingKeys,
      required: product.signatureRequired,
    };
    const request = { url: release.artifactUrl, path, size: release.size, sha256: release.digest, signature };
    await downloadArtifact({ ...request, onProgress, signal });
    return await inspected(ctx, { product, release, path }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof DownloadError || error instanceof PackageError) {
      return { status: 'failed', problem: { code: error.code, sentence: error.message } };
    }
    // Not thrown: a sweep would try it again every second, and it would break every second.
    ctx.log.error({ err: error, release: release.id }, 'download: broken for a reason that nobody thought of');
    const sentence = `The download broke unexpectedly: ${String(error)}. The server's log tells more; download again.`;
    return { status: 'failed', problem: { code: 'broken', sentence } };
  }
}

function tooLarge(size: number, limit: number): DownloadEnd {
  const sentence = `The package has ${size} bytes, ${limit} are allowed. Make it smaller, or raise SIGNALBOX_PACKAGE_LIMIT_BYTES.`;
  return { status: 'failed', problem: { code: 'too_large', sentence } };
}

/** A package that lies about itself, or that no host should unpack, does not stay. Throws PackageError. */
async function inspected(
  ctx: Context,
  { product, release, path }: Pick<Order, 'product' | 'release' | 'path'>,
  signal: AbortSignal,
): Promise<DownloadEnd> {
  try {
    const options = { limits: { unpackedBytes: ctx.config.unpackLimitBytes }, signal };
    const { manifest, facts } = await inspectedAs(product.artifact, path, options);
    // The bytes were judged as they came; these are the bytes that stand on the disk.
    if (facts.sha256 !== release.digest) {
      const sentence = `The package on the disk has SHA-256 ${facts.sha256}; the feed says ${release.digest}. Look at the disk, then download again.`;
      return await refused(path, { code: 'digest_mismatch', sentence });
    }
    if (manifest.product !== product.name || manifest.version !== release.version) {
      const sentence = `The package says it is ${manifest.product} ${manifest.version}, the feed says ${product.name} ${release.version}. Publish the right package.`;
      return await refused(path, { code: 'manifest_mismatch', sentence });
    }
    return { status: 'succeeded', hooks: hookSpecs(manifest.hooks) };
  } catch (error) {
    // Whoever stops the reading has not judged the package: it stays for who goes on.
    if (!signal.aborted) await rm(path, { force: true });
    throw error;
  }
}

/** What the artifact says of itself. A chart runs no hooks of ours. */
async function inspectedAs(artifact: Order['product']['artifact'], path: string, options: InspectOptions) {
  if (artifact === 'package') return inspectPackage(path, options);
  const { chart, facts } = await inspectChart(path, options);
  return { manifest: { product: chart.name, version: chart.version, hooks: {} }, facts };
}

async function refused(path: string, problem: Reason): Promise<DownloadEnd> {
  await rm(path, { force: true });
  return { status: 'failed', problem };
}

/** At most two facts a second, one at a time; each tells whether somebody has cancelled meanwhile. */
function reportProgress(ctx: Context, order: Order, cancel: () => void) {
  let received = 0;
  let said = 0;
  let saying: Promise<void> | null = null;
  const say = async () => {
    const news = said === received ? null : received;
    try {
      const answer = await noteDownloadProgress(ctx, order.job.id, order.release.id, news);
      said = news ?? said;
      if (answer === 'cancel') cancel();
    } catch (error) {
      ctx.log.warn({ err: error, job: order.job.id }, 'download: progress not stored; trying again');
    }
  };
  const timer = setInterval(() => (saying ??= say().finally(() => (saying = null))), progressEveryMs);
  return {
    note: (progress: { received: number }) => (received = progress.received),
    /** Resolves when the last fact is stored. */
    stop: async () => {
      clearInterval(timer);
      await saying;
    },
  };
}
