import { refused, type Refused } from './reason.ts';
import { named, newestFirst, type Position, type Versioning } from './versions.ts';

/** One release on one channel, with what the catalog says of the release now. Rule: sections 1 and 4. */
export interface ChannelEntry extends Position {
  readonly sequence: number;
  readonly demoted: boolean;
  /** Covered by a recall that is active now; the entry itself is not demoted by it. Absent: it is not. */
  readonly recalled?: boolean | undefined;
  readonly required: boolean;
  readonly label?: string | undefined;
  readonly notes?: string | undefined;
}

export interface Channel {
  readonly versioning: Versioning;
  /** All entries, demoted ones too, in any order. */
  readonly entries: readonly ChannelEntry[];
}

/** Active and not recalled: what the channel serves, promotes and may have as its head. Rule: sections 4 and 9. */
export function isServed(entry: ChannelEntry): boolean {
  return !entry.demoted && entry.recalled !== true;
}

export function entryOf(channel: Channel, version: string): ChannelEntry | undefined {
  return named(channel.entries, version);
}

/** Where a release stands on the channel; without an entry it has no sequence. */
export function positionOf(channel: Channel, version: string): Position {
  return { version, sequence: entryOf(channel, version)?.sequence ?? null };
}

/** What the channel serves, newest first. Rule: sections 2, 4 and 9. */
export function servedEntries({ versioning, entries }: Channel): ChannelEntry[] {
  return newestFirst(versioning, entries.filter(isServed));
}

/** The newest entry that is served, or why there is none. Rule: section 4. */
export function headOf(channel: Channel, name: string): { readonly head: ChannelEntry } | Refused<'no_active_release'> {
  const [head] = servedEntries(channel);
  return head ? { head } : refused('no_active_release', `Channel ${name}: no active release.`, { channel: name });
}
