import { rm } from 'node:fs/promises';
import { hookSpecs } from '../contracts/package.ts';
import { downloadArtifact, DownloadError } from '../feeds/download.ts';
import { PackageError } from '../feeds/package-error.ts';
import { inspectPackage } from '../feeds/package-read.ts';
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
import type { Pool } from './pool.ts';

type Order = NonNullable<Awaited<ReturnType<typeof downloadOrder>>>;

/** Tries to hold a lock that the process's end frees at once. Null: somebody else holds it. */
export type TryHold = (lockClass: number, key: number) => Promise<(() => Promise<void>) | null>;

const progressEveryMs = 500;

/** The downloads that this process works on. One download per release, whoever asks and however often. */
export function downloadWork(ctx: Context, pool: Pool, tryHold: TryHold, shutdown: AbortSignal) {
  async function onMessage(jobId: number): Promise<void> {
    const order = await downloadOrder(ctx, jobId);
    if (!order) return;
    const release = await tryHold(downloadLockClass, order.release.id);
    if (!release) return;
    if (!(await startDownload(ctx, jobId))) return release();
    pool.run(
      () => fetchPackage(ctx, order, shutdown).finally(release),
      (error) => ctx.log.error({ err: error, job: jobId }, 'download: its worker failed; a sweep takes it up again'),
    );
  }
  return {
    onMessage,
    async takeOver(): Promise<void> {
      for (const jobId of await findOrphanedDownloads(ctx)) await onMessage(jobId);
    },
  };
}

async function fetchPackage(ctx: Context, order: Order, shutdown: AbortSignal): Promise<void> {
  const cancelled = new AbortController();
  const progress = reportProgress(ctx, order, () => cancelled.abort());
  try {
    const end = await fetched(ctx, order, AbortSignal.any([cancelled.signal, shutdown]), progress.note);
    await progress.settled();
    await endDownload(ctx, order.job.id, end);
  } catch (error) {
    await progress.settled();
    if (cancelled.signal.aborted) await endDownload(ctx, order.job.id, { status: 'cancelled' });
    // A stop of this process keeps the part file: whoever takes the job over goes on from there.
    else if (!shutdown.aborted) throw error;
  } finally {
    progress.stop();
  }
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
    if (error instanceof DownloadError) {
      return { status: 'failed', problem: { code: error.code, sentence: error.message } };
    }
    throw error;
  }
}

function tooLarge(size: number, limit: number): DownloadEnd {
  const sentence = `The package has ${size} bytes, ${limit} are allowed. Make it smaller, or raise SIGNALBOX_PACKAGE_LIMIT_BYTES.`;
  return { status: 'failed', problem: { code: 'too_large', sentence } };
}

/** A package that lies about itself, or that no host should unpack, does not stay. */
async function inspected(
  ctx: Context,
  { product, release, path }: Pick<Order, 'product' | 'release' | 'path'>,
  signal: AbortSignal,
): Promise<DownloadEnd> {
  try {
    const { manifest } = await inspectPackage(path, {
      limits: { unpackedBytes: ctx.config.unpackLimitBytes },
      signal,
    });
    if (manifest.product !== product.name || manifest.version !== release.version) {
      await rm(path, { force: true });
      const sentence = `The package says it is ${manifest.product} ${manifest.version}, the feed says ${product.name} ${release.version}. Publish the right package.`;
      return { status: 'failed', problem: { code: 'manifest_mismatch', sentence } };
    }
    return { status: 'succeeded', hooks: hookSpecs(manifest.hooks) };
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    await rm(path, { force: true });
    return { status: 'failed', problem: { code: error.code, sentence: error.message } };
  }
}

/** At most two facts a second, one at a time; each tells whether somebody has cancelled meanwhile. */
function reportProgress(ctx: Context, order: Order, cancel: () => void) {
  let received = 0;
  let said = -1;
  let saying = Promise.resolve();
  let busy = false;
  const say = async () => {
    if (busy) return;
    busy = true;
    try {
      const changed = said !== received;
      said = received;
      if (!changed) return;
      const answer = await noteDownloadProgress(ctx, order.job.id, order.release.id, said);
      if (answer === 'cancel') cancel();
    } catch (error) {
      ctx.log.warn({ err: error, job: order.job.id }, 'download: progress not stored; trying again');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => (saying = say()), progressEveryMs);
  return {
    note: (progress: { received: number }) => (received = progress.received),
    settled: () => saying,
    stop: () => clearInterval(timer),
  };
}
