import { entryOf, isServed, type Channel, type ChannelEntry } from './channel.ts';
import type { Client } from './client.ts';
import { allowed, refused, type Decision } from './reason.ts';

export type DownloadCode = 'not_on_channel' | 'recalled' | 'demoted';

/**
 * Whether the server may fetch a release's package. `entries`: those of the release, one a channel; one that is served
 * is enough, since a demotion bars only its own channel. Rule: sections 4 and 9.
 */
export function decideDownload(version: string, entries: readonly ChannelEntry[]): Decision<DownloadCode> {
  if (entries.some(isServed)) return allowed();
  const refusal = `Download of ${version} refused:`;
  if (entries.length === 0)
    return refused('not_on_channel', `${refusal} it is on no channel. Promote it to one first.`);
  if (entries.some(({ recalled }) => recalled)) {
    return refused('recalled', `${refusal} it is recalled. Wait until the recall is reverted, or choose another.`);
  }
  return refused('demoted', `${refusal} it is demoted. Un-demote it first, or choose another.`);
}

/** The client after asking for a download, which only `managed` has a verb for; a refused one changes nothing. Rule: section 4. */
export function download(channel: Channel, client: Client, version: string): Client {
  const entry = entryOf(channel, version);
  if (client.installer.method !== 'managed' || client.downloaded.includes(version)) return client;
  if (!decideDownload(version, entry ? [entry] : []).allowed) return client;
  return { ...client, downloaded: [...client.downloaded, version] };
}
