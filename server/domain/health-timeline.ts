import type { InForce } from './observation.ts';

/**
 * What holds for all nodes of an entity together, from instant to instant. `at` ascends from -∞ to +∞; `facts[i]` holds
 * from `at[i]` on, before `at[i + 1]`. Flat arrays: 10 000 entities are judged every minute (see the benchmark
 * `bench:health`).
 */
export interface HealthTimeline {
  readonly at: Float64Array;
  readonly facts: Uint8Array;
}

/** Bits of `facts`. */
export const ALL_LIVE = 1;
export const ALL_GOOD = 2;
export const LIVE_ERROR = 4;
export const LIVE_TERMINAL = 8;
export const STATED = 16;

/**
 * Nodes that are live, live and HEALTHY or DEFERRING, live in ERROR, live in TERMINAL; and those whose observation
 * carries a state.
 */
type Counts = [live: number, good: number, error: number, terminal: number, stated: number];

interface Change {
  readonly at: number;
  readonly span: InForce;
  readonly by: 1 | -1;
}

/** The timeline of an entity out of what was in force on each of its nodes. Rule: section 5. */
export function healthTimeline(nodes: readonly (readonly InForce[])[]): HealthTimeline {
  const changes = nodes.flat().flatMap((span): Change[] => [
    { at: span.from, span, by: 1 },
    { at: span.to, span, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at);
  const at = [-Infinity];
  const facts = [0];
  const counts: Counts = [0, 0, 0, 0, 0];
  changes.forEach((change, index) => {
    count(counts, change);
    if (changes[index + 1]?.at === change.at) return;
    const now = factsOf(counts, nodes.length);
    if (now === facts.at(-1)) return;
    at.push(change.at);
    facts.push(now);
  });
  return { at: Float64Array.from([...at, Infinity]), facts: Uint8Array.from(facts) };
}

function count(counts: Counts, { span, by }: Change): void {
  const { live, state } = span;
  counts[0] += live ? by : 0;
  counts[1] += live && (state === 'HEALTHY' || state === 'DEFERRING') ? by : 0;
  counts[2] += live && state === 'ERROR' ? by : 0;
  counts[3] += live && state === 'TERMINAL' ? by : 0;
  counts[4] += state === null ? 0 : by;
}

function factsOf([live, good, error, terminal, stated]: Counts, nodes: number): number {
  return (
    (live === nodes ? ALL_LIVE : 0) |
    (good === nodes ? ALL_GOOD : 0) |
    (error > 0 ? LIVE_ERROR : 0) |
    (terminal > 0 ? LIVE_TERMINAL : 0) |
    (stated > 0 ? STATED : 0)
  );
}

/** The index of the facts in force at an instant. */
export function indexAt({ at }: HealthTimeline, instant: number): number {
  let low = 0;
  let high = at.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (at[middle]! <= instant) low = middle;
    else high = middle;
  }
  return low;
}
