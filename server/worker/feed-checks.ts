import { FeedError, newFolderScan, readFeed, type FeedRelease, type FolderScan } from '../feeds/source.ts';
import type { Context } from '../services/context.ts';
import { recordFeedCheck, type FeedAnswer } from '../services/feed/record-check.ts';
import { findFeed } from '../services/feed/find.ts';
import { maskedReason } from './mask.ts';

/** The index as this process read it last. */
interface LastReading {
  /** What else the outcome depended on. */
  of: string;
  etag: string | undefined;
  checkedAt: number | null;
}

/** Checks feeds. Keeps only what makes the next check cheaper: the index's ETag, the digests of files seen. */
export function feedWork(ctx: Context, shutdown: AbortSignal) {
  const last = new Map<number, LastReading>();
  const scans = new Map<number, FolderScan>();

  return async (productId: number): Promise<void> => {
    const product = await findFeed(ctx, productId);
    if (!product) return;
    const of = JSON.stringify([product.name, product.versioning, product.feed]);
    const known = last.get(productId);
    // "Not changed" says something only to whom the last check of all belongs: another process may have found a failure
    // since, or another index, and what it stored would stand for ever.
    const etag = known?.of === of && known.checkedAt === product.feedCheckedAt ? known.etag : undefined;
    const scan = scans.get(productId) ?? newFolderScan();
    scans.set(productId, scan);
    last.delete(productId);
    try {
      const reading = await readFeed(product.feed, { product: product.name, signal: shutdown, etag, scan });
      const checkedAt = await recordFeedCheck(
        ctx,
        productId,
        reading.kind === 'unchanged' ? 'unchanged' : answerOf(reading, ctx.config.secrets),
      );
      last.set(productId, { of, etag: reading.etag, checkedAt });
    } catch (error) {
      if (shutdown.aborted) return;
      if (!(error instanceof FeedError)) throw error;
      const failed = maskedReason({ code: error.code, sentence: error.message }, ctx.config.secrets);
      await recordFeedCheck(ctx, productId, { failed });
    }
  };
}

function answerOf(
  reading: { releases: readonly FeedRelease[]; problems: readonly { code: string; message: string }[] },
  secrets: readonly string[],
): FeedAnswer {
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
    problems: reading.problems.map(({ code, message }) => maskedReason({ code, sentence: message }, secrets)),
  };
}
