/** From `from` on, up to but not including `to`; epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What counts as soak time: weekends of a zone and our own outages are cut out. Rule: section 5. */
export interface SoakCalendar {
  /** IANA name. */
  readonly timeZone: string;
  readonly excludeWeekends: boolean;
  /** When Signalbox's own health intake was down. */
  readonly outages: readonly Span[];
}

/** Rule: section 5 (defaults). */
export const DEFAULT_SOAK_CALENDAR: SoakCalendar = { timeZone: 'UTC', excludeWeekends: true, outages: [] };

const SATURDAY = 6;
const DAYS = 7;
const WEEK_MS = 7 * 86_400_000;

/** In order of time, without empty ones; overlapping or touching spans are one. */
export function mergedSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && span.from <= last.to) merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else merged.push(span);
  }
  return merged;
}

/** The parts of the span that no cut covers, in order of time. */
export function uncut(span: Span, cuts: readonly Span[]): Span[] {
  const kept: Span[] = [];
  let from = span.from;
  for (const cut of mergedSpans(cuts)) {
    kept.push({ from, to: Math.min(cut.from, span.to) });
    from = Math.max(from, cut.to);
  }
  kept.push({ from, to: span.to });
  return kept.filter((part) => part.from < part.to);
}

/**
 * From the start of Saturday to the start of Monday in the zone: 47, 48 or 49 hours, as DST has it. Whole ones, not
 * clipped. Rule: section 5.
 */
export function weekendsWithin(span: Span, timeZone: string): Span[] {
  const weekends: Span[] = [];
  const today = localDate(span.from, timeZone);
  let saturday = today.subtract({ days: (today.dayOfWeek - SATURDAY + DAYS) % DAYS });
  for (let from = startOfDay(saturday, timeZone); from < span.to; from = startOfDay(saturday, timeZone)) {
    weekends.push({ from, to: startOfDay(saturday.add({ days: 2 }), timeZone) });
    saturday = saturday.add({ days: DAYS });
  }
  return weekends;
}

/** The parts of the span that count as soak. Rule: section 5. */
export function countedSpans(span: Span, calendar: SoakCalendar): Span[] {
  const weekends = calendar.excludeWeekends ? weekendsWithin(span, calendar.timeZone) : [];
  return uncut(span, [...weekends, ...calendar.outages]);
}

export function totalMs(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

/**
 * How much of the time between two instants the counted spans cover. In order of time, and looked at from the end: what
 * a tick asks for is recent.
 */
export function countedMsIn(counted: readonly Span[], { from, to }: Span): number {
  let ms = 0;
  for (let index = counted.length - 1; index >= 0 && counted[index]!.to > from; index -= 1) {
    const span = counted[index]!;
    ms += Math.max(0, Math.min(span.to, to) - Math.max(span.from, from));
  }
  return ms;
}

/** The earliest instant, not before `from`, up to which `ms` of counted time have passed. `ms` 0 is `from`. */
export function afterCounted(from: number, ms: number, calendar: SoakCalendar): number {
  if (ms <= 0) return from;
  // A week counts more than half of its hours: twice the duration and two weeks always reach past all weekends.
  const horizon = from + 2 * ms + 2 * WEEK_MS + totalMs(calendar.outages);
  let rest = ms;
  for (const span of countedSpans({ from, to: horizon }, calendar)) {
    if (rest <= span.to - span.from) return span.from + rest;
    rest -= span.to - span.from;
  }
  return horizon;
}

/** Whether Temporal and this rule know the name: IANA names only, a bare offset has no DST to follow. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    localDate(0, name);
    return true;
  } catch {
    return false;
  }
}

/** The calendar day that an instant falls on in the zone. */
export function localDate(at: number, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate();
}

/** The first instant of the day, epoch milliseconds: later than 00:00 where DST skips midnight. */
function startOfDay(date: Temporal.PlainDate, timeZone: string): number {
  return date.toZonedDateTime(timeZone).epochMilliseconds;
}
