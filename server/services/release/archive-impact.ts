import { named } from '../../domain/versions.ts';
import { visibleReleases } from '../../domain/visibility.ts';
import type { Subject } from '../client/subjects.ts';
import { verb } from '../verb.ts';
import { followersOf, touchedBy } from './followers.ts';

/** What archiving would mean to each environment: nothing, which is said before it is done. Rule: section 4 (Archive). */
export const previewArchive = verb('release.read', async (ctx, _actor, { id }: { id: number }) => {
  const { release, followers } = await followersOf(ctx, id);
  const { version, archivedAt } = release;
  const environments = followers.map((subject) => {
    const sees = subject.seats.some(({ client }) => named(visibleReleases(subject.channel, client), version));
    const running = runningHosts(subject, version);
    return { ...touchedBy(subject), sees, running, sentence: sentenceOf(subject, sees, running) };
  });
  return { releaseId: id, version, archivedAt, environments };
});

function runningHosts({ seats }: Subject, version: string): number {
  const running = seats.filter(({ client }) => client.deployed?.version === version);
  return running.reduce((sum, { hosts }) => sum + (hosts ?? 1), 0);
}

function sentenceOf({ place }: Subject, sees: boolean, running: number): string {
  const { name } = place.environment;
  if (running > 0) return `${name} runs it and goes on running it.`;
  return sees ? `${name} goes on seeing it, and may deploy it as before.` : `${name} does not see it, as before.`;
}
