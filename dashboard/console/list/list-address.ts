import type { SearchParams } from 'sv-router';
import { setParam, textParam } from '../parts/address.ts';

type Params = Pick<SearchParams, 'set' | 'delete' | 'toURLSearchParams'>;

interface Place {
  /** The order of the list where the address names none. */
  standard: string;
  /** Parameters that are filters of the list. */
  filters?: readonly string[];
  /** Before each of its parameters, where a page has several lists. */
  prefix?: string;
}

/** Filters, order and page of one list as they stand in the address, which is where they are kept. */
export class ListAddress {
  readonly standard: string;
  readonly #params: Params;
  readonly #filters: readonly string[];
  readonly #prefix: string;

  constructor(params: Params, { standard, filters = [], prefix = '' }: Place) {
    this.#params = params;
    this.standard = standard;
    this.#filters = filters;
    this.#prefix = prefix;
  }

  /** Empty: not set. */
  text(name: string): string {
    return textParam(this.#params, this.#prefix + name);
  }

  get sort(): string {
    return this.text('sort') || this.standard;
  }

  /** With `?`; for the address of a row, so that the list beside it stays as it is. */
  get search(): string {
    const search = this.#params.toURLSearchParams().toString();
    return search && `?${search}`;
  }

  /** Something narrows the list. */
  get filtered(): boolean {
    return this.#filters.some((name) => this.text(name) !== '');
  }

  /** A filter that is being typed: in place, and from the first page. */
  type(name: string, value: string): void {
    setParam(this.#params, this.#prefix + name, value);
    setParam(this.#params, `${this.#prefix}after`, '');
  }

  /** A choice that the back button takes back: a filter, an order. From the first page. */
  choose(name: string, value: string): void {
    if (value === this.text(name)) return;
    if (value === '') this.#params.delete(this.#prefix + name);
    else this.#params.set(this.#prefix + name, value);
    setParam(this.#params, `${this.#prefix}after`, '');
  }

  /** A click on the head of a column. `first`: how the first one sorts. */
  press(column: string, first: 'up' | 'down'): void {
    const next = turned(this.sort, column, first);
    this.choose('sort', next === this.standard ? '' : next);
  }

  /** To another page; the back button leads back to this one. Null: the first. */
  turn(after: string | null): void {
    if (after === null) this.#params.delete(`${this.#prefix}after`);
    else this.#params.set(`${this.#prefix}after`, after);
  }

  /** The whole list from its first page. */
  clear(): void {
    for (const name of this.#filters) setParam(this.#params, this.#prefix + name, '');
    this.turn(null);
  }
}

/** The order after a click on a column's head: up, then down. */
export function turned(sort: string, column: string, first: 'up' | 'down' = 'up'): string {
  const [one, other] = first === 'up' ? [column, `-${column}`] : [`-${column}`, column];
  return sort === one ? other : one;
}
