import type { Reader } from '../../../db/connect.ts';
import { hostCandidates } from '../../../db/queries/hosts.ts';
import { matchesHost, parseHostFilter } from '../../domain/host-filter.ts';

/** Ids of the hosts that the words of the filter leave, by name: the same rule as on every screen. */
export async function hostsMatching(reader: Reader, filter: string): Promise<number[]> {
  const parsed = parseHostFilter(filter);
  return (await hostCandidates(reader)).filter((host) => matchesHost(parsed, host)).map(({ id }) => id);
}
