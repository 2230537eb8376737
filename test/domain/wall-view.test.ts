import { expect, test } from 'vitest';
import { DEFAULT_WALL, wallViewAt } from '../../server/domain/wall-view.ts';

const settings = { views: ['overview', 'hosts', 'jobs'], rotateMs: 10_000 } as const;

test('views turn by the server’s clock, in their order, each for its time', () => {
  const seen = [0, 9_999, 10_000, 20_000, 30_000].map((now) => wallViewAt(settings, now, false));
  expect(seen).toEqual(['overview', 'overview', 'hosts', 'jobs', 'overview']);
});

test('while an incident is open the overview stays, even where it is not among the views', () => {
  expect(wallViewAt(settings, 10_000, true)).toBe('overview');
  expect(wallViewAt({ views: ['jobs'], rotateMs: 10_000 }, 0, true)).toBe('overview');
});

test('a wall that nobody has set up shows the overview', () => {
  expect(wallViewAt(DEFAULT_WALL, 123_456_789, false)).toBe('overview');
});
