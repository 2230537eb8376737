import { asc, desc, eq } from 'drizzle-orm';
import type { Reader } from '../connect.ts';
import { channel, channelEntry, product, release } from '../schema/index.ts';

/** A channel with its product. */
export async function findChannel(reader: Reader, id: number) {
  const [row] = await reader
    .select({
      id: channel.id,
      name: channel.name,
      product: { id: product.id, name: product.name, versioning: product.versioning },
    })
    .from(channel)
    .innerJoin(product, eq(product.id, channel.productId))
    .where(eq(channel.id, id));
  return row;
}

/** Channels of all products, or of one, by product and name. */
export async function listChannels(reader: Reader, productId?: number) {
  return reader
    .select({ id: channel.id, name: channel.name, productId: channel.productId, product: product.name })
    .from(channel)
    .innerJoin(product, eq(product.id, channel.productId))
    .where(productId === undefined ? undefined : eq(channel.productId, productId))
    .orderBy(asc(product.name), asc(channel.name));
}

/** Channels on which a release has an entry, demoted or not. */
export async function channelsWith(reader: Reader, releaseId: number) {
  return reader
    .select({ id: channel.id, name: channel.name })
    .from(channelEntry)
    .innerJoin(channel, eq(channel.id, channelEntry.channelId))
    .where(eq(channelEntry.releaseId, releaseId))
    .orderBy(asc(channel.name));
}

/** Every entry that a channel ever had, the newest sequence first, with who put it there, and who took it off and why. */
export async function entriesWithPast(reader: Reader, channelId: number) {
  return reader
    .select({
      releaseId: release.id,
      version: release.version,
      sequence: channelEntry.sequence,
      promotedAt: channelEntry.promotedAt,
      promotedBy: channelEntry.promotedBy,
      demotedAt: channelEntry.demotedAt,
      demotedBy: channelEntry.demotedBy,
      demoteReason: channelEntry.demoteReason,
      required: release.required,
      archivedAt: release.archivedAt,
      labels: release.labels,
      notes: release.notes,
      digest: release.digest,
      size: release.size,
      package: release.package,
      publishedAt: release.publishedAt,
    })
    .from(channelEntry)
    .innerJoin(release, eq(release.id, channelEntry.releaseId))
    .where(eq(channelEntry.channelId, channelId))
    .orderBy(desc(channelEntry.sequence));
}

export type PastEntry = Awaited<ReturnType<typeof entriesWithPast>>[number];
