import type { SearchParams } from 'sv-router';

/** A filter as it stands in the address; empty: not set. The router's own `get` turns `4.20` into the number 4.2. */
export function textParam(params: Pick<SearchParams, 'toURLSearchParams'>, name: string): string {
  return params.toURLSearchParams().get(name) ?? '';
}

/** Sets a filter in the address in place: typing must not fill the history. */
export function setParam(params: Pick<SearchParams, 'set' | 'delete'>, name: string, value: string): void {
  if (value === '') params.delete(name, undefined, { replace: true });
  else params.set(name, value, { replace: true });
}
