import { expect, test } from 'vitest';
import {
  ALWAYS_OPEN,
  firstOpen,
  scheduleFaults,
  windowClosed,
  windowState,
  type MaintenanceWindow,
  type Weekday,
} from '../../server/domain/windows.ts';

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const tuesday = { timeZone: 'UTC', windows: [{ days: ['tue'], start: '10:00', end: '12:00' }] as MaintenanceWindow[] };
const never = { timeZone: 'UTC', windows: [{ days: [], start: '10:00', end: '12:00' }] };

test('the first opening is now while open, else the next one, and none where no day is named', () => {
  expect(firstOpen(tuesday, at('2026-11-17T10:00:00Z'))).toBe(at('2026-11-17T10:00:00Z'));
  expect(firstOpen(tuesday, at('2026-11-17T12:00:00Z'))).toBe(at('2026-11-24T10:00:00Z'));
  expect(firstOpen(ALWAYS_OPEN, 5)).toBe(5);
  expect(firstOpen(never, 5)).toBeNull();
  expect(windowState(never, 5)).toEqual({ open: false, nextOpen: null, nextClose: null });
});

test('a closed window is a reason with the instant at which it ends', () => {
  expect(windowClosed(windowState(tuesday, at('2026-11-17T11:00:00Z')))).toBeNull();
  expect(windowClosed(windowState(tuesday, at('2026-11-17T12:00:00Z')))).toEqual({
    code: 'window_closed',
    sentence: 'The maintenance window is closed until 2026-11-24 10:00 UTC.',
    until: at('2026-11-24T10:00:00Z'),
  });
  expect(windowClosed(windowState(never, 0))).toEqual({
    code: 'window_closed',
    sentence: 'The maintenance window is closed.',
  });
});

test('a schedule is saved only with a known zone, days and times', () => {
  const codes = (schedule: Parameters<typeof scheduleFaults>[0]) => scheduleFaults(schedule).map(({ code }) => code);
  expect(codes(tuesday)).toEqual([]);
  expect(codes(ALWAYS_OPEN)).toEqual([]);
  expect(codes({ ...tuesday, timeZone: 'Mars/Olympus' })).toEqual(['unknown_time_zone']);
  expect(codes(never)).toEqual(['no_days']);
  const odd: MaintenanceWindow = { days: ['tue', 'xyz' as Weekday], start: '24:00', end: '9:00' };
  expect(codes({ timeZone: 'UTC', windows: [odd] })).toEqual(['unknown_day', 'bad_time', 'bad_time']);
  const edges = { days: ['mon' as const], start: '00:00', end: '23:59' };
  expect(codes({ timeZone: 'UTC', windows: [edges] })).toEqual([]);
  expect(scheduleFaults({ timeZone: 'UTC', windows: [edges, odd] })[0]?.sentence).toMatch(/^windows\[1\]: "xyz"/);
});
