/** Pages of lists that people sort, by keyset in either direction. */
import { and, asc, desc, sql, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Reader } from '../connect.ts';

/** What a list is sorted by: never null, or rows would be left out of every page. */
export interface SortColumn {
  readonly by: SQL | PgColumn;
  readonly type: 'text' | 'timestamptz' | 'bigint';
}

/** Where a page begins, exclusive: the sort key as PostgreSQL writes it, and the id that tells equal keys apart. */
export interface SortPlace {
  readonly key: string;
  readonly id: number;
}

export interface Seek<C extends string = string> {
  readonly column: C;
  readonly descending: boolean;
  /** Reads towards the first row; the rows come in that order. */
  readonly backward: boolean;
  readonly place: SortPlace | undefined;
}

export interface SortedList<C extends string = string> {
  readonly table: PgTable;
  readonly id: PgColumn;
  readonly columns: Readonly<Record<C, SortColumn>>;
}

/** `limit` rows at most, by (key, id): what is inserted meanwhile neither skips nor repeats a row. */
export async function sortedIds<C extends string>(
  reader: Reader,
  { table, id, columns }: SortedList<C>,
  where: SQL | undefined,
  { column, descending, backward, place }: Seek<C>,
  limit: number,
): Promise<SortPlace[]> {
  const { by, type } = columns[column];
  const key = sql`(${by})`;
  const up = descending === backward;
  const begin = place && sql`(${sql`${place.key}::${sql.raw(type)}`}, ${place.id}::int)`;
  const seek = begin && sql`(${key}, ${id}) ${up ? sql`>` : sql`<`} ${begin}`;
  const turn = up ? asc : desc;
  return reader
    .select({ id: sql<number>`${id}`, key: sql<string>`(${key})::text` })
    .from(table)
    .where(and(where, seek))
    .orderBy(turn(key), turn(id))
    .limit(limit);
}

export async function countRows(reader: Reader, { table }: SortedList, where: SQL | undefined): Promise<number> {
  const [row] = await reader
    .select({ count: sql<number>`count(*)::int` })
    .from(table)
    .where(where);
  return row?.count ?? 0;
}

/** How many rows have each value of it. */
export function countBy<T>(reader: Reader, { table }: SortedList, value: SQL<T>, where: SQL | undefined) {
  return reader
    .select({ value, count: sql<number>`count(*)::int` })
    .from(table)
    .where(where)
    .groupBy(value);
}

/** Every word of it somewhere in the texts, whatever its case; undefined: anything. */
export function containing(texts: readonly (SQL | PgColumn)[], words: string | undefined): SQL | undefined {
  const wanted = words?.split(/\s+/).filter(Boolean) ?? [];
  const all = sql`lower(concat_ws(' ', ${sql.join([...texts], sql`, `)}))`;
  return and(...wanted.map((word) => sql`strpos(${all}, lower(${word})) > 0`));
}
