import {
  lockTimelines,
  markHealthSeen,
  observationsSince,
  pairKey,
  storeObservations,
  storeTimelines,
  takeBackIntervals,
  type LastInterval,
  type NewTimeline,
  type Pair,
  type StoredObservation,
} from '../../../db/queries/health.ts';
import { endedBy, inForceAfter, type InForce } from '../../domain/observation.ts';
import type { Transaction } from '../context.ts';
import { tellHealth, type Turned } from './tell.ts';

/** What the rules need to know of a product whose health comes in. */
export interface ReportedProduct {
  readonly staleAfterMs: number;
  /** Some release of it has reported a state before. */
  readonly seen: boolean;
}

export type Incoming = Omit<StoredObservation, 'receivedAt'>;

/** How a timeline goes on: from which interval, and by which observations, oldest first. */
interface Chapter {
  readonly known: LastInterval;
  readonly before: InForce | undefined;
  readonly observations: readonly StoredObservation[];
}

/**
 * Takes observations into the timelines of their hosts, in the transaction: in whatever order they come, the timelines
 * are those of all observations together. None of them is older than what is kept. Returns how many said something new,
 * and of whom others judge otherwise now.
 * A later stale time of the product counts for what comes in later. Rule: section 5.
 */
export async function takeIn(
  tx: Transaction,
  now: number,
  incoming: readonly Incoming[],
  products: ReadonlyMap<number, ReportedProduct>,
): Promise<{ accepted: number; turned: Turned[] }> {
  const observations = onePerInstant(incoming, now);
  const known = new Map((await lockTimelines(tx, pairsOf(observations))).map((last) => [pairKey(last), last]));
  const fresh = new Set((await storeObservations(tx, observations)).map(instantKey));
  const news = observations.filter((one) => fresh.has(instantKey(one)));
  const chapters = await chaptersOf(tx, known, Map.groupBy(news, pairKey));
  const timelines = chapters.map((one) => timelineAfter(one, products.get(one.known.productId)!.staleAfterMs, now));
  if (timelines.length > 0) await storeTimelines(tx, timelines);
  const turned = await tellHealth(tx, now, known, timelines);
  const stated = new Set(news.flatMap(({ state, productId }) => (state === null ? [] : productId)));
  const first = [...stated].filter((id) => !products.get(id)!.seen);
  await markHealthSeen(tx, first.sort(), now);
  return { accepted: fresh.size, turned };
}

const instantKey = (one: Pair & { at: number }) => `${pairKey(one)}@${one.at}`;

/** Clamped to their receipt; of two with the same instant the later received stays. Rule: section 5. */
function onePerInstant(incoming: readonly Incoming[], now: number): StoredObservation[] {
  const clamped = incoming.map((one) => ({ ...one, at: Math.min(one.at, now), receivedAt: now }));
  return [...new Map(clamped.map((one) => [instantKey(one), one])).values()].sort((a, b) => a.at - b.at);
}

function pairsOf(observations: readonly StoredObservation[]): Pair[] {
  const pairs = observations.map(({ hostId, productId }) => ({ hostId, productId }));
  return [...new Map(pairs.map((pair) => [pairKey(pair), pair])).values()];
}

/**
 * What is late makes its timeline start again where it falls: all observations from there on are read, and what was made
 * of them is taken back.
 */
async function chaptersOf(
  tx: Transaction,
  known: ReadonlyMap<string, LastInterval>,
  news: ReadonlyMap<string, readonly StoredObservation[]>,
): Promise<Chapter[]> {
  const fresh = [...news].map(([key, observations]) => ({
    key,
    known: known.get(key)!,
    since: observations[0]!.at,
    observations,
  }));
  const late = fresh.filter((one) => isLate(one.known, one.since));
  const all = Map.groupBy(await observationsSince(tx, late.map(placeOf)), pairKey);
  const beforeLast = late.filter((one) => one.known.from >= one.since);
  const earlier = new Map((await takeBackIntervals(tx, beforeLast.map(placeOf))).map((one) => [pairKey(one), one]));
  return fresh.map(({ key, known, since, observations }) => ({
    known,
    before: known.edition === 0 ? undefined : spanOf(known.from >= since ? earlier.get(key) : known),
    observations: all.get(key) ?? observations,
  }));
}

const isLate = (known: LastInterval, since: number) => known.edition > 0 && since <= known.at;

const placeOf = ({ known: { hostId, productId }, since }: { known: LastInterval; since: number }) => ({
  hostId,
  productId,
  since,
});

function spanOf(row: InForce | undefined): InForce | undefined {
  return row && { from: row.from, to: row.to, live: row.live, state: row.state };
}

function timelineAfter({ known, before, observations }: Chapter, staleAfterMs: number, now: number): NewTimeline {
  const reportedAt = known.reportedAt ?? -Infinity;
  const since = observations[0]!.at;
  // The newest words before these are of another release: they end where the host reports the one that it runs now.
  const ofAnother = Math.min(known.at, since - 1) < reportedAt;
  const earlier = before && ofAnother ? endedBy([before], reportedAt)[0] : before;
  const spans = inForceAfter(earlier, observations, staleAfterMs, reportedAt);
  const last = spans.at(-1)!;
  return {
    hostId: known.hostId,
    productId: known.productId,
    before: spans.slice(0, -1),
    last,
    at: observations.at(-1)!.at,
    changed: isLate(known, since) || last.from !== known.from || ofAnother,
    stale: known.stale && last.to <= now,
  };
}
