import { countedMsIn, countedSpans, type SoakCalendar, type Span } from './calendar.ts';
import {
  ALL_GOOD,
  ALL_LIVE,
  LIVE_ERROR,
  LIVE_TERMINAL,
  STATED,
  healthTimeline,
  type HealthTimeline,
} from './health-timeline.ts';
import { inForce, type Observation } from './observation.ts';
import { compareShare } from './quantity.ts';
import { readSoak, type SoakReading } from './soak-reading.ts';

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

/** How far a reading is carried on, not beyond its `steadyUntil`: milliseconds on the wall and, of those, counted. */
export interface Passed {
  readonly wallMs: number;
  readonly countedMs: number;
}

const NOTHING_PASSED: Passed = { wallMs: 0, countedMs: 0 };

/**
 * An observation in the span carried a state, or the product expects one; otherwise liveness alone decides. Rule:
 * section 5.
 */
export function producesHealth(
  reading: SoakReading,
  policy: HealthPolicy,
  { wallMs }: Passed = NOTHING_PASSED,
): boolean {
  return reading.stated || policy.expectsHealth || (wallMs > 0 && (reading.facts & STATED) !== 0);
}

/**
 * The figures at the reading, or a while after it: 10 000 entities are carried on in half a millisecond. Rule: section
 * 5.
 */
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

/**
 * What the entity is at the instant of the reading: what one more counted millisecond would add to. Rule: section 5.
 */
export function healthNow(reading: SoakReading, policy: HealthPolicy): HealthNow {
  const { healthyMs, unhealthyMs } = soakFigures({ ...reading, ...NOTHING_COUNTED }, policy, {
    wallMs: 1,
    countedMs: 1,
  });
  return unhealthyMs > 0 ? 'unhealthy' : healthyMs > 0 ? 'healthy' : 'neutral';
}

const NOTHING_COUNTED = { soakMs: 0, liveMs: 0, goodMs: 0, errorMs: 0, terminalMs: 0 };

/** A soak that goes on: what the nodes said, since when, and what was read last. */
export interface RunningSoak {
  readonly timeline: HealthTimeline;
  /** Epoch ms. */
  readonly from: number;
  readonly last: SoakReading;
}

/**
 * The figures now: the last reading carried on while nothing has changed since, else a new one. `counted`: the counted
 * spans from the earliest soak of the product to now, worked out once per tick. Rule: section 5.
 */
export function soakFiguresNow(
  { timeline, from, last }: RunningSoak,
  now: number,
  counted: readonly Span[],
  policy: HealthPolicy,
): SoakFigures {
  if (now > last.steadyUntil) return soakFigures(readSoak(timeline, { from, to: now }, counted), policy);
  return soakFigures(last, policy, {
    wallMs: now - last.at,
    countedMs: countedMsIn(counted, { from: last.at, to: now }),
  });
}

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
 * When the soak of an entity began: when the last of its nodes reported the release installed. Null while a node is not
 * on it, or there is none. `since`: epoch ms since when the node has reported the release without leaving it. Rule:
 * section 5.
 */
export function soakSince(nodes: readonly { readonly since: number | null }[]): number | null {
  const since = nodes.flatMap((node) => node.since ?? []);
  return nodes.length > 0 && since.length === nodes.length ? Math.max(...since) : null;
}
