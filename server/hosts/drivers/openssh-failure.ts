/** What ssh's complaint means: one of the contract's codes, the cause, the next step. */
import { HostUnreachable, type OpenSshAddress, type SshPlace } from '../contract.ts';
import { CLOSED_EARLY } from './closed-early.ts';
import { judgeHostKey } from './host-key.ts';

/** The keys that were shown, in wire form; null: nobody got so far. */
export interface SeenKeys {
  readonly target: Uint8Array | null;
  readonly jump: Uint8Array | null;
}

export function openSshFailure(address: OpenSshAddress, said: string, seen: SeenKeys): HostUnreachable {
  const words = said.replaceAll(/\s+/g, ' ').trim().slice(-500) || 'ssh ended without a word';
  if (/host key verification failed|host key .*(revoked|has changed)/i.test(said)) {
    const judged = [judgedAt(address.jump, seen.jump), judgedAt(address, seen.target)].find((one) => one !== null);
    return judged ?? new HostUnreachable('host_key_unknown', `${connect(address)} refused: ${words}. ${PIN_IT}`);
  }
  for (const [pattern, code, next] of MEANINGS) {
    if (pattern.test(said)) return new HostUnreachable(code, `${connect(address)} failed: ${words}. ${next}`);
  }
  return new HostUnreachable('connect_failed', `${connect(address)} failed: ${words}. ${LOOK_AT_NETWORK}`);
}

const LOOK_AT_NETWORK = 'Check that the host is up, its address and port, and what filters stand between.';
const PIN_IT =
  'Compare the key on the host (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and pin it with the host.';

const MEANINGS = [
  [
    /permission denied|too many authentication failures|no more authentication methods/i,
    'auth_failed',
    "The user is not let in with this key or certificate. Put it right in that user's authorized_keys. Not tried again: sshd bans after a few.",
  ],
  [
    /load key|bad permissions|unprotected private key|identity file .* not accessible|error in libcrypto|invalid format/i,
    'auth_failed',
    'Check the key file of the host: ssh has to read it, and nobody else may (mode 0600).',
  ],
  [
    /bad configuration option|unknown option|terminating, \d+ bad/i,
    'client_missing',
    "The system's ssh does not know a setting. It has to be OpenSSH 8.5 or later, and the host's config file has to be right.",
  ],
  [/kex_exchange_identification|connection (closed|reset) by|banner exchange/i, 'connect_failed', CLOSED_EARLY],
] as const;

function judgedAt(place: SshPlace | undefined, key: Uint8Array | null): HostUnreachable | null {
  return place && key ? judgeHostKey(place, key) : null;
}

function connect({ user, host, port, jump }: OpenSshAddress): string {
  return `connect to ${user}@${host}:${port}${jump ? ` through ${jump.host}:${jump.port}` : ''}`;
}
