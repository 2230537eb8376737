import { z } from 'zod';
import { parseCursor } from '../../db/cursor.ts';
import { Refusal } from '../contracts/errors.ts';

/**
 * Keyset pages: `next` carries the sort keys of the last row, so that what is added meanwhile neither skips nor repeats
 * a row. Opaque to clients.
 */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** `rows` holds one more than `limit` when there is a next page. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  keysOf: (row: T) => readonly (string | number)[],
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, next: more ? keysText(keysOf(last)) : null };
}

/** What `keysAfter` reads. */
export function keysText(keys: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

const instant = z.number().int().min(0).max(8.64e15);
const id = z.number().int().min(0).max(2_147_483_647);
export const pageKeys = {
  instantAndId: z.tuple([instant, id]),
  idPair: z.tuple([id, id]),
  position: z.tuple([id]),
  /** A place in the log, and whether the page is the one before it. */
  place: z.tuple([
    z.string().transform((text, issues) => parseCursor(text) ?? noCursor(issues)),
    z.literal('p').optional(),
  ]),
};

/** The keys in `after`; undefined for the first page. Throws `malformed` for what is no cursor of this list. */
export function keysAfter<S extends z.ZodType>(schema: S, after: string | undefined): z.output<S> | undefined {
  if (after === undefined) return undefined;
  const keys = schema.safeParse(jsonIn(after));
  if (keys.success) return keys.data;
  const message = 'is not the `next` of a page of this list';
  throw new Refusal('malformed', `list refused: \`after\` ${message}. Leave it out to start at the first page.`, {
    errors: [{ path: 'after', message }],
  });
}

function noCursor(issues: z.RefinementCtx): never {
  issues.addIssue('is no place in the log');
  return z.NEVER;
}

/** The JSON in base64url; undefined where there is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
