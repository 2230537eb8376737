import type { HealthState } from './observation.ts';

/** What a health hook says by its exit code. An install wants 0; anything that is not in this table is ERROR. */
const STATE_OF_EXIT: Readonly<Record<number, HealthState>> = {
  0: 'HEALTHY',
  10: 'DEFERRING',
  11: 'WARNING',
  12: 'REPAIRING',
  13: 'SUSPENDED',
  14: 'TERMINAL',
};

/** A hook that took too long or could not be run is in ERROR too: whoever is well says so. Rule: section 5 (states). */
export function stateOfExit(code: number): HealthState {
  return STATE_OF_EXIT[code] ?? 'ERROR';
}
