import { z } from 'zod';
import type { Seek, SortPlace } from '../../db/queries/sorted.ts';
import { Refusal } from '../contracts/errors.ts';
import { jsonIn } from './page.ts';

/** The limit of a list that is answered whole unless somebody pages through it. */
export const EVERY_ROW = 100_000;

export interface SortedInput<C extends string> {
  sort?: C | `-${C}` | undefined;
  after?: string | undefined;
  limit: number;
}

export interface SortedPage<T> {
  items: T[];
  next: string | null;
  previous: string | null;
}

/** The order, the direction (`n` towards the end, `p` towards the beginning), the sort key, the id. */
const cursor = z.tuple([z.string(), z.enum(['n', 'p']), z.string(), z.number().int().min(0).max(2_147_483_647)]);

/**
 * One page of a list that is sorted by any of its columns. `find` answers with places in the order of the seek, `views`
 * with the rows of these ids in any order; a row that is gone between the two is left out. Refusal: `malformed`.
 */
export async function sortedPage<C extends string, View extends { id: number }>(
  { sort, after, limit }: SortedInput<C>,
  standard: C | `-${C}`,
  find: (seek: Seek<C>, limit: number) => Promise<SortPlace[]>,
  views: (ids: number[]) => Promise<View[]>,
): Promise<SortedPage<View>> {
  const order = sort ?? standard;
  const seek = seekOf<C>(order, after);
  const found = await find(seek, limit + 1);
  const more = found.length > limit;
  const places = found.slice(0, limit);
  if (seek.backward) places.reverse();
  const byId = new Map((await views(places.map(({ id }) => id))).map((view) => [view.id, view]));
  const hasNext = seek.backward || more;
  const hasPrevious = seek.backward ? more : seek.place !== undefined;
  return {
    items: places.flatMap(({ id }) => byId.get(id) ?? []),
    next: hasNext ? written(order, 'n', places.at(-1)) : null,
    previous: hasPrevious ? written(order, 'p', places[0]) : null,
  };
}

function seekOf<C extends string>(order: string, after: string | undefined): Seek<C> {
  const descending = order.startsWith('-');
  const column = (descending ? order.slice(1) : order) as C;
  if (after === undefined) return { column, descending, backward: false, place: undefined };
  const read = cursor.safeParse(jsonIn(after));
  if (!read.success) throw noPage('is not the `next` or `previous` of a page of this list');
  const [of, direction, key, id] = read.data;
  if (of !== order) throw noPage(`is a page of the list sorted by ${of}, not by ${order}`);
  return { column, descending, backward: direction === 'p', place: { key, id } };
}

function written(order: string, direction: 'n' | 'p', place: SortPlace | undefined): string | null {
  return place ? Buffer.from(JSON.stringify([order, direction, place.key, place.id])).toString('base64url') : null;
}

function noPage(message: string): Refusal {
  return new Refusal('malformed', `list refused: \`after\` ${message}. Leave it out to start at the first page.`, {
    errors: [{ path: 'after', message }],
  });
}
