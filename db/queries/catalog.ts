import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Channel, ChannelEntry } from '../../server/domain/channel.ts';
import { labelText } from '../../server/domain/label-text.ts';
import type { Labels } from '../../server/domain/views.ts';
import { withRecalls } from '../../server/domain/recall.ts';
import type { Reader } from '../connect.ts';
import { channel, channelEntry, environment, product, release, subscription } from '../schema/index.ts';
import { recallsOfProducts } from './recalls.ts';
import { idIn } from './views.ts';

/**
 * The channel that each environment follows for a product, with all its entries and the mark of every recall; one object
 * per channel. Rule: section 9 (served nowhere).
 */
export async function channelsFollowed(reader: Reader, productId: number, environmentIds: readonly number[]) {
  if (environmentIds.length === 0) return new Map<number, Channel>();
  const followed = await reader
    .select({ environmentId: subscription.environmentId, channelId: subscription.channelId })
    .from(subscription)
    .where(and(eq(subscription.productId, productId), idIn(subscription.environmentId, environmentIds)));
  const channels = await channelsById(reader, [...new Set(followed.map(({ channelId }) => channelId))]);
  return new Map(
    followed.flatMap(({ environmentId, channelId }) => {
      const found = channels.get(channelId);
      return found ? [[environmentId, found] as const] : [];
    }),
  );
}

/** The name of the channel that each environment follows for a product, by the name of the environment. */
export async function channelNamesFollowed(reader: Reader, productId: number): Promise<Map<string, string>> {
  const rows = await reader
    .select({ environment: environment.name, channel: channel.name })
    .from(subscription)
    .innerJoin(environment, eq(environment.id, subscription.environmentId))
    .innerJoin(channel, eq(channel.id, subscription.channelId))
    .where(eq(subscription.productId, productId));
  return new Map(rows.map((row) => [row.environment, row.channel]));
}

/** One channel with all its entries and the mark of every recall; undefined: it has none, or there is no such channel. */
export async function channelById(reader: Reader, id: number): Promise<Channel | undefined> {
  return (await channelsById(reader, [id])).get(id);
}

/** Channels with all their entries; one that has none is not among them. */
export async function channelsById(reader: Reader, ids: readonly number[]): Promise<Map<number, Channel>> {
  if (ids.length === 0) return new Map();
  const rows = await reader
    .select({
      channelId: channel.id,
      productId: product.id,
      versioning: product.versioning,
      version: release.version,
      sequence: channelEntry.sequence,
      demoted: sql<boolean>`${channelEntry.demotedAt} is not null`,
      required: release.required,
      notes: release.notes,
      labels: release.labels,
    })
    .from(channel)
    .innerJoin(product, eq(product.id, channel.productId))
    .innerJoin(channelEntry, eq(channelEntry.channelId, channel.id))
    .innerJoin(release, eq(release.id, channelEntry.releaseId))
    .where(inArray(channel.id, [...ids]));
  const recalls = await recallsOfProducts(reader, [...new Set(rows.map(({ productId }) => productId))]);
  const byChannel = Map.groupBy(rows, ({ channelId }) => channelId);
  return new Map(
    [...byChannel].map(([id, entries]) => {
      const { versioning, productId } = entries[0]!;
      const bare = entries.map(channelEntryOf);
      return [id, withRecalls({ versioning, entries: bare }, recalls.get(productId) ?? [])];
    }),
  );
}

function channelEntryOf({
  version,
  sequence,
  demoted,
  required,
  notes,
  labels,
}: Omit<ChannelEntry, 'label'> & { labels: Labels }): ChannelEntry {
  return { version, sequence, demoted, required, notes, label: labelText(labels) };
}

/** Versions of a product whose verified package is on this server. */
export async function downloadedVersions(reader: Reader, productId: number): Promise<string[]> {
  const rows = await reader
    .select({ version: release.version })
    .from(release)
    .where(and(eq(release.productId, productId), eq(release.package, 'present')));
  return rows.map(({ version }) => version);
}

export async function environmentsById(reader: Reader, ids: readonly number[]) {
  if (ids.length === 0) return [];
  return reader.select().from(environment).where(idIn(environment.id, ids));
}
