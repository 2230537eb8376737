import { hkdfSync } from 'node:crypto';
import { seal, unseal } from '../seal.ts';

/**
 * Some answers hold a secret that the database must not know (a new token, a sign-in link). So stored answers are
 * encrypted under the caller's own key, of which the database keeps a hash only.
 */
export function sealAnswer(answer: unknown, key: string, rowKey: string): string {
  return seal(derivedKey(key, rowKey), JSON.stringify(answer), rowKey);
}

export function openAnswer(sealed: string, key: string, rowKey: string): unknown {
  return JSON.parse(unseal(derivedKey(key, rowKey), sealed, rowKey));
}

function derivedKey(key: string, rowKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, rowKey, 'signalbox idempotency answer', 32));
}
