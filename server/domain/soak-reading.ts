import type { Span } from './calendar.ts';
import {
  ALL_GOOD,
  ALL_LIVE,
  LIVE_ERROR,
  LIVE_TERMINAL,
  STATED,
  indexAt,
  type HealthTimeline,
} from './health-timeline.ts';

/**
 * What has been counted up to `at`, in parts that the clock alone carries on: while nothing is observed, and up to
 * `steadyUntil`, later figures are these plus the counted time since. Milliseconds; instants epoch ms.
 */
export interface SoakReading {
  readonly at: number;
  readonly soakMs: number;
  readonly liveMs: number;
  readonly goodMs: number;
  readonly errorMs: number;
  /** A live node in TERMINAL and none in ERROR. */
  readonly terminalMs: number;
  /** An observation in force anywhere in the span, cut out or not, carried a state. */
  readonly stated: boolean;
  /** What holds from `at` on, before `steadyUntil`. */
  readonly facts: number;
  readonly steadyUntil: number;
}

/**
 * Reads the span off the timeline. `counted`: `countedSpans` of a calendar over this span or a wider one. Rule: section
 * 5.
 */
export function readSoak(timeline: HealthTimeline, span: Span, counted: readonly Span[]): SoakReading {
  const { at, facts } = timeline;
  const sums = new Float64Array(2 * STATED);
  let index = indexAt(timeline, span.from);
  let seen = 0;
  let soakMs = 0;
  for (const piece of counted) {
    let from = Math.max(piece.from, span.from);
    const to = Math.min(piece.to, span.to);
    if (from >= to) continue;
    soakMs += to - from;
    for (; at[index + 1]! <= from; index += 1) seen |= facts[index]!;
    for (; at[index + 1]! < to; index += 1) {
      const next = at[index + 1]!;
      sums[facts[index]!]! += next - from;
      from = next;
    }
    sums[facts[index]!]! += to - from;
  }
  for (; at[index + 1]! <= span.to; index += 1) seen |= facts[index]!;
  if (at[index]! < span.to) seen |= facts[index]!;
  return reading(span.to, soakMs, sums, seen, facts[index]!, at[index + 1]!);
}

/**
 * The parts of a reading out of the milliseconds per combination of facts; a plain loop, `forEach` made a full tick 40
 * % slower.
 */
function reading(
  at: number,
  soakMs: number,
  sums: Float64Array,
  seen: number,
  facts: number,
  steadyUntil: number,
): SoakReading {
  let liveMs = 0;
  let goodMs = 0;
  let errorMs = 0;
  let terminalMs = 0;
  let all = seen;
  for (let held = 0; held < sums.length; held += 1) {
    const ms = sums[held]!;
    if (ms === 0) continue;
    all |= held;
    if (held & ALL_LIVE) liveMs += ms;
    if (held & ALL_GOOD) goodMs += ms;
    if (held & LIVE_ERROR) errorMs += ms;
    else if (held & LIVE_TERMINAL) terminalMs += ms;
  }
  return { at, soakMs, liveMs, goodMs, errorMs, terminalMs, stated: (all & STATED) !== 0, facts, steadyUntil };
}
