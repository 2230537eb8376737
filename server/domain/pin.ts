import {
  satisfying,
  unhealthySatisfaction,
  type CanaryEntity,
  type CanaryStage,
  type RolloutCriteria,
} from './canary-condition.ts';
import type { StageCode, StageVerdict } from './stages.ts';

export interface PinFacts {
  readonly stage: CanaryStage;
  readonly criteria: RolloutCriteria;
  /** What the stage says of the release that soaks. */
  readonly verdict: StageVerdict;
  readonly entity: CanaryEntity;
  /**
   * At least one node of the entity runs the release: a soak that is about to begin is starved as easily as one that
   * runs.
   */
  readonly runs: boolean;
  /** Labels of the releases of the entity's channel that are newer than the one that soaks. */
  readonly newer: readonly Readonly<Record<string, string>>[];
}

/** With only these left to wait for, the entity has no more to show. */
const PAST_THE_SOAK: readonly StageCode[] = ['window_closed', 'held', 'label_missing'];

/**
 * Whether automation leaves the release on this test entity because it soaks there (`pinned_by_canary`). A recall or an
 * operator's install passes the pin and does not ask. Rule: section 7 (Pin).
 */
export function isPinnedByCanary({ stage, criteria, verdict, entity, runs, newer }: PinFacts): boolean {
  if (!runs || verdict.status !== 'evaluating') return false;
  if (verdict.reasons.every(({ code }) => PAST_THE_SOAK.includes(code))) return false;
  if (newer.some(isHotfix)) return false;
  const bad = stage.recallWhenUnhealthy && unhealthySatisfaction(stage.recallWhenUnhealthy, criteria);
  return !bad || satisfying([entity], bad).length === 0;
}

/** Labelled `hotfix`: as a key, or as the value of any key (`severity: hotfix`). Rule: section 7 (Pin). */
export function isHotfix(labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).some(([key, value]) => key === 'hotfix' || value === 'hotfix');
}
