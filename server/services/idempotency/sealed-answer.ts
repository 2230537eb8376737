import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Some answers hold a secret that the database must not know (a new token, a sign-in link). So stored answers are
 * encrypted under the caller's own key, of which the database keeps a hash only.
 */
export function sealAnswer(answer: unknown, key: string, rowKey: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', derivedKey(key, rowKey), iv);
  const text = Buffer.concat([cipher.update(JSON.stringify(answer)), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64');
}

export function openAnswer(sealed: string, key: string, rowKey: string): unknown {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', derivedKey(key, rowKey), bytes.subarray(0, IV_BYTES));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  return JSON.parse(text.toString());
}

function derivedKey(key: string, rowKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, rowKey, 'signalbox idempotency answer', 32));
}
