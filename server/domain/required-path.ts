import { positionOf, type Channel } from './channel.ts';
import { newClient } from './client.ts';
import { decideDeploy, type DeployCode } from './deploy.ts';
import type { InstallHost, InstallRequest } from './install-request.ts';
import type { Reason } from './reason.ts';
import { comparePositions } from './versions.ts';

/** One release of a path and the hosts that it goes to. */
export interface PathLeg {
  readonly version: string;
  readonly hostIds: readonly number[];
}

export type RequiredPath =
  | { readonly legs: readonly PathLeg[]; readonly refusal: null }
  /** Why even the way over the required releases is closed. */
  | { readonly legs: null; readonly refusal: Reason<DeployCode> };

/**
 * The way to a release over every required one between, the oldest first, the release itself last; each host gets what
 * lies on its own way. Null: nothing required lies between. Rule: section 4 (Deploying, 8).
 */
export function requiredPath({ version, downloaded, hosts }: InstallRequest): RequiredPath | null {
  const wayOf = rememberedWay(downloaded, version);
  const ways = hosts.flatMap((host) =>
    host.channel ? [{ host, way: wayOf(host.channel, host.deployedVersion) }] : [],
  );
  const closed = ways.find(({ way }) => way.refusal !== null)?.way.refusal;
  if (ways.every(({ way }) => way.over.length === 0)) return null;
  if (closed) return { legs: null, refusal: closed };
  const between = [...new Set(ways.flatMap(({ way }) => way.over))].sort(byPlace(hosts));
  const legs = between.map((over) => ({
    version: over,
    hostIds: ways.filter(({ way }) => way.over.includes(over)).map(({ host }) => host.id),
  }));
  return { legs: [...legs, { version, hostIds: hosts.map(({ id }) => id) }], refusal: null };
}

interface Way {
  /** Versions of the required releases that come first, oldest first. */
  readonly over: readonly string[];
  readonly refusal: Reason<DeployCode> | null;
}

/** Hosts of one channel that run the same version have the same way: it is worked out once. */
function rememberedWay(downloaded: readonly string[], target: string) {
  const known = new Map<Channel, Map<string | null, Way>>();
  return (channel: Channel, runs: string | null): Way => {
    const ways = known.get(channel) ?? new Map<string | null, Way>();
    known.set(channel, ways);
    const way = ways.get(runs) ?? wayFrom(channel, runs, downloaded, target);
    ways.set(runs, way);
    return way;
  };
}

function wayFrom(channel: Channel, from: string | null, downloaded: readonly string[], target: string): Way {
  const over: string[] = [];
  for (let runs = from; ;) {
    const deployed = runs === null ? null : { ...positionOf(channel, runs), failed: false, required: false };
    const client = { ...newClient({ method: 'managed' }), downloaded, deployed };
    const decision = decideDeploy(channel, client, target);
    if (decision.allowed) return { over, refusal: null };
    const [first] = decision.refusal.code === 'required_first' ? requiredIn(decision.refusal) : [];
    if (first === undefined) return { over, refusal: decision.refusal };
    const step = decideDeploy(channel, client, first);
    if (!step.allowed) return { over: [...over, first], refusal: step.refusal };
    over.push(first);
    runs = first;
  }
}

function requiredIn({ required }: Reason): readonly string[] {
  return Array.isArray(required) ? (required as string[]) : [];
}

/** By the channel that places both: hosts of other environments may follow another. */
function byPlace(hosts: readonly InstallHost[]): (a: string, b: string) => number {
  const channels = [...new Set(hosts.flatMap(({ channel }) => channel ?? []))];
  return (a, b) => {
    const orders = channels.map((one) => comparePositions(one.versioning, positionOf(one, a), positionOf(one, b)));
    return orders.find((order) => order !== 0) ?? 0;
  };
}

/** The hosts as they will be once the legs before this one have succeeded. */
export function afterLegs(hosts: readonly InstallHost[], legs: readonly PathLeg[]): InstallHost[] {
  return hosts.map((host) => {
    const brought = legs.filter(({ hostIds }) => hostIds.includes(host.id)).at(-1);
    return brought ? { ...host, deployedVersion: brought.version, alreadyThere: false } : host;
  });
}
