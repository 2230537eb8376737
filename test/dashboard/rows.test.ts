import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endedCount, progressSegments, totalCount } from '../../dashboard/console/parts/progress-segments.ts';
import { rowWindow, scrollToRow } from '../../dashboard/console/parts/row-window.ts';

describe('a long list shows only the rows in view', () => {
  const view = { count: 10_000, rowHeight: 36, viewHeight: 720, overscan: 5 };

  test('at the top, in the middle and at the end', () => {
    expect(rowWindow({ ...view, scrollTop: 0 })).toEqual({ first: 0, end: 25, before: 0, after: 9_975 * 36 });
    expect(rowWindow({ ...view, scrollTop: 3_600 })).toMatchObject({ first: 95, end: 125 });
    expect(rowWindow({ ...view, scrollTop: 999_999 })).toMatchObject({ end: 10_000, after: 0 });
  });

  test('a list shorter than the view shows all of it', () => {
    expect(rowWindow({ ...view, count: 3, scrollTop: 500 })).toEqual({ first: 0, end: 3, before: 0, after: 0 });
    expect(rowWindow({ ...view, count: 0, scrollTop: 0 })).toEqual({ first: 0, end: 0, before: 0, after: 0 });
  });

  test('the rows shown and the room for the others always make the whole list, and cover the view', () => {
    fc.assert(
      fc.property(
        fc.nat(20_000),
        fc.integer({ min: 1, max: 80 }),
        fc.nat(900_000),
        fc.nat(2_000),
        (count, rowHeight, scrollTop, viewHeight) => {
          const { first, end, before, after } = rowWindow({ count, rowHeight, scrollTop, viewHeight });
          expect(before + (end - first) * rowHeight + after).toBe(count * rowHeight);
          const top = Math.min(scrollTop, Math.max(0, count * rowHeight - viewHeight));
          expect(before).toBeLessThanOrEqual(top);
          expect(end * rowHeight).toBeGreaterThanOrEqual(Math.min(count * rowHeight, top + viewHeight));
        },
      ),
    );
  });

  test('a row outside the view is brought in with the least movement', () => {
    const scroll = { rowHeight: 36, scrollTop: 360, viewHeight: 180 };
    expect(scrollToRow(12, scroll)).toBe(360);
    expect(scrollToRow(2, scroll)).toBe(72);
    expect(scrollToRow(20, scroll)).toBe(576);
  });
});

const none = {
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  unreachable: 0,
  skipped: 0,
  cancelled: 0,
  not_started: 0,
};

describe('the parts of a progress bar', () => {
  test('a job without hosts has no parts', () => {
    expect(progressSegments(none)).toEqual([]);
  });

  test('shares follow the counts', () => {
    expect(progressSegments({ ...none, succeeded: 3, pending: 1 }).map(({ status, ppm }) => [status, ppm])).toEqual([
      ['succeeded', 750_000],
      ['pending', 250_000],
    ]);
  });

  test('one failed host of ten thousand can be seen', () => {
    const failed = progressSegments({ ...none, succeeded: 9_999, failed: 1 }).find(({ status }) => status === 'failed');
    expect(failed?.ppm).toBe(12_000);
  });

  test('the parts make exactly the whole, each at least as wide as the least', () => {
    const count = fc.oneof(fc.constant(0), fc.nat(20_000));
    const counts = fc.record({
      pending: count,
      running: count,
      succeeded: count,
      failed: count,
      unreachable: count,
      skipped: count,
      cancelled: count,
      not_started: count,
    });
    fc.assert(
      fc.property(counts, (given) => {
        const segments = progressSegments(given);
        fc.pre(segments.length > 0);
        expect(segments.reduce((sum, { ppm }) => sum + ppm, 0)).toBe(1_000_000);
        for (const { ppm, count } of segments) {
          expect(count).toBeGreaterThan(0);
          expect(ppm).toBeGreaterThan(11_000);
        }
      }),
    );
  });

  test('what has a result is neither pending nor running', () => {
    const counts = { ...none, pending: 5, running: 2, succeeded: 1, failed: 1, skipped: 1 };
    expect([endedCount(counts), totalCount(counts)]).toEqual([3, 10]);
  });
});
