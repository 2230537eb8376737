import { createHash } from 'node:crypto';
import type { Actor } from '../verb.ts';

/** The row of a key: two callers may choose the same key and never meet. */
export function rowKeyOf(caller: Pick<Actor, 'kind' | 'id'>, key: string): string {
  return sha256(`${caller.kind} ${caller.id}\n${key}`);
}

/** The advisory lock of a row: its first 64 bits, as the signed number that PostgreSQL wants. */
export function lockKeyOf(rowKey: string): string {
  return BigInt.asIntN(64, BigInt(`0x${rowKey.slice(0, 16)}`)).toString();
}

/** Equal for the same request, however its fields are ordered. */
export function requestHashOf(endpoint: string, input: unknown): string {
  return sha256(`${endpoint}\n${canonicalJson(input)}`);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
