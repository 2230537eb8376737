import { expect, test } from 'vitest';
import { bytesText, counted, durationText, instantText, listed } from '../../server/domain/wording.ts';

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

test('a size reads in three figures at the most', () => {
  const sizes = [0, 999, 1_000, 1_024, 1_024 * 99.9, 1_024 * 100, 1_024 * 100.5, 1_024 ** 2, 1_024 ** 5 * 1_000];
  expect(sizes.map((bytes) => bytesText(bytes))).toEqual([
    '0 B',
    '999 B',
    '1.0 KiB',
    '1.0 KiB',
    '99.9 KiB',
    '100 KiB',
    '101 KiB',
    '1.0 MiB',
    '1024000 TiB',
  ]);
});
