import type { SearchParams } from 'sv-router';
import { setParam, textParam } from '../parts/address.ts';

type Params = Pick<SearchParams, 'set' | 'delete' | 'toURLSearchParams'>;

/** The order and the page that stand in the address. */
export function placeIn(params: Params, standard: string): { sort: string; after: string | undefined } {
  return { sort: textParam(params, 'sort') || standard, after: textParam(params, 'after') || undefined };
}

/** A filter that is being typed: in place, and from the first page. */
export function setFilter(params: Params, name: string, value: string): void {
  setParam(params, name, value);
  setParam(params, 'after', '');
}

/** A choice that the back button takes back: a filter, an order. From the first page. */
export function choose(params: Params, name: string, value: string): void {
  if (value === textParam(params, name)) return;
  if (value === '') params.delete(name);
  else params.set(name, value);
  setParam(params, 'after', '');
}

/** To another page; the back button leads back to this one. */
export function turnTo(params: Params, after: string | null): void {
  if (after === null) params.delete('after');
  else params.set('after', after);
}

/** The order after a click on a column's head: up, then down. */
export function turned(sort: string, column: string, first: 'up' | 'down' = 'up'): string {
  const [one, other] = first === 'up' ? [column, `-${column}`] : [`-${column}`, column];
  return sort === one ? other : one;
}
