import { WEEKDAYS, type WindowSchedule } from '../../server/domain/windows.ts';

/** A window of one minute, three days from now, is closed today in every zone. */
export function closedToday(): WindowSchedule {
  const today = (new Date().getUTCDay() + 6) % 7;
  const day = WEEKDAYS[(today + 3) % 7]!;
  return { timeZone: 'UTC', windows: [{ days: [day], start: '12:00', end: '12:01' }] };
}
