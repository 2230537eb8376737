import { isTimeZone, localDate, mergedSpans } from './calendar.ts';
import type { Span } from './calendar.ts';
import type { Reason } from './reason.ts';
import { instantText } from './wording.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/**
 * Weekly. `start` and `end` are local times, 00:00 to 23:59; `end` ≤ `start` runs into the next day. Rule: section 8.
 */
export interface MaintenanceWindow {
  readonly days: readonly Weekday[];
  readonly start: string;
  readonly end: string;
}

/** The windows of a product or an environment, in one IANA zone. None: always open. */
export interface WindowSchedule {
  readonly timeZone: string;
  readonly windows: readonly MaintenanceWindow[];
}

export interface WindowState {
  readonly open: boolean;
  /** Epoch ms; null while open. */
  readonly nextOpen: number | null;
  /** Epoch ms; null while closed, or when it never closes. */
  readonly nextClose: number | null;
}

export const ALWAYS_OPEN: WindowSchedule = { timeZone: 'UTC', windows: [] };

const OPEN_FOR_EVER: WindowState = { open: true, nextOpen: null, nextClose: null };
const CLOSED_FOR_EVER: WindowState = { open: false, nextOpen: null, nextClose: null };

/**
 * Days looked ahead: two weeks find every opening and nearly every close; more than a year sees each DST day a close
 * may hide in.
 */
const HORIZONS = [16, 400] as const;

/** Whether the schedule is open at an instant, and when that changes next. Rule: section 8. */
export function windowState(schedule: WindowSchedule, at: number): WindowState {
  if (schedule.windows.length === 0) return OPEN_FOR_EVER;
  let state = CLOSED_FOR_EVER;
  for (const days of HORIZONS) {
    const spans = occurrences(schedule, at, days);
    const next = spans.find(({ to }) => at < to);
    if (!next) continue;
    if (at < next.from) return { open: false, nextOpen: next.from, nextClose: null };
    if (next !== spans.at(-1)) return { open: true, nextOpen: null, nextClose: next.to };
    state = OPEN_FOR_EVER;
  }
  return state;
}

/** The earliest instant, not before `at`, at which the schedule is open; null when it never opens. Rule: section 8. */
export function firstOpen(schedule: WindowSchedule, at: number): number | null {
  const { open, nextOpen } = windowState(schedule, at);
  return open ? at : nextOpen;
}

/** Two days back: an occurrence of yesterday reaches into today, and DST may move its end past midnight. */
function occurrences({ timeZone, windows }: WindowSchedule, at: number, days: number): Span[] {
  const first = localDate(at, timeZone).subtract({ days: 2 });
  const spans: Span[] = [];
  for (let day = 0; day <= days + 3; day += 1) {
    const date = first.add({ days: day });
    for (const window of windows) {
      if (window.days.includes(WEEKDAYS[date.dayOfWeek - 1]!)) spans.push(occurrence(window, date, timeZone));
    }
  }
  return mergedSpans(spans);
}

/**
 * `compatible` is the rule: a time that DST skips moves forward by the gap, of one that occurs twice the first counts.
 */
function occurrence({ start, end }: MaintenanceWindow, date: Temporal.PlainDate, timeZone: string): Span {
  const instantOf = (day: Temporal.PlainDate, time: string) =>
    day.toPlainDateTime(time).toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds;
  return { from: instantOf(date, start), to: instantOf(end <= start ? date.add({ days: 1 }) : date, end) };
}

/** Why nothing starts by itself now, null while open. Rule: section 8. */
export function windowClosed({ open, nextOpen }: WindowState): Reason<'window_closed'> | null {
  if (open) return null;
  if (nextOpen === null) return { code: 'window_closed', sentence: 'The maintenance window is closed.' };
  const sentence = `The maintenance window is closed until ${instantText(nextOpen)}.`;
  return { code: 'window_closed', sentence, until: nextOpen };
}

/** Why nothing starts in an environment now, null while a window of it is open. Rule: section 8. */
export function environmentClosed(
  environment: string,
  { open, nextOpen }: Pick<WindowState, 'open' | 'nextOpen'>,
): Reason<'window_closed'> | null {
  if (open) return null;
  const opening = nextOpen === null ? 'None will open.' : `The next one opens at ${instantText(nextOpen)}.`;
  const sentence = `No maintenance window of ${environment} is open. ${opening}`;
  return { code: 'window_closed', sentence, until: nextOpen ?? undefined };
}

export type ScheduleFaultCode = 'unknown_time_zone' | 'no_days' | 'unknown_day' | 'bad_time';

/** What is wrong with a schedule that somebody wants to save; none: it may be saved. Rule: section 8. */
export function scheduleFaults({ timeZone, windows }: WindowSchedule): Reason<ScheduleFaultCode>[] {
  const faults = windows.flatMap((window, index) => windowFaults(window, `windows[${index}]`));
  if (isTimeZone(timeZone)) return faults;
  const sentence = `timeZone "${timeZone}" is no IANA time zone. Write one like Europe/Berlin.`;
  return [{ code: 'unknown_time_zone', sentence, timeZone }, ...faults];
}

function windowFaults({ days, start, end }: MaintenanceWindow, path: string): Reason<ScheduleFaultCode>[] {
  const faults: Reason<ScheduleFaultCode>[] = [];
  if (days.length === 0) faults.push({ code: 'no_days', sentence: `${path} names no day. Name at least one.`, path });
  for (const day of days.filter((name) => !WEEKDAYS.includes(name))) {
    faults.push({ code: 'unknown_day', sentence: `${path}: "${day}" is none of ${WEEKDAYS.join(', ')}.`, path, day });
  }
  for (const time of [start, end].filter((text) => !/^([01]\d|2[0-3]):[0-5]\d$/.test(text))) {
    faults.push({ code: 'bad_time', sentence: `${path}: "${time}" is no local time from 00:00 to 23:59.`, path, time });
  }
  return faults;
}
