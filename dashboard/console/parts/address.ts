import type { SearchParams } from 'sv-router';

/** A filter as it stands in the address; empty: not set. Versions such as `4.2` come back from the router as numbers. */
export function textParam(params: SearchParams, name: string): string {
  return String(params.get(name) ?? '');
}

/** Sets a filter in the address in place: typing must not fill the history. */
export function setParam(params: SearchParams, name: string, value: string): void {
  if (value === '') params.delete(name, undefined, { replace: true });
  else params.set(name, value, { replace: true });
}
