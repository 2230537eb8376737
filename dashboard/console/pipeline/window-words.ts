import {
  WEEKDAYS,
  windowState,
  type MaintenanceWindow,
  type Weekday,
  type WindowSchedule,
  type WindowState,
} from '../../../server/domain/windows.ts';

export const dayWords = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
} as const satisfies Record<Weekday, string>;

/** `Mon–Thu 09:00–16:00 and Sat 22:00–04:00, Europe/Berlin`; no window is always open. Rule: section 8. */
export function scheduleText({ timeZone, windows }: WindowSchedule): string {
  if (windows.length === 0) return 'always open';
  return `${windows.map(windowText).join(' and ')}, ${timeZone}`;
}

function windowText({ days, start, end }: MaintenanceWindow): string {
  return `${daysText(days)} ${start}–${end}${end <= start ? ' of the next day' : ''}`;
}

/** Runs of days in the order of the week: `Mon–Thu, Sat`. */
export function daysText(days: readonly Weekday[]): string {
  if (days.length === WEEKDAYS.length) return 'every day';
  const runs: Weekday[][] = [];
  for (const day of WEEKDAYS) {
    if (!days.includes(day)) continue;
    const last = runs.at(-1);
    const follows = last && WEEKDAYS.indexOf(last.at(-1) as Weekday) === WEEKDAYS.indexOf(day) - 1;
    if (follows) last.push(day);
    else runs.push([day]);
  }
  return runs.map((run) => (run.length < 3 ? run.map((day) => dayWords[day]).join(', ') : runText(run))).join(', ');
}

function runText(run: readonly Weekday[]): string {
  return `${dayWords[run[0] as Weekday]}–${dayWords[run.at(-1) as Weekday]}`;
}

/** Whether the windows are open, and until when; null: always open, or this browser has no calendar to tell it by. */
export function standingOf(schedule: WindowSchedule, now: number): WindowState | null {
  return schedule.windows.length === 0 || !('Temporal' in globalThis) ? null : windowState(schedule, now);
}
