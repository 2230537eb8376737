import { entryOf, type Channel, type ChannelEntry } from './channel.ts';

/**
 * The channel as it would be after a verb: previews and proofs ask these, services write the same to the database.
 * Each changes nothing where the verb has nothing to do. Rule: section 4.
 */

/** A new entry gets the next sequence; a release that has an entry, active or demoted, gets no second one. */
export function promoted(channel: Channel, release: Pick<ChannelEntry, 'version' | 'required'>): Channel {
  if (entryOf(channel, release.version)) return channel;
  const sequence = Math.max(0, ...channel.entries.map((entry) => entry.sequence)) + 1;
  return { ...channel, entries: [...channel.entries, { ...release, sequence, demoted: false }] };
}

export function demoted(channel: Channel, version: string): Channel {
  return changed(channel, version, { demoted: true });
}

/** Active again, at its old place. */
export function undemoted(channel: Channel, version: string): Channel {
  return changed(channel, version, { demoted: false });
}

export function withRequired(channel: Channel, version: string, required: boolean): Channel {
  return changed(channel, version, { required });
}

function changed(channel: Channel, version: string, change: Partial<ChannelEntry>): Channel {
  const entries = channel.entries.map((entry) => (entry.version === version ? { ...entry, ...change } : entry));
  return { ...channel, entries };
}
