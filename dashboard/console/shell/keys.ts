/** What a key means in the console. Pure: who listens does it. */

/** After `g`: the letter of each page, and where it is. */
export const pageKeys = {
  r: ['Releases', '/releases'],
  c: ['Channels', '/channels'],
  p: ['Pipelines', '/pipelines'],
  x: ['Recalls', '/recalls'],
  a: ['Activity', '/activity'],
  v: ['Approvals', '/approvals'],
  i: ['Incidents', '/incidents'],
  e: ['Environments', '/environments'],
  h: ['Hosts', '/hosts'],
  o: ['Holds', '/holds'],
  l: ['Log', '/log'],
  d: ['Displays', '/displays'],
  u: ['People', '/people'],
} as const satisfies Record<string, readonly [label: string, path: string]>;

export type PagePath = (typeof pageKeys)[keyof typeof pageKeys][1];

export type KeyCommand =
  | { readonly code: 'go'; readonly path: PagePath }
  | { readonly code: 'filter' | 'next' | 'previous' | 'help' | 'await' };

/** Milliseconds that `g` waits for its letter. */
export const GO_MS = 1_500;

const single = { '/': 'filter', j: 'next', k: 'previous', '?': 'help', g: 'await' } as const;

/** `going`: `g` has just been pressed. Null: the key is not ours. */
export function keyCommand(key: string, going: boolean): KeyCommand | null {
  if (going)
    return Object.hasOwn(pageKeys, key) ? { code: 'go', path: pageKeys[key as keyof typeof pageKeys][1] } : null;
  return Object.hasOwn(single, key) ? { code: single[key as keyof typeof single] } : null;
}

/** The place in a list of `count` rows that `j` or `k` leads to from `at`; -1: nothing has the focus yet. */
export function nextPlace(at: number, step: 1 | -1, count: number): number {
  if (at < 0) return step > 0 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, at + step));
}
