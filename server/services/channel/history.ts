import {
  entriesWithPast,
  findChannel,
  listChannels as channelRows,
  type PastEntry,
} from '../../../db/queries/channels.ts';
import { channelById } from '../../../db/queries/catalog.ts';
import type { Reader } from '../../../db/connect.ts';
import { Refusal } from '../../contracts/errors.ts';
import { headOf, type Channel } from '../../domain/channel.ts';
import { verb } from '../verb.ts';

export const listChannels = verb(
  'release.read',
  async (ctx, _actor, { productId }: { productId?: number | undefined }) => ({
    items: await channelRows(ctx.db, productId),
  }),
);

/** Every entry of a channel, the newest first, demoted ones with who, when and why. Rule: section 4. */
export const showHistory = verb('release.read', async (ctx, _actor, { id }: { id: number }) => {
  const { shown, channel, versioning } = await channelShown(ctx.db, id);
  const entries = (await entriesWithPast(ctx.db, id)).map(entryShown);
  return { channel: shown, versioning, ...headShown(channel, shown.name), entries };
});

/** A channel with its product's name and its entries. Refusal: `not_found`. */
export async function channelShown(reader: Reader, id: number) {
  const found = await findChannel(reader, id);
  if (!found) throw new Refusal('not_found', `There is no channel ${id}. List them with GET /api/v1/channels.`);
  const { name, product } = found;
  const { versioning } = product;
  const channel = (await channelById(reader, id)) ?? { versioning, entries: [] };
  return { shown: { id, name, productId: product.id, product: product.name }, channel, versioning };
}

/** The head of a channel, or that it has no active release. Rule: section 4. */
export function headShown(channel: Channel, name: string) {
  const found = headOf(channel, name);
  return 'head' in found ? { head: found.head.version, problem: null } : { head: null, problem: found.refusal };
}

function entryShown({ demotedAt, demotedBy, demoteReason, ...entry }: PastEntry) {
  const demotion = demotedAt === null ? null : { at: demotedAt, by: demotedBy ?? '', reason: demoteReason ?? '' };
  return { ...entry, demotion };
}
