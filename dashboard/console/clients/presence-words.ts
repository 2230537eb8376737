import type { Presence } from '../../../server/domain/adoption.ts';
import type { Mark } from '../../theme/states.ts';

/** Who is silent is never shown as well: it may be gone. */
export const presenceStates = {
  active: { mark: 'ok', word: 'Active' },
  inactive: { mark: 'unknown', word: 'Inactive' },
  never_seen: { mark: 'waiting', word: 'Never seen' },
} as const satisfies Record<Presence, { mark: Mark; word: string }>;

const METHODS: Readonly<Record<string, string>> = {
  managed: 'Managed by Signalbox',
  helm: 'Helm CLI',
  'embedded-cluster': 'Embedded Cluster',
  kots: 'KOTS',
  kurl: 'kURL with KOTS',
};

/** The installer as people call it: `KOTS 1.128.0`. */
export function installerText(method: string, version: string | null): string {
  const name = METHODS[method] ?? method;
  return version === null ? name : `${name} ${version}`;
}

interface Run {
  readonly version: string | null;
  readonly failed: boolean;
  readonly hosts: number | null;
}

/** `4.2.1 on 12 hosts`, `4.2.1 (failed)`, `nothing`. */
export function runText({ version, failed, hosts }: Run): string {
  const what = version ?? 'nothing';
  if (hosts !== null) return `${what} on ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`;
  return failed ? `${what} (failed)` : what;
}
