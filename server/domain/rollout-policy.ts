import type { Quantity } from './quantity.ts';
import { DEFAULT_WAVES } from './waves.ts';
import type { WaveSpec } from './waves.ts';

export interface RolloutPolicy {
  readonly waves: readonly WaveSpec[];
  /** Tasks of the job that run at once, at least 1. */
  readonly maxParallel: number;
  readonly maxFailures: Quantity;
  /** Milliseconds; 0: the next wave starts when the last task of this one has ended. */
  readonly bakeMs: number;
}

/** Rule: section 10 (defaults). */
export const DEFAULT_ROLLOUT_POLICY: RolloutPolicy = {
  waves: DEFAULT_WAVES,
  maxParallel: 10,
  maxFailures: { count: 0 },
  bakeMs: 300_000,
};
