import { describe, expect, test } from 'vitest';
import * as format from '../../dashboard/live/format.ts';

const at = Date.UTC(2026, 10, 5, 4, 3, 2);

describe('times', () => {
  test('are absolute, with date and zone', () => {
    expect(format.instantText(at)).toBe('2026-11-05 04:03:02 UTC');
    expect(format.clockText(Date.UTC(2026, 0, 1))).toBe('00:00:00');
  });

  test('leave the date out on the same day only', () => {
    expect(format.shortInstantText(at, at + 60_000)).toBe('04:03:02');
    expect(format.shortInstantText(at, at + 86_400_000)).toBe('2026-11-05 04:03:02');
  });

  test.each([
    [0, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [61_000, '1 min 1 s'],
    [3 * 3_600_000 + 5 * 60_000, '3 h 5 min'],
  ])('%i ms have lasted %s', (ms, text) => {
    expect(format.elapsedText(ms)).toBe(text);
  });

  test('relative ones look both ways', () => {
    expect(format.relativeText(at, at + 240_000)).toBe('4 min ago');
    expect(format.relativeText(at + 30_000, at)).toBe('in 30 s');
    expect(format.relativeText(at, at + 400)).toBe('now');
  });
});

describe('numbers', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KiB'],
    [1_500_000, '1.4 MiB'],
    [120 * 1024 ** 3, '120 GiB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(format.bytesText(bytes)).toBe(text);
  });

  test.each([
    [9_999, '9999'],
    [12_499, '12.4k'],
    [999_999, '999k'],
    [1_234_567, '1.2M'],
  ])('%i is counted as %s', (count, text) => {
    expect(format.countText(count)).toBe(text);
  });

  test('names are cut in the middle, since they differ at both ends', () => {
    expect(format.middleCut('edge-frankfurt-web-07', 12)).toBe('edge-f…eb-07');
    expect(format.middleCut('web-07', 12)).toBe('web-07');
    expect(format.middleCut('edge-frankfurt-web-07', 12)).toHaveLength(12);
  });
});
