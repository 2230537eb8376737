import { entryOf, isServed, positionOf, type Channel, type ChannelEntry } from './channel.ts';
import { isNewer, isUpTo, newestFirst, type Position } from './versions.ts';

/** What is read of one release on the way. */
export interface ReadNotes {
  readonly version: string;
  readonly notes: string;
  readonly required: boolean;
}

/** One host, or many alike, that a plan takes to its release. */
export interface Way {
  /** The channel that it follows; null: none. */
  readonly channel: Channel | null;
  /** What runs there; null: nothing. */
  readonly from: string | null;
}

/**
 * What whoever agrees to a plan has to have read: the target's notes first, then those of every release that its hosts
 * come past on their channels, each once, the longest way first. Rule: section 2.
 */
export function notesOnTheWay(ways: readonly Way[], { version, notes, required }: ReadNotes): ReadNotes[] {
  const target = { version, notes, required };
  const read = [...Map.groupBy(ways, ({ channel }) => channel)].flatMap(([channel, own]) => {
    const runs = [...new Set(own.map(({ from }) => from))];
    return channel ? runs.map((from) => notesBetween(channel, from, version)) : [];
  });
  const longest = read.toSorted((a, b) => b.length - a.length).flat();
  return [...new Map([target, ...longest].map((one) => [one.version, one])).values()];
}

/** The notes of all releases between what runs, that excluded, and the target, that included; newest first. Rule: section 2. */
export function notesBetween(channel: Channel, deployedVersion: string | null, target: string): ReadNotes[] {
  const deployed = deployedVersion === null ? null : positionOf(channel, deployedVersion);
  const bound = entryOf(channel, target);
  if (!bound) return [];
  const between = channel.entries.filter((entry) => isOnTheWay(channel, entry, deployed, bound));
  return newestFirst(channel.versioning, between).map(({ version, notes = '', required }) => ({
    version,
    notes,
    required,
  }));
}

function isOnTheWay(channel: Channel, entry: ChannelEntry, deployed: Position | null, target: ChannelEntry): boolean {
  if (entry.version === target.version) return true;
  if (!isServed(entry) || !isUpTo(channel.versioning, entry, target)) return false;
  // On hosts that run nothing, everything would be on the way: what counts then is the target alone.
  return deployed !== null && isNewer(channel.versioning, entry, deployed);
}
