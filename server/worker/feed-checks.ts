import { FeedError, newFolderScan, readFeed, type FeedRelease, type FolderScan } from '../feeds/source.ts';
import type { Context } from '../services/context.ts';
import { recordFeedCheck, type FeedAnswer } from '../services/feed/record-check.ts';
import { findFeed } from '../services/feed/find.ts';

/** Checks feeds. Keeps only what makes the next check cheaper: the index's ETag, the digests of files seen. */
export function feedWork(ctx: Context, shutdown: AbortSignal) {
  const etags = new Map<number, { source: string; etag: string | undefined }>();
  const scans = new Map<number, FolderScan>();

  return async (productId: number): Promise<void> => {
    const product = await findFeed(ctx, productId);
    if (!product) return;
    const source = JSON.stringify(product.feed);
    const known = etags.get(productId);
    const scan = scans.get(productId) ?? newFolderScan();
    scans.set(productId, scan);
    try {
      const etag = known?.source === source ? known.etag : undefined;
      const reading = await readFeed(product.feed, { product: product.name, signal: shutdown, etag, scan });
      await recordFeedCheck(ctx, productId, reading.kind === 'unchanged' ? 'unchanged' : answerOf(reading));
      etags.set(productId, { source, etag: reading.etag });
    } catch (error) {
      if (shutdown.aborted) return;
      if (!(error instanceof FeedError)) throw error;
      await recordFeedCheck(ctx, productId, { failed: { code: error.code, sentence: error.message } });
    }
  };
}

function answerOf(reading: {
  releases: readonly FeedRelease[];
  problems: readonly { code: string; message: string }[];
}): FeedAnswer {
  return {
    releases: reading.releases.map((release) => ({
      version: release.version,
      digest: release.sha256,
      size: release.size,
      artifactUrl: release.artifact.href,
      signatureUrl: release.signature?.href ?? null,
      notes: release.notes,
      labels: release.labels,
      required: release.required,
      hooks: release.hooks ?? {},
    })),
    problems: reading.problems.map(({ code, message }) => ({ code, sentence: message })),
  };
}
