import type { Channel, ChannelEntry } from '../../server/domain/channel.ts';
import type { Versioning } from '../../server/domain/versions.ts';

type Given = string | ({ readonly version: string } & Partial<ChannelEntry>);

/** A semver channel with these entries in order of their promotion; a bare version is an active, not required one. */
export function channelOf(...entries: readonly Given[]): Channel {
  return orderedChannel('semver', entries);
}

export function orderedChannel(versioning: Versioning, entries: readonly Given[]): Channel {
  return { versioning, entries: entries.map((given, index) => entry(given, index + 1)) };
}

function entry(given: Given, sequence: number): ChannelEntry {
  const stated = typeof given === 'string' ? { version: given } : given;
  return { sequence, demoted: false, required: false, ...stated };
}
