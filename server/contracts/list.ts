import { z } from 'zod';
import { pageInput } from './endpoint.ts';

/**
 * A list that people sort: `sort` names a column, `-` before it turns the order round. `after` takes the `next` or the
 * `previous` of a page of the same list in the same order.
 */
export function sortedInput<const C extends string>(columns: readonly C[]) {
  const orders = columns.flatMap((column) => [column, `-${column}`] as const);
  return { ...pageInput, after: z.string().max(1_000).optional(), sort: z.enum(orders).optional() };
}

/** As `sortedInput`, for a list that is answered whole when no limit is given. */
export function wholeInput<const C extends string>(columns: readonly C[]) {
  return { ...sortedInput(columns), limit: pageInput.limit.unwrap().optional() };
}

/** `previous`: the page before, also of rows that have come since; null on the first page. */
export function sortedPage<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable(), previous: z.string().nullable() });
}

/** Words as above a list of hosts: text, `label=value`, `-not`. */
export const hostFilterText = z.string().max(500);

/** What one types to find a row. */
export const listSearch = z.string().max(200).optional();
