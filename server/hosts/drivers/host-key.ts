/** Pinned host keys: what a key is called, and whether the one that a host shows is one of ours. */
import { createHash } from 'node:crypto';
import { HostUnreachable } from '../contract.ts';
import type { SshPlace } from '../contract.ts';

/** `SHA256:…` of a public key in wire form, as ssh-keygen -l prints it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a key in wire form names itself: its first length-prefixed string. */
export function keyTypeOf(key: Uint8Array): string {
  const buffer = Buffer.from(key);
  return buffer.toString('latin1', 4, 4 + buffer.readUInt32BE(0));
}

export function publicKeyLine(key: Uint8Array): string {
  return `${keyTypeOf(key)} ${Buffer.from(key).toString('base64')}`;
}

/** A pin is a fingerprint or a public key line, with or without a comment. */
function pinnedFingerprint(pin: string): string {
  const words = pin.trim().split(/\s+/);
  if (words[0]?.startsWith('SHA256:')) return words[0].replace(/=+$/, '');
  return fingerprintOf(Buffer.from(words[1] ?? '', 'base64'));
}

/** Key types named by pins that are whole lines: the host has to be asked for those first, as it may own keys of several types. */
export function pinnedKeyTypes(pins: readonly string[]): string[] {
  const types = trustedPins(pins)
    .map((pin) => pin.trim().split(/\s+/)[0] ?? '')
    .filter((word) => !word.startsWith('SHA256:'));
  return [...new Set(types.flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', type] : [type])))];
}

const REVOKED = '@revoked ';

/** Pins without their revocations and authorities. */
export function trustedPins(pins: readonly string[]): string[] {
  return pins.filter((pin) => !pin.startsWith('@'));
}

/** Why the shown key is not accepted, or null when it is pinned. */
export function judgeHostKey(address: SshPlace, shown: Uint8Array): HostUnreachable | null {
  const expected = trustedPins(address.hostKeys).map(pinnedFingerprint);
  const seen = fingerprintOf(shown);
  const where = `${address.host}:${address.port}`;
  const seenHostKey = publicKeyLine(shown);
  const revoked = address.hostKeys.filter((pin) => pin.startsWith(REVOKED)).map((pin) => pin.slice(REVOKED.length));
  if (revoked.map(pinnedFingerprint).includes(seen)) {
    return new HostUnreachable(
      'host_key_revoked',
      `connect to ${where} refused: it shows ${keyTypeOf(shown)} ${seen}, which is revoked. ` +
        'Whoever has that key can be anybody: give the host a new key and pin that one.',
      { seenHostKey },
    );
  }
  if (expected.includes(seen)) return null;
  if (expected.length === 0) {
    return new HostUnreachable(
      'host_key_unknown',
      `connect to ${where} refused: no host key is pinned for it. It shows ${keyTypeOf(shown)} ${seen}. ` +
        'Compare that on the host (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and pin it with the host.',
      { seenHostKey },
    );
  }
  return new HostUnreachable(
    'host_key_changed',
    `connect to ${where} refused: its host key has changed. Pinned ${expected.join(', ')}, seen ${keyTypeOf(shown)} ${seen}. ` +
      'Find out why before anything else: a new machine gets its new key pinned, anything else is an attack.',
    { seenHostKey },
  );
}
