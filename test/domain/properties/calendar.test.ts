import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterCounted, countedSpans, totalMs, weekendsWithin } from '../../../server/domain/calendar.ts';
import { WEEKDAYS, windowState, type MaintenanceWindow } from '../../../server/domain/windows.ts';

const HOUR = 3_600_000;
const YEAR_START = Temporal.Instant.from('2026-01-01T00:00:00Z').epochMilliseconds;
const instant = fc.integer({ min: 0, max: 365 * 24 * HOUR }).map((ms) => YEAR_START + ms);
const timeZone = fc.constantFrom(
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Kiritimati',
  'Africa/Cairo',
);
const time = fc
  .integer({ min: 0, max: 95 })
  .map(
    (quarter) => `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`,
  );
const window = fc.record({ days: fc.subarray([...WEEKDAYS], { minLength: 1 }), start: time, end: time });
const windows = fc.array(window, { minLength: 1, maxLength: 3 });

test('the instant after so much counted time is the first with so much behind it', () => {
  fc.assert(
    fc.property(
      instant,
      fc.integer({ min: 1, max: 31 * 24 * HOUR }),
      timeZone,
      fc.boolean(),
      (from, ms, zone, exclude) => {
        const calendar = { timeZone: zone, excludeWeekends: exclude, outages: [] };
        const to = afterCounted(from, ms, calendar);
        expect(totalMs(countedSpans({ from, to }, calendar))).toBe(ms);
        expect(totalMs(countedSpans({ from, to: to - 1 }, calendar))).toBe(ms - 1);
      },
    ),
    { numRuns: 150 },
  );
});

test('a weekend is local Saturday and Sunday, and nothing else is', () => {
  fc.assert(
    fc.property(instant, timeZone, (at, zone) => {
      const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).dayOfWeek;
      const inside = weekendsWithin({ from: at, to: at + 1 }, zone).some(({ from, to }) => from <= at && at < to);
      expect(inside).toBe(day >= 6);
    }),
    { numRuns: 150 },
  );
});

/** Away from DST the local clock alone decides. */
function openByTheClock(list: readonly MaintenanceWindow[], at: number): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO('UTC');
  const clock = local.toPlainTime().toString({ smallestUnit: 'minute' });
  const today = WEEKDAYS[local.dayOfWeek - 1]!;
  const yesterday = WEEKDAYS[(local.dayOfWeek + 5) % 7]!;
  return list.some(({ days, start, end }) => {
    const overnight = end <= start;
    const begun = days.includes(today) && start <= clock && (overnight || clock < end);
    return begun || (overnight && days.includes(yesterday) && clock < end);
  });
}

test('away from DST a schedule is open when the clock on the wall says so', () => {
  fc.assert(
    fc.property(windows, instant, (list, at) => {
      expect(windowState({ timeZone: 'UTC', windows: list }, at).open).toBe(openByTheClock(list, at));
    }),
    { numRuns: 300 },
  );
});

test('the next opening and the next close are the first instants at which that changes', () => {
  fc.assert(
    fc.property(windows, timeZone, instant, (list, zone, at) => {
      const schedule = { timeZone: zone, windows: list };
      const { open, nextOpen, nextClose } = windowState(schedule, at);
      const change = open ? nextClose : nextOpen;
      expect(open ? nextOpen : nextClose).toBeNull();
      if (change === null) return;
      expect(change).toBeGreaterThan(at);
      expect(windowState(schedule, change).open).toBe(!open);
      expect(windowState(schedule, change - 1).open).toBe(open);
      const half = at + Math.floor((change - at) / 2);
      expect(windowState(schedule, half)).toEqual({ open, nextOpen, nextClose });
    }),
    { numRuns: 200 },
  );
});
