import { createHash, randomBytes } from 'node:crypto';

/** A new secret of 256 random bits. `prefix` lets people and secret scanners tell what it is. */
export function newSecret(prefix = ''): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** What the database keeps of a secret. A plain SHA-256 is enough: 256 random bits cannot be guessed. */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
