import { channelsNamed, enterChannel, insertRelease, type ProductRow } from '../../../db/queries/releases.ts';
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
 * Enters a release into the catalog and, in the same transaction, onto the product's entry channels. The caller holds the
 * product's row lock, so two publishers cannot enter the same version. Rule: section 1 (Publish).
 */
export async function publishRelease(
  tx: Transaction,
  occasion: Occasion,
  product: ProductRow,
  stated: StatedRelease,
): Promise<number> {
  const id = await insertRelease(tx, {
    ...stated,
    productId: product.id,
    publishedAt: occasion.now,
    publishedBy: occasion.actor,
  });
  for (const channel of await channelsNamed(tx, product.id, product.entryChannels)) {
    await enterChannel(tx, channel.id, { releaseId: id, promotedAt: occasion.now, promotedBy: occasion.actor });
  }
  await record(tx, occasion, 'release.published', [id], { version: stated.version });
  return id;
}
