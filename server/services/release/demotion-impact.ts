import { channelById, downloadedVersions } from '../../../db/queries/catalog.ts';
import { entryChannelId, subscribers } from '../../../db/queries/channel-entries.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Channel } from '../../domain/channel.ts';
import { newClient } from '../../domain/client.ts';
import { environmentImpact, IMPACTS, type Impact } from '../../domain/impact.ts';
import { verb } from '../verb.ts';
import { notOnChannel } from './change-entry.ts';

/** What demoting a release on a channel would mean to each environment that follows it, before it is confirmed. Rule: section 4 (Impact preview). */
export const previewDemotion = verb('release.read', async (ctx, _actor, input: { id: number; channel: string }) => {
  const found = await findRelease(ctx.db, input.id);
  if (!found) throw new Refusal('not_found', `There is no release ${input.id}. List them with GET /api/v1/releases.`);
  const channelId = await entryChannelId(ctx.db, input.id, input.channel);
  const channel = channelId === undefined ? undefined : await channelById(ctx.db, channelId);
  if (channelId === undefined || !channel) throw await notOnChannel(ctx.db, input.id, input.channel);
  const { version } = found.release;
  const downloaded = await downloadedVersions(ctx.db, found.product.id);
  const environments = (await subscribers(ctx.db, channelId, input.id)).map((subscriber) => {
    const { versions, installerVersion: _, ...shown } = subscriber;
    const impact = impactOn(channel, subscriber, downloaded, version);
    return { ...shown, running: versions[version] ?? 0, impact, sentence: sentenceOf(shown.name, impact) };
  });
  const demoted = channel.entries.find((entry) => entry.version === version)?.demoted === true;
  return { releaseId: input.id, version, channel: input.channel, demoted, environments };
});

interface Subscriber {
  installerMethod: string;
  versions: Readonly<Record<string, number>>;
}

/** Null for clients with a cache of their own: what they have fetched is not known here. */
function impactOn(channel: Channel, subscriber: Subscriber, downloaded: string[], version: string): Impact | null {
  const { installerMethod: method, versions } = subscriber;
  if (method !== 'managed' && method !== 'helm') return null;
  const client = { ...newClient({ method }), downloaded: method === 'managed' ? downloaded : [] };
  return environmentImpact(channel, client, Object.keys(versions), version);
}

function sentenceOf(environment: string, impact: Impact | null): string {
  if (impact === null) return `${environment} keeps a cache of its own: what it has fetched is not known here.`;
  return `${environment} ${IMPACTS[impact]}.`;
}
