import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { moreNames, roomFor } from '../../dashboard/wall/failing-rows.ts';
import { layoutMap, namedTiles, squares } from '../../dashboard/wall/map-layout.ts';
import { scaleOf } from '../../dashboard/wall/scale.ts';

const spacing = { gap: 2, groupGap: 12, label: { width: 120, height: 30 } };

describe('the host map', () => {
  test('has every host inside the box, for any fleet that fits at all', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 300, max: 3000 }),
        fc.integer({ min: 200, max: 1500 }),
        (groups, width, height) => {
          const layout = layoutMap(groups, { width, height }, squares(60, 2), spacing, 0.5);
          layout?.groups.forEach(({ left, top, columns }, at) => {
            const step = layout.cell.width + spacing.gap;
            const rows = Math.ceil((groups[at] ?? 0) / columns);
            expect(left + columns * step - spacing.gap).toBeLessThanOrEqual(width + 0.001);
            expect(top + rows * step - spacing.gap).toBeLessThanOrEqual(height + 0.001);
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('gives few hosts large tiles, ten thousand small ones, and finds room for both', () => {
    const box = { width: 1000, height: 400 };
    const few = layoutMap([6, 3, 3], box, namedTiles(8, 53, 17), spacing, 0.7);
    expect(few?.cell.type).toBeGreaterThan(20);
    const many = layoutMap([5000, 2500, 2500], box, squares(60, 2), { ...spacing, gap: 1 }, 0.5);
    expect(many?.cell.width).toBeGreaterThanOrEqual(4);
  });

  test('lets the names of the groups go before it lets the hosts become dots', () => {
    const layout = layoutMap(
      Array.from({ length: 20 }, () => 20),
      { width: 600, height: 120 },
      squares(60, 2),
      spacing,
      0.5,
    );
    expect(layout?.groups.every(({ label }) => label === null)).toBe(true);
  });

  test('answers null, not nonsense, when there is no room at all', () => {
    expect(layoutMap([100_000], { width: 50, height: 50 }, squares(10, 2), spacing, 0.5)).toBeNull();
  });
});

describe('rows of failing hosts', () => {
  const failing = (count: number) => Array.from({ length: count }, (_, at) => `host-${at}`);

  test('one host has two lines for its reason; from four on the rest is named below', () => {
    expect(roomFor(1)).toEqual({ rows: 1, lines: 2 });
    expect(roomFor(3)).toEqual({ rows: 3, lines: 1 });
    expect(moreNames(failing(3).slice(roomFor(3).rows))).toBeNull();
    expect(moreNames(failing(5).slice(roomFor(5).rows))).toEqual({ count: 2, names: 'host-3, host-4' });
  });

  test('however many there are, the number is said and the names end in dots', () => {
    const more = moreNames(failing(3000).slice(3));
    expect(more?.count).toBe(2997);
    expect(more?.names).toMatch(/, …$/);
    expect(more?.names.length).toBeLessThan(140);
  });
});

describe('the scale', () => {
  test.each([
    ['', 1],
    ['?inches=55&metres=5', 0.974],
    ['?inches=43&metres=5', 1.245],
    ['?inches=75', 0.75],
    ['?inches=24&metres=9', 1.3],
    ['?inches=zero&metres=-1', 1],
  ])('%s is %d', (search, scale) => {
    expect(scaleOf(search)).toBeCloseTo(scale, 3);
  });
});
