import { expect, test } from 'vitest';
import { counted, durationText, instantText, listed } from '../../server/domain/wording.ts';

test('an instant reads as a time in UTC, with seconds only where there are some', () => {
  expect(instantText(Date.UTC(2026, 10, 25, 3, 0))).toBe('2026-11-25 03:00 UTC');
  expect(instantText(Date.UTC(2026, 10, 25, 3, 0, 5))).toBe('2026-11-25 03:00:05 UTC');
});

test('a duration reads in its two largest units', () => {
  expect(durationText(0)).toBe('0 ms');
  expect(durationText(999)).toBe('999 ms');
  expect(durationText(1_000)).toBe('1 s');
  expect(durationText(90_000)).toBe('1 min 30 s');
  expect(durationText(3_600_000)).toBe('1 h');
  expect(durationText(187_200_000 + 59_000)).toBe('2 d 4 h');
});

test('counts and lists read as people write them', () => {
  expect(counted(1, 'host')).toBe('1 host');
  expect(counted(0, 'host')).toBe('0 hosts');
  expect(counted(2, 'policy', 'policies')).toBe('2 policies');
  expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ]);
});
