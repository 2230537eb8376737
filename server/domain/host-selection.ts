import { matchesHost, parseHostFilter, type HostCandidate } from './host-filter.ts';

/** A host as somebody chooses it. */
export interface Choosable {
  readonly id: number;
  /** Why it cannot be chosen, whatever the release; null: it can. */
  readonly stop: string | null;
}

/** "Select all that match": the words of a filter, and who is left out of it. Nobody lists the hosts: they are resolved. */
export interface HostSelection {
  readonly filter: string;
  readonly except: readonly number[];
}

/** Every host that can be chosen and matches, but those left out: what "Select all" stands for, on every surface. */
export function everyMatching<Host extends Choosable>(
  hosts: readonly Host[],
  matches: (host: Host) => boolean,
  except: Iterable<number> = [],
): Host[] {
  const left = new Set(except);
  return hosts.filter((host) => host.stop === null && !left.has(host.id) && matches(host));
}

/**
 * Those that match and cannot be chosen for their life alone: whoever asks for all that match asks for them too, and the
 * job says why it leaves them out. Rule: section 1 (host life).
 */
export function outOfServiceMatching<Host extends Choosable & { readonly outOfService: boolean }>(
  hosts: readonly Host[],
  matches: (host: Host) => boolean,
  except: Iterable<number> = [],
): Host[] {
  const left = new Set(except);
  return hosts.filter((host) => host.outOfService && !left.has(host.id) && matches(host));
}

/** Ids of the hosts that a selection stands for, in their order. */
export function selectedIds(
  hosts: readonly (Choosable & HostCandidate)[],
  { filter, except }: HostSelection,
): number[] {
  const parsed = parseHostFilter(filter);
  return everyMatching(hosts, (host) => matchesHost(parsed, host), except).map(({ id }) => id);
}
