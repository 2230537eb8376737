import { entriesWithPast } from '../../../db/queries/channels.ts';
import { presence, versionsBehind } from '../../domain/adoption.ts';
import type { Channel } from '../../domain/channel.ts';
import { newestFirst, type Position } from '../../domain/versions.ts';
import { lastSeen } from '../client/show.ts';
import { clientSubjects, type Seat, type Subject } from '../client/subjects.ts';
import { verb } from '../verb.ts';
import { channelShown, headShown } from './history.ts';

/** Which release of a channel how many environments and hosts run. Who is silent for a day counts as inactive, never as well. */
export const showAdoption = verb('client.read', async (ctx, _actor, { id }: { id: number }) => {
  const now = ctx.clock.now();
  const { shown, channel } = await channelShown(ctx.db, id);
  const promotedAt = new Map(
    (await entriesWithPast(ctx.db, id)).map((entry) => [entry.version, entry.promotedAt] as const),
  );
  const subjects = await clientSubjects(ctx.db, { channelIds: [id] }, now);
  const seats = subjects.flatMap((subject) => subject.seats);
  const byVersion = Map.groupBy(seats, ({ client }) => client.deployed?.version ?? null);
  return {
    channel: shown,
    ...headShown(channel, shown.name),
    releases: versionsOf(channel, [...byVersion.keys()]).map((version) => ({
      ...counts(byVersion.get(version) ?? [], now),
      ...placeOf(channel, version, promotedAt.get(version ?? ''), now),
    })),
    environments: subjects.map((subject) => environmentShown(subject, now)),
  };
});

/** What the channel has and what runs, the newest first; null, for what runs nothing, is last. */
function versionsOf(channel: Channel, running: readonly (string | null)[]): (string | null)[] {
  const known = new Set(channel.entries.map(({ version }) => version));
  const others = running.flatMap((version): Position[] =>
    version === null || known.has(version) ? [] : [{ version, sequence: null }],
  );
  const ordered = newestFirst(channel.versioning, [...channel.entries, ...others]).map(({ version }) => version);
  return running.includes(null) ? [...ordered, null] : ordered;
}

function placeOf(channel: Channel, version: string | null, promotedAt: number | undefined, now: number) {
  const entry = channel.entries.find((one) => one.version === version);
  return {
    version,
    sequence: entry?.sequence ?? null,
    demoted: entry?.demoted ?? false,
    behind: version === null ? null : versionsBehind(channel, version),
    ageMs: promotedAt === undefined ? null : now - promotedAt,
  };
}

function counts(seats: readonly Seat[], now: number) {
  const seen = seats.flatMap(({ lastSeenAt }) => lastSeenAt ?? []);
  const lastSeenAt = seen.length === 0 ? null : Math.max(...seen);
  return {
    environments: seats.length,
    hosts: sum(seats.map(({ hosts }) => hosts ?? 0)),
    inactiveEnvironments: seats.filter((seat) => presence(now, seat.lastSeenAt) !== 'active').length,
    inactiveHosts: sum(seats.map(({ silent }) => silent)),
    lastSeenAt,
    presence: presence(now, lastSeenAt),
  };
}

function environmentShown(subject: Subject, now: number) {
  const { place, channel, seats } = subject;
  const lastSeenAt = lastSeen(subject);
  const behind = seats.flatMap(({ client: { deployed } }) =>
    deployed ? (versionsBehind(channel, deployed.version) ?? []) : [],
  );
  return {
    clientId: place.row.id,
    environmentId: place.environment.id,
    name: place.environment.name,
    installerMethod: place.environment.installerMethod,
    runs: seats.map(({ client: { deployed }, hosts }) => ({
      version: deployed?.version ?? null,
      hosts,
      failed: deployed?.failed ?? false,
    })),
    behind: behind.length === 0 ? null : Math.max(...behind),
    lastSeenAt,
    presence: presence(now, lastSeenAt),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
