import { channelById } from '../../../db/queries/catalog.ts';
import { entryChannelId, subscribers } from '../../../db/queries/channel-entries.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Channel } from '../../domain/channel.ts';
import { environmentImpact, IMPACTS, type Impact } from '../../domain/impact.ts';
import { clientSubjects, type Subject } from '../client/subjects.ts';
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
  const subjects = await clientSubjects(ctx.db, { channelIds: [channelId] }, ctx.clock.now());
  const byEnvironment = new Map(subjects.map((subject) => [subject.place.environment.id, subject]));
  const environments = (await subscribers(ctx.db, channelId, input.id)).flatMap(({ versions, ...shown }) => {
    const subject = byEnvironment.get(shown.id);
    if (!subject) return [];
    const running = shown.installerMethod === 'managed' ? (versions[version] ?? 0) : deployments(subject, version);
    const impact = impactOn(channel, subject, version);
    return { ...shown, running, impact, sentence: `${shown.name} ${IMPACTS[impact]}.` };
  });
  const counts = Object.fromEntries(
    [...Map.groupBy(environments, ({ impact }) => impact)].map(([impact, those]) => [impact, those.length]),
  );
  const demoted = channel.entries.find((entry) => entry.version === version)?.demoted === true;
  return { releaseId: input.id, version, channel: input.channel, demoted, environments, counts };
});

/** All seats of an environment see the same; what runs in any of them it goes on running. */
function impactOn(channel: Channel, { seats }: Subject, version: string): Impact {
  const running = seats.flatMap(({ client }) => client.deployed?.version ?? []);
  const [first] = seats;
  return first ? environmentImpact(channel, first.client, running, version) : 'never_appears';
}

function deployments({ seats }: Subject, version: string): number {
  return seats.filter(({ client }) => client.deployed?.version === version).length;
}
