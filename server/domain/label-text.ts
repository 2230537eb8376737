import type { Labels } from './views.ts';

/** A release's labels as the one line that clients keep of them: `hotfix=true, ring=2`; undefined when it has none. */
export function labelText(labels: Labels): string | undefined {
  const pairs = Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
  return pairs.length === 0 ? undefined : pairs.sort().join(', ');
}
