import { entryOf, servedEntries, type Channel } from './channel.ts';
import { isNewer } from './versions.ts';

/** Who has been silent for so long is shown as inactive, never as healthy. */
export const INACTIVE_AFTER_MS = 24 * 3_600_000;

export const PRESENCES = {
  active: 'was heard of within a day',
  inactive: 'has not been heard of for a day or more',
  never_seen: 'has never been heard of',
} as const;

export type Presence = keyof typeof PRESENCES;

/** Whether one is still there, by when it was last heard of. Instants in epoch milliseconds. */
export function presence(now: number, lastSeenAt: number | null): Presence {
  if (lastSeenAt === null) return 'never_seen';
  return now - lastSeenAt >= INACTIVE_AFTER_MS ? 'inactive' : 'active';
}

/** How many releases that the channel serves are newer than this one; null: where it stands cannot be told. Rule: section 2. */
export function versionsBehind(channel: Channel, version: string): number | null {
  const known = entryOf(channel, version);
  const position = known ?? { version, sequence: null };
  if (!known && channel.versioning === 'sequence') return null;
  return servedEntries(channel).filter((entry) => isNewer(channel.versioning, entry, position)).length;
}
