/** What one node said, and for how long it stands. Rule: section 5. */
export const HEALTH_STATES = [
  'HEALTHY',
  'DEFERRING',
  'WARNING',
  'REPAIRING',
  'SUSPENDED',
  'TERMINAL',
  'ERROR',
] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

export interface Observation {
  /** Epoch ms, as the node says it. */
  readonly at: number;
  /** Epoch ms of its receipt: an observation from the future is clamped to it. */
  readonly receivedAt: number;
  readonly live: boolean;
  readonly state: HealthState | null;
}

/**
 * Observations that say the same and follow each other without a gap. In force from `from` on, before `to`; epoch ms.
 */
export interface InForce {
  readonly from: number;
  readonly to: number;
  readonly live: boolean;
  readonly state: HealthState | null;
}

/** Rule: section 5 (default). */
export const DEFAULT_STALE_AFTER_MS = 300_000;

/**
 * What was in force when, of one node, in order of time; in between nothing was. The list is in order of receipt. Rule:
 * section 5.
 */
export function inForce(observations: readonly Observation[], staleAfterMs: number): InForce[] {
  const byTime = observations.map(clamped).sort((a, b) => a.at - b.at || a.receivedAt - b.receivedAt);
  return inForceAfter(undefined, byTime, staleAfterMs);
}

/**
 * What takes the place of a node's last span before some instant when these observations, in order of time, are all there
 * is from then on. `reportedAt`: since when the node has reported the release that it reports now; what was said before is
 * in force until then at the latest. Rule: section 5.
 */
export function inForceAfter(
  before: InForce | undefined,
  byTime: readonly Observation[],
  staleAfterMs: number,
  reportedAt = -Infinity,
): InForce[] {
  const spans = before ? [before] : [];
  for (const observation of byTime) {
    const next = observed(spans.pop(), observation, staleAfterMs);
    spans.push(...(clamped(observation).at < reportedAt ? endedBy(next, reportedAt) : next));
  }
  return spans;
}

/** None of them is in force from an instant on. */
export function endedBy(spans: readonly InForce[], instant: number): InForce[] {
  return spans.map((span) => ({ ...span, to: Math.min(span.to, instant) }));
}

/**
 * Health belongs to what ran when it was said: the observations that are about the release which the node has reported
 * since `reportedAt`. Rule: section 5.
 */
export function saidOfRelease(observations: readonly Observation[], reportedAt: number): Observation[] {
  return observations.filter((one) => clamped(one).at >= reportedAt);
}

/**
 * The same of what is stored: spans as `inForceAfter` makes them with that instant. `saidAt`: of the newest observation.
 * Rule: section 5.
 */
export function inForceOfRelease(spans: readonly InForce[], saidAt: number, reportedAt: number): InForce[] {
  if (saidAt < reportedAt) return [];
  return spans.filter(({ to }) => to > reportedAt).map((span) => ({ ...span, from: Math.max(span.from, reportedAt) }));
}

/**
 * What takes the place of a node's last span when one more observation arrives: the last one ends, or goes on when it
 * says the same. For observations in order of time; one from before `last.to - staleAfterMs` needs the whole list.
 * Rule: section 5.
 */
export function observed(last: InForce | undefined, observation: Observation, staleAfterMs: number): InForce[] {
  const { at, live, state } = clamped(observation);
  const next = { from: at, to: at + staleAfterMs, live, state };
  const before = last && { ...last, to: Math.min(last.to, at) };
  const goesOn = before?.to === at && before.live === live && before.state === state;
  const spans = before && goesOn ? [{ ...next, from: before.from }] : before ? [before, next] : [next];
  return spans.filter(({ from, to }) => from < to);
}

function clamped(observation: Observation): Observation {
  return { ...observation, at: Math.min(observation.at, observation.receivedAt) };
}
