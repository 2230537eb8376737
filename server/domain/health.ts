import { countedSpans } from './calendar.ts';
import type { SoakCalendar, Span } from './calendar.ts';
import { ALL_GOOD, ALL_LIVE, LIVE_ERROR, LIVE_TERMINAL, STATED, healthTimeline, indexAt } from './health-timeline.ts';
import type { HealthTimeline } from './health-timeline.ts';
import { inForce } from './observation.ts';
import type { Observation } from './observation.ts';
import { compareShare } from './quantity.ts';

export interface HealthPolicy {
  /** Set once any release of the product has reported a state: silence of the reporter is then no health. */
  readonly expectsHealth: boolean;
  readonly terminalIsUnhealthy: boolean;
}

/** Rule: section 5 (defaults). */
export const DEFAULT_HEALTH_POLICY: HealthPolicy = { expectsHealth: false, terminalIsUnhealthy: false };

/** Rule: section 5. An entity is exactly one of them at each instant. */
export type HealthNow = 'healthy' | 'unhealthy' | 'neutral';

/** Milliseconds; healthyMs + unhealthyMs ≤ soakMs. */
export interface SoakFigures {
  readonly soakMs: number;
  readonly healthyMs: number;
  readonly unhealthyMs: number;
}

/**
 * What has been counted up to `at`, kept in parts so that the clock alone can carry it on: while nothing is observed, and up to
 * `steadyUntil`, a later reading is this one plus the counted time since (`advanced`). Milliseconds; instants epoch ms.
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

/** Reads the span off the timeline. `counted`: `countedSpans` of a calendar over this span or a wider one. Rule: section 5. */
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

/** The parts of a reading out of the milliseconds per combination of facts. */
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
  sums.forEach((ms, held) => {
    if (ms === 0) return;
    all |= held;
    if (held & ALL_LIVE) liveMs += ms;
    if (held & ALL_GOOD) goodMs += ms;
    if (held & LIVE_ERROR) errorMs += ms;
    else if (held & LIVE_TERMINAL) terminalMs += ms;
  });
  return { at, soakMs, liveMs, goodMs, errorMs, terminalMs, stated: (all & STATED) !== 0, facts, steadyUntil };
}

/** How far a reading is carried on, not beyond its `steadyUntil`: milliseconds on the wall and, of those, counted. */
export interface Passed {
  readonly wallMs: number;
  readonly countedMs: number;
}

const NOTHING_PASSED: Passed = { wallMs: 0, countedMs: 0 };

/** No observation in the span carried a state, and the product does not expect one: liveness alone decides. Rule: section 5. */
export function producesHealth(
  reading: SoakReading,
  policy: HealthPolicy,
  { wallMs }: Passed = NOTHING_PASSED,
): boolean {
  return reading.stated || policy.expectsHealth || (wallMs > 0 && (reading.facts & STATED) !== 0);
}

/** The figures at the reading, or a while after it: 10 000 entities are carried on in half a millisecond. Rule: section 5. */
export function soakFigures(reading: SoakReading, policy: HealthPolicy, passed: Passed = NOTHING_PASSED): SoakFigures {
  const { facts, soakMs, liveMs, goodMs, errorMs, terminalMs } = reading;
  const { countedMs } = passed;
  const byHealth = producesHealth(reading, policy, passed);
  const bad = policy.terminalIsUnhealthy ? LIVE_ERROR | LIVE_TERMINAL : LIVE_ERROR;
  return {
    soakMs: soakMs + countedMs,
    healthyMs: (byHealth ? goodMs : liveMs) + (facts & (byHealth ? ALL_GOOD : ALL_LIVE) ? countedMs : 0),
    unhealthyMs: errorMs + (policy.terminalIsUnhealthy ? terminalMs : 0) + (facts & bad ? countedMs : 0),
  };
}

/** What the entity is at the instant of the reading: what one more counted millisecond would add to. Rule: section 5. */
export function healthNow(reading: SoakReading, policy: HealthPolicy): HealthNow {
  const { healthyMs, unhealthyMs } = soakFigures({ ...reading, ...NOTHING_COUNTED }, policy, {
    wallMs: 1,
    countedMs: 1,
  });
  return unhealthyMs > 0 ? 'unhealthy' : healthyMs > 0 ? 'healthy' : 'neutral';
}

const NOTHING_COUNTED = { soakMs: 0, liveMs: 0, goodMs: 0, errorMs: 0, terminalMs: 0 };

export interface SoakRules {
  readonly staleAfterMs: number;
  readonly calendar: SoakCalendar;
  readonly policy: HealthPolicy;
}

/** The figures of an entity out of everything its nodes said, each list in order of receipt. Rule: section 5. */
export function measureSoak(nodes: readonly (readonly Observation[])[], span: Span, rules: SoakRules): SoakFigures {
  const timeline = healthTimeline(nodes.map((observations) => inForce(observations, rules.staleAfterMs)));
  return soakFigures(readSoak(timeline, span, countedSpans(span, rules.calendar)), rules.policy);
}

export interface HealthCondition {
  /** Milliseconds, 0 s to 13 days. */
  readonly durationMs: number;
  readonly thresholdPpm: number;
}

/** Rule: section 5 (default thresholds). */
export const DEFAULT_HEALTHY_PPM = 950_000;
export const DEFAULT_UNHEALTHY_PPM = 50_000;

/** On the threshold is healthy. Rule: section 5. */
export function satisfiesHealthy(
  { soakMs, healthyMs }: SoakFigures,
  { durationMs, thresholdPpm }: HealthCondition,
): boolean {
  return soakMs > 0 && soakMs >= durationMs && compareShare(healthyMs, soakMs, thresholdPpm) >= 0;
}

/** On the threshold is not yet unhealthy. Rule: section 5. */
export function satisfiesUnhealthy(
  { soakMs, unhealthyMs }: SoakFigures,
  { durationMs, thresholdPpm }: HealthCondition,
): boolean {
  return soakMs > 0 && soakMs >= durationMs && compareShare(unhealthyMs, soakMs, thresholdPpm) > 0;
}

/**
 * When the soak of an entity began: when the last of its nodes reported the release installed. Null while a node is not on it,
 * or there is none. `since`: epoch ms since when the node has reported the release without leaving it. Rule: section 5.
 */
export function soakSince(nodes: readonly { readonly since: number | null }[]): number | null {
  const since = nodes.flatMap((node) => node.since ?? []);
  return nodes.length > 0 && since.length === nodes.length ? Math.max(...since) : null;
}
