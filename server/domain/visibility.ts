import { isServed, servedEntries, type Channel, type ChannelEntry } from './channel.ts';
import type { CachedRelease, Client, DeployedRelease } from './client.ts';
import { cacheBehaviour, type CacheBehaviour } from './installer.ts';
import { isNewer, named, newestFirst, type Position } from './versions.ts';

/** A release that a client sees, with what the client believes of it. */
export interface VisibleRelease extends Position {
  readonly required: boolean;
  readonly label?: string | undefined;
  readonly notes?: string | undefined;
}

type Listing = (channel: Channel, client: Client) => readonly VisibleRelease[];

const wholeCache: Listing = (_channel, { cache }) => cache;

/** What each kind of client lists, the deployed release apart. Rule: section 4 (table of methods). */
const LISTED = {
  none: servedEntries,
  live: ({ entries }, { downloaded }) => entries.filter((e) => isServed(e) || downloaded.includes(e.version)),
  replace: wholeCache,
  hide: (_channel, { cache }) => cache.filter(({ hidden }) => !hidden),
  refresh: wholeCache,
  keep: wholeCache,
} as const satisfies Record<CacheBehaviour, Listing>;

/** What the client sees now, newest first: what it lists and, unless it has no cache, what it runs. Rule: section 4. */
export function visibleReleases(channel: Channel, client: Client): VisibleRelease[] {
  const behaviour = cacheBehaviour(client.installer);
  const listed = LISTED[behaviour](channel, client);
  const deployed = behaviour === 'none' ? null : deployedRelease(channel, client);
  const unlisted = deployed && !named<VisibleRelease>(listed, deployed.version) ? [deployed] : [];
  return newestFirst(channel.versioning, [...listed, ...unlisted]);
}

/**
 * The deployed release with what the client believes of it: what its cache says, the live value for `managed`,
 * else what the cache said last. Rule: section 4.
 */
export function deployedRelease(channel: Channel, client: Client): VisibleRelease | null {
  return client.deployed && believed(channel, client, client.deployed);
}

function believed({ entries }: Channel, { installer, cache }: Client, deployed: DeployedRelease): VisibleRelease {
  const known: readonly VisibleRelease[] = cacheBehaviour(installer) === 'live' ? entries : cache;
  return named(known, deployed.version) ?? deployed;
}

type Check = (answer: Channel, client: Client) => readonly CachedRelease[];

/** What each kind of client has in its cache after a check. Rule: section 4 (table of methods). */
const CHECKED = {
  none: (_answer, { cache }) => cache,
  live: (_answer, { cache }) => cache,
  replace: (answer) => servedEntries(answer).map(cached),
  hide: (answer, client) => merged(answer, client, (entry) => ({ ...cached(entry), hidden: !isServed(entry) })),
  refresh: (answer, client) => merged(answer, client, (entry, known) => ({ ...cached(entry), hidden: known.hidden })),
  keep: (answer, client) => merged(answer, client, (_entry, known) => known),
} as const satisfies Record<CacheBehaviour, Check>;

/**
 * The client after a version check. `answer`: what the channel stated, demoted entries with their mark; null when the
 * check failed, which changes nothing. What a truncated answer leaves out stays as it was, hidden or not. Rule: section 4.
 */
export function checked(answer: Channel | null, client: Client): Client {
  if (answer === null) return client;
  const cache = CHECKED[cacheBehaviour(client.installer)](answer, client);
  return remembering(answer, { ...remembering(answer, client), cache });
}

/** Keeps what the client believes of the deployed release beside the cache, from which the next check may drop it. */
function remembering(channel: Channel, client: Client): Client {
  if (!client.deployed) return client;
  const { required } = believed(channel, client, client.deployed);
  return { ...client, deployed: { ...client.deployed, required } };
}

/** Adds the newer entries that are served and lets `update` say what becomes of those already in the cache. */
function merged(
  { versioning, entries }: Channel,
  { cache, deployed }: Client,
  update: (entry: ChannelEntry, known: CachedRelease) => CachedRelease,
): CachedRelease[] {
  const newer = new Map(entries.filter((entry) => isNewer(versioning, entry, deployed)).map((e) => [e.version, e]));
  const kept = cache.map((known) => {
    const entry = newer.get(known.version);
    return entry ? update(entry, known) : known;
  });
  const unknown = [...newer.values()].filter(({ version }) => !named(cache, version));
  return [...kept, ...unknown.filter(isServed).map(cached)];
}

function cached({ version, sequence, required, label, notes }: ChannelEntry): CachedRelease {
  return { version, sequence, required, label, notes, hidden: false };
}
