/**
 * Times, durations and sizes as people read them. Both pages show an instant absolute first; UTC unless the reader
 * chose local time. No `Temporal` here: a wall's browser may be older than the server's Node.
 */
import { durationText } from '../../server/domain/wording.ts';

export { bytesText } from '../../server/domain/wording.ts';

export type Zone = 'utc' | 'local';

const clockParts = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const dayParts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
// en-CA and en-GB for their digits only (2026-11-25, 14:03:22): the words around them are ours.
const clocks = {
  utc: new Intl.DateTimeFormat('en-GB', { ...clockParts, timeZone: 'UTC' }),
  local: new Intl.DateTimeFormat('en-GB', clockParts),
} as const satisfies Record<Zone, Intl.DateTimeFormat>;
const days = {
  utc: new Intl.DateTimeFormat('en-CA', { ...dayParts, timeZone: 'UTC' }),
  local: new Intl.DateTimeFormat('en-CA', dayParts),
} as const satisfies Record<Zone, Intl.DateTimeFormat>;
const zoneName = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' });

/** `14:03:22`. `at`: epoch milliseconds. */
export function clockText(at: number, zone: Zone = 'utc'): string {
  return clocks[zone].format(at);
}

/** `2026-11-25`. */
export function dayText(at: number, zone: Zone = 'utc'): string {
  return days[zone].format(at);
}

/** `UTC`, or the short name of this machine's zone at that instant: `CET`, `GMT+5:30`. */
export function zoneText(at: number, zone: Zone = 'utc'): string {
  if (zone === 'utc') return 'UTC';
  return zoneName.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'local';
}

/** `2026-11-25 14:03:22 UTC`: the whole instant, for tables, titles and evidence. */
export function instantText(at: number, zone: Zone = 'utc'): string {
  return `${dayText(at, zone)} ${clockText(at, zone)} ${zoneText(at, zone)}`;
}

/** `14:03:22` on the day of `now`, with the date before it on any other day. */
export function shortInstantText(at: number, now: number, zone: Zone = 'utc'): string {
  const clock = clockText(at, zone);
  return dayText(at, zone) === dayText(now, zone) ? clock : `${dayText(at, zone)} ${clock}`;
}

/** A duration on a screen that ticks: whole seconds, its two largest units, `0 s` below one. `ms`: milliseconds. */
export function elapsedText(ms: number): string {
  return ms < 1_000 ? '0 s' : durationText(Math.floor(ms / 1_000) * 1_000);
}

/** `4 min ago`, `in 30 s`, `now` within a second. */
export function relativeText(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < 1_000) return 'now';
  return ms > 0 ? `${largestUnit(ms)} ago` : `in ${largestUnit(-ms)}`;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

function largestUnit(ms: number): string {
  const [unit, size] = units.find(([, size]) => ms >= size) ?? units[3];
  return `${Math.floor(ms / size)} ${unit}`;
}

/** `9 999`, `12.4k`, `1.2M`: a count that keeps its place on a card. Cut, not rounded: 999 999 is not yet `1M`. */
export function countText(count: number): string {
  if (count < 10_000) return String(count);
  if (count < 100_000) return `${Math.floor(count / 100) / 10}k`;
  if (count < 1_000_000) return `${Math.floor(count / 1000)}k`;
  return `${Math.floor(count / 100_000) / 10}M`;
}

/** Cuts in the middle, since names differ at both ends: `edge-fra…-web-07`. `limit`: characters, the dots included. */
export function middleCut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.ceil((limit - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (limit - 1 - head))}`;
}
