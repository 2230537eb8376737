import type { HealthState, InForce } from './observation.ts';

/** What one host says of itself, for those who wait for it: a rollout, a rollback, its own history. */

/** Whether it does well (HEALTHY, DEFERRING) or is in ERROR; null where what it says decides neither. Rule: section 5. */
export function isWell({ live, state }: { live: boolean; state: HealthState | null }): boolean | null {
  if (!live) return null;
  if (state === 'HEALTHY' || state === 'DEFERRING') return true;
  return state === 'ERROR' ? false : null;
}

/** How a host answers its probes. */
export interface Contact {
  readonly live: boolean;
  /** Epoch ms; null: it never answered. */
  readonly since: number | null;
}

/**
 * Since when a host is live and out of ERROR without a break; null while it is not. `said`: what was in force there lately,
 * oldest first; where none of it carries a state, being reached is all there is to know. Rule: section 10 (baked).
 */
export function steadySince({ live, since }: Contact, said: readonly InForce[], now: number): number | null {
  if (!live) return null;
  if (said.every(({ state }) => state === null)) return since;
  let from: number | null = null;
  for (const span of said.toReversed()) {
    const reaches = from === null ? span.to > now : span.to >= from;
    if (!reaches || !span.live || span.state === 'ERROR') break;
    from = span.from;
  }
  return from === null ? null : Math.max(from, since ?? from);
}

/** It answers and, where it says how it is, it is healthy now. Rule: section 10 (management hosts). */
export function isReady({ live }: Contact, said: readonly InForce[], now: number): boolean {
  const last = said.at(-1);
  if (!live || !last || last.state === null) return live;
  return last.to > now && isWell(last) === true;
}

/**
 * It answers and, where it says how it is, that is not ERROR; of a host that has fallen silent nothing is known, and
 * silence is no ground to take a release back. Rule: sections 5 and 9.
 */
export function isUnharmed(live: boolean, last: InForce | undefined, now: number): boolean {
  return live && !(last && last.to > now && isWell(last) === false);
}
