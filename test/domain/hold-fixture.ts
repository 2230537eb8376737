import type { Hold } from '../../server/domain/holds.ts';

/** A hold on everything, in force from the beginning and without an end. */
export function holdOf(change: Partial<Hold> = {}): Hold {
  return {
    id: '1',
    scope: {},
    reason: 'Q3 close',
    owner: 'Ana',
    from: null,
    until: null,
    releasedAt: null,
    strict: false,
    ...change,
  };
}
