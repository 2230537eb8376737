import { entryOf, positionOf, servedEntries, type Channel, type ChannelEntry } from './channel.ts';
import { inRange, type RecallRange } from './recall-range.ts';
import type { Reason } from './reason.ts';
import { isNewer, isOlder, isUpTo, type Position } from './versions.ts';
import { instantText } from './wording.ts';

/** What becomes of hosts that run a recalled release. `until`: epoch milliseconds. Rule: section 9. */
export type RecallStrategy =
  | { readonly type: 'forward' }
  | { readonly type: 'downgrade'; readonly floor: string }
  | { readonly type: 'freeze'; readonly until: number };

/** The strategy of a product's automatic recalls, before there is an instant to count from. */
export type RecallPolicy =
  | { readonly type: 'forward' }
  | { readonly type: 'downgrade'; readonly floor: string }
  | { readonly type: 'freeze'; readonly forMs: number };

/** The strategy of a recall that opens at `now`, epoch ms. Rule: section 9 (`freeze` ends at a mandatory instant). */
export function strategyAt(policy: RecallPolicy, now: number): RecallStrategy {
  return policy.type === 'freeze' ? { type: 'freeze', until: now + policy.forMs } : policy;
}

export const DEFAULT_STRATEGY: RecallStrategy = { type: 'forward' };

export interface Recall {
  readonly range: RecallRange;
  /** Releases that it leaves alone, whatever the form of the range. */
  readonly except: readonly string[];
  readonly strategy: RecallStrategy;
  /** No longer active; what it set in motion is not put back. */
  readonly reverted: boolean;
}

export type StayCode = 'frozen' | 'waiting_for_good_release';

export type RollOff =
  | { readonly action: 'none' }
  | { readonly action: 'stay'; readonly reason: Reason<StayCode> }
  | { readonly action: 'install'; readonly version: string };

/** The active recalls that cover a release, in the order given; it is free when there is none. Rule: section 9. */
export function recallsOf<Given extends Recall>(recalls: readonly Given[], version: string): Given[] {
  return recalls.filter((recall) => covers(recall, version));
}

/** Rule: section 9. */
export function isRecalled(recalls: readonly Recall[], version: string): boolean {
  return recalls.some((recall) => covers(recall, version));
}

function covers({ range, except, reverted }: Recall, version: string): boolean {
  return !reverted && inRange(range, version) && !except.includes(version);
}

/** The channel with the mark that the recalls put on its entries. Rule: section 9. */
export function withRecalls(channel: Channel, recalls: readonly Recall[]): Channel {
  const entries = channel.entries.map((entry) => ({ ...entry, recalled: isRecalled(recalls, entry.version) }));
  return { ...channel, entries };
}

/** What a host does that runs `version`, of an entity that follows this channel. Rule: section 9. */
export function rollOff(channel: Channel, recalls: readonly Recall[], version: string, now: number): RollOff {
  const strategies = recallsOf(recalls, version).map(({ strategy }) => strategy);
  if (strategies.length === 0) return { action: 'none' };
  const frozenUntil = Math.max(...strategies.map((strategy) => (strategy.type === 'freeze' ? strategy.until : now)));
  if (now < frozenUntil) return { action: 'stay', reason: frozen(version, frozenUntil) };
  const marked = withRecalls(channel, recalls);
  const release = positionOf(marked, version);
  const target = forwardTarget(marked, release) ?? downgradeTarget(marked, release, strategies);
  return target ? { action: 'install', version: target.version } : { action: 'stay', reason: waiting(version) };
}

/**
 * Where to go forward from `release` (null: nothing runs): the newest entry served that is newer, or the oldest required
 * one on the way there, which is not skipped. Rule: section 9, and section 7 (Automatic installs).
 */
export function forwardTarget(channel: Channel, release: Position | null): ChannelEntry | null {
  const newer = servedEntries(channel).filter((entry) => isNewer(channel.versioning, entry, release));
  return newer.findLast((entry) => entry.required) ?? newer[0] ?? null;
}

/** The newest entry served that is older, above every floor, with no required release undone; all recalls must allow it. */
function downgradeTarget(
  channel: Channel,
  release: Position,
  strategies: readonly RecallStrategy[],
): ChannelEntry | null {
  const downgrades = strategies.filter((strategy) => strategy.type === 'downgrade');
  if (downgrades.length < strategies.length) return null;
  const allows = (entry: ChannelEntry): boolean =>
    isOlder(channel.versioning, entry, release) &&
    downgrades.every(({ floor }) => reachesFloor(channel, entry, floor)) &&
    !undoesRequired(channel, entry, release);
  return servedEntries(channel).find(allows) ?? null;
}

/** The floor is inclusive. Where the channel sequence is the order, a floor without an entry lets nothing through. */
function reachesFloor(channel: Channel, entry: ChannelEntry, floor: string): boolean {
  const { versioning } = channel;
  const place = versioning === 'semver' ? { version: floor, sequence: null } : entryOf(channel, floor);
  return place !== undefined && !isOlder(versioning, entry, place);
}

/** Some required entry r, served or not, has target < r ≤ release. */
function undoesRequired({ versioning, entries }: Channel, target: Position, release: Position): boolean {
  return entries.some(
    (entry) => entry.required && isNewer(versioning, entry, target) && isUpTo(versioning, entry, release),
  );
}

function frozen(version: string, until: number): Reason<StayCode> {
  const sentence = `${version} is recalled and frozen: nothing moves until ${instantText(until)}.`;
  return { code: 'frozen', sentence, until };
}

function waiting(version: string): Reason<StayCode> {
  const sentence = `${version} is recalled and there is no good release to go to: the host stays until one is published.`;
  return { code: 'waiting_for_good_release', sentence };
}
