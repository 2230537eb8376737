import { expect, test } from 'vitest';
import {
  compareShare,
  percentOfPpm,
  ppmOfPercent,
  ppmOfRatio,
  quantityText,
  roundedDown,
  roundedUp,
} from '../../server/domain/quantity.ts';

test.each([
  [0.95, 950_000],
  [0, 0],
  [1, 1_000_000],
  [0.0000005, 1],
  [0.00000049, 0],
  [0.9999995, 1_000_000],
  [0.1234565, 123_457],
  [1e-7, 0],
])('the ratio %d is %d parts per million, finer digits rounded half up', (ratio, ppm) => {
  expect(ppmOfRatio(ratio)).toBe(ppm);
});

test.each([
  [33.4, 334_000],
  [0.00005, 1],
  [33.33335, 333_334],
  [57.00005, 570_001],
  [100, 1_000_000],
])('%d per cent is %d parts per million', (percent, ppm) => {
  expect(ppmOfPercent(percent)).toBe(ppm);
});

test('a share of things is rounded up or down, a count stays', () => {
  expect([roundedUp({ ppm: 250_000 }, 10), roundedDown({ ppm: 250_000 }, 10)]).toEqual([3, 2]);
  expect([roundedUp({ ppm: 500_000 }, 10), roundedDown({ ppm: 500_000 }, 10)]).toEqual([5, 5]);
  expect([roundedUp({ count: 7 }, 3), roundedDown({ count: 7 }, 3)]).toEqual([7, 7]);
});

test('shares are compared exactly, also of more than 104 days', () => {
  expect(compareShare(95, 100, 950_000)).toBe(0);
  expect(compareShare(94, 100, 950_000)).toBeLessThan(0);
  const year = 31_557_600_000 * 20;
  expect(compareShare(year * 0.95, year, 950_000)).toBe(0);
  expect(compareShare(year * 0.95 + 1, year, 950_000)).toBeGreaterThan(0);
  expect(compareShare(year * 0.95 - 1, year, 950_000)).toBeLessThan(0);
  // As floats both products are 33 333 300 001 000 000.
  expect(compareShare(33_333_300_001, 100_000_000_003, 333_333)).toBe(1);
});

test('quantities are written as people write them', () => {
  expect(quantityText({ count: 3 })).toBe('3');
  expect(quantityText({ ppm: 334_000 })).toBe('33.4 %');
  expect(percentOfPpm(950_000)).toBe(95);
});
