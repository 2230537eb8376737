import { channelsNamed, enterChannel, insertReleases, type ProductRow } from '../../../db/queries/releases.ts';
import type { HookSpecs, Labels } from '../../domain/views.ts';
import type { Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';

/** One release as a feed states it. */
export interface StatedRelease {
  version: string;
  digest: string;
  size: number;
  artifactUrl: string;
  signatureUrl: string | null;
  notes: string;
  labels: Labels;
  required: boolean;
  hooks: HookSpecs;
}

/**
 * Enters releases into the catalog, oldest first, and in the same transaction onto the product's entry channels. The
 * caller holds the product's row lock, so two publishers cannot enter the same version. Rule: section 1 (Publish).
 */
export async function publishReleases(
  tx: Transaction,
  occasion: Occasion,
  product: ProductRow,
  stated: readonly StatedRelease[],
): Promise<void> {
  if (stated.length === 0) return;
  const published = { productId: product.id, publishedAt: occasion.now, publishedBy: occasion.actor };
  const ids = await insertReleases(
    tx,
    stated.map((release) => ({ ...release, ...published })),
  );
  for (const channel of await channelsNamed(tx, product.id, product.entryChannels)) {
    await enterChannel(tx, channel.id, ids, { promotedAt: occasion.now, promotedBy: occasion.actor });
  }
  await record(tx, occasion, 'release.published', ids);
}
