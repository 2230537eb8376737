import { createHash } from 'node:crypto';
import { entriesWithPast, type PastEntry } from '../../../db/queries/channels.ts';
import {
  clientPlaces,
  lockClient,
  noteClientSeen,
  updateClient,
  type ClientPlace,
} from '../../../db/queries/clients.ts';
import { transact } from '../../../db/transact.ts';
import { channelStated, type ClientReport, type DownstreamFeed } from '../../contracts/downstream.ts';
import { Refusal } from '../../contracts/errors.ts';
import { headOf, isServed, type Channel } from '../../domain/channel.ts';
import { labelText } from '../../domain/label-text.ts';
import type { Context, Transaction } from '../context.ts';
import type { Occasion } from '../log/record.ts';
import { hashOfSecret } from '../people/secret.ts';
import { channelOf } from './check.ts';
import { storeReport } from './deploy.ts';
import { takeOver, type CheckOutcome } from './take-over.ts';

/** What a client asks, and under which token. */
export interface FeedRequest {
  secret: string | undefined;
  /** Names. */
  product: string;
  channel: string;
}

/** The client whose token this is. Refusals: `not_signed_in`; `not_permitted` for another feed than its own. */
export async function clientAt(ctx: Context, { secret, product, channel }: FeedRequest): Promise<ClientPlace> {
  const [place] = secret === undefined ? [] : await clientPlaces(ctx.db, { tokenHash: hashOfSecret(secret) });
  if (!place) {
    const what = secret === undefined ? 'no token was sent' : 'this client token is not known, or was revoked';
    throw new Refusal('not_signed_in', `Feed refused: ${what}. Ask the operator of this server for one.`);
  }
  if (place.product.name !== product || place.channel.name !== channel) {
    const own = `${place.product.name}/${place.channel.name}`;
    const sentence = `Feed of ${product}/${channel} refused: this token is for ${own}. Ask there.`;
    throw new Refusal('not_permitted', sentence, { reason: 'other_feed' });
  }
  return place;
}

/** An answer of the feed. `content` null: what the client has still stands. */
export interface FeedAnswer {
  tag: string;
  content: string | null;
}

/**
 * What the channel states to a client, with an ETag of exactly that. An answer counts once the client says that it has it
 * whole, with If-None-Match of its next request or with a report: one that was cut off on the way changes nothing.
 * Rule: section 4.
 */
export async function readClientFeed(
  ctx: Context,
  request: FeedRequest,
  knownTag: string | undefined,
): Promise<FeedAnswer> {
  const { row } = await clientAt(ctx, request);
  return underLock(ctx, row.id, async (tx, occasion, place) => {
    const stated = await statedFeed(tx, place);
    const channel = channelStated(stated);
    const content = JSON.stringify(stated);
    const tag = `"${createHash('sha256').update(content).digest('hex').slice(0, 32)}"`;
    await noteClientSeen(tx, place.row.id, occasion.now);
    if (knownTag !== undefined) await confirm(tx, occasion, place, channel, { known: knownTag, current: tag });
    if (knownTag === tag) return { tag, content: null };
    await updateClient(tx, place.row.id, { offered: channel, offeredTag: tag });
    return { tag, content };
  });
}

/** What a client says of itself. Refusal: `stale`, `unknown_answer` for an answer that was not the last one given. */
export async function reportOfClient(ctx: Context, request: FeedRequest, { etag, deployed }: ClientReport) {
  const { row } = await clientAt(ctx, request);
  return underLock(ctx, row.id, async (tx, occasion, place) => {
    await noteClientSeen(tx, place.row.id, occasion.now);
    const channel = await channelOf(tx, place);
    let check: CheckOutcome | null = null;
    if (etag !== undefined && etag !== place.row.fetchedTag) {
      check = await takeOffered(tx, occasion, place, channel, etag);
      if (!check) {
        const sentence = `Report refused: ${etag} is not the answer that was given last. Ask the feed again, and report what it answers.`;
        throw new Refusal('stale', sentence, { reason: 'unknown_answer' });
      }
    }
    const after = (await clientPlaces(tx, { ids: [place.row.id] }))[0] ?? place;
    const surprise = deployed ? await storeReport(tx, occasion, after, channel, deployed) : null;
    return { check, surprise };
  });
}

/** The client has the answer given last, or the one that would be given now. */
async function confirm(
  tx: Transaction,
  occasion: Occasion,
  place: ClientPlace,
  channel: Channel,
  { known, current }: { known: string; current: string },
): Promise<void> {
  if (known === current) await takeOver(tx, occasion, place, { by: 'client', answer: channel, channel, tag: current });
  else await takeOffered(tx, occasion, place, channel, known);
}

async function takeOffered(
  tx: Transaction,
  occasion: Occasion,
  place: ClientPlace,
  channel: Channel,
  tag: string,
): Promise<CheckOutcome | null> {
  const { offered, offeredTag } = place.row;
  if (offered === null || offeredTag !== tag) return null;
  return takeOver(tx, occasion, place, { by: 'client', answer: offered, channel, tag });
}

async function underLock<T>(
  ctx: Context,
  id: number,
  run: (tx: Transaction, occasion: Occasion, place: ClientPlace) => Promise<T>,
): Promise<T> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const place = await lockClient(tx, id);
    if (!place) throw new Refusal('gone', 'Feed refused: the environment does not subscribe to it any more.');
    return run(tx, { now, actor: `client of ${place.environment.name}` }, place);
  });
}

async function statedFeed(tx: Transaction, place: ClientPlace): Promise<DownstreamFeed> {
  const { product, channel } = place;
  const { entries: known } = await channelOf(tx, place);
  const recalled = new Set(known.filter((entry) => entry.recalled).map(({ version }) => version));
  const rows = await entriesWithPast(tx, channel.id);
  const entries = rows.map((row) => statedEntry(row, recalled.has(row.version), `${product.name}/${channel.name}`));
  const head = headOf({ versioning: product.versioning, entries }, channel.name);
  return {
    product: product.name,
    channel: channel.name,
    versioning: product.versioning,
    head: 'head' in head ? head.head.version : null,
    problem: 'head' in head ? null : head.refusal,
    count: entries.length,
    entries,
  };
}

function statedEntry(entry: PastEntry, recalled: boolean, feed: string): DownstreamFeed['entries'][number] {
  const { version, sequence, required, labels, notes, digest, size, promotedAt } = entry;
  const demoted = entry.demotedAt !== null;
  const served = isServed({ version, sequence, required, demoted, recalled });
  const artifact = served ? artifactPath(feed, version) : null;
  const label = labelText(labels);
  return {
    ...{ version, sequence, demoted, recalled, required },
    ...(label === undefined ? {} : { label }),
    ...{ labels, notes, digest, size, promotedAt, artifact },
  };
}

/** Where the artifact of a release is for clients of a channel, from the root of the server. */
export function artifactPath(feed: string, version: string): string {
  return `/api/v1/feed/${feed}/releases/${encodeURIComponent(version)}/artifact`;
}
