import type { SoakCalendar } from './calendar.ts';
import { satisfiesHealthy, satisfiesUnhealthy, type HealthNow, type SoakFigures } from './health.ts';
import { roundedUp, type Quantity } from './quantity.ts';
import type { LabelRequirement, StageFacts } from './stages.ts';

/** How many of the selected entities have to satisfy a condition, and for how long (0 s to 13 days in ms). */
export interface CanaryCondition {
  readonly needed: Quantity;
  readonly durationMs: number;
}

/** What is null requires nothing. Rule: section 7 (Canary). */
export interface CanaryStage {
  readonly promoteWhenHealthy: CanaryCondition | null;
  readonly recallWhenUnhealthy: CanaryCondition | null;
  /** The number of selected entities has to be above it. */
  readonly minimumEntityCount: number | null;
  readonly requireLabel: LabelRequirement | null;
}

/** The product's thresholds, parts per million. Rule: section 5. */
export interface RolloutCriteria {
  readonly healthyPpm: number;
  readonly unhealthyPpm: number;
}

/** Rule: section 5 (default thresholds). */
export const DEFAULT_ROLLOUT_CRITERIA: RolloutCriteria = { healthyPpm: 950_000, unhealthyPpm: 50_000 };

export interface CanaryEntity {
  readonly name: string;
  /** Up to now; null: the entity does not run the release. */
  readonly soak: SoakFigures | null;
  readonly health: HealthNow;
  readonly producesHealth: boolean;
  /** When it last left the release, epoch ms; null: it was never on it, or is. */
  readonly leftAt: number | null;
}

export interface CanaryFacts extends StageFacts {
  /** The selected entities: what the stage's filters let through. */
  readonly entities: readonly CanaryEntity[];
  readonly criteria: RolloutCriteria;
  /** Where the soak's weekends lie. */
  readonly calendar: SoakCalendar;
  /** When this evaluation began, or began anew, epoch ms. */
  readonly evaluatingSince: number;
  /** It is the newest active release on the source. */
  readonly newestOnSource: boolean;
}

/** A condition as it is asked of one entity's figures. */
export interface Satisfaction {
  readonly durationMs: number;
  /** The health whose time the share counts: while an entity is so, its share rises, otherwise it falls. */
  readonly counts: HealthNow;
  readonly satisfied: (soak: SoakFigures) => boolean;
}

/** Rule: section 5. */
export function healthySatisfaction({ durationMs }: CanaryCondition, { healthyPpm }: RolloutCriteria): Satisfaction {
  const condition = { durationMs, thresholdPpm: healthyPpm };
  return { durationMs, counts: 'healthy', satisfied: (soak) => satisfiesHealthy(soak, condition) };
}

/** Rule: section 5. */
export function unhealthySatisfaction(
  { durationMs }: CanaryCondition,
  { unhealthyPpm }: RolloutCriteria,
): Satisfaction {
  const condition = { durationMs, thresholdPpm: unhealthyPpm };
  return { durationMs, counts: 'unhealthy', satisfied: (soak) => satisfiesUnhealthy(soak, condition) };
}

/** The entities that run the release and satisfy the condition. */
export function satisfying(entities: readonly CanaryEntity[], { satisfied }: Satisfaction): CanaryEntity[] {
  return entities.filter(({ soak }) => soak !== null && satisfied(soak));
}

/** The entities that run the release. */
export function arrived(entities: readonly CanaryEntity[]): CanaryEntity[] {
  return entities.filter(({ soak }) => soak !== null);
}

/** A count, or a share of the selected entities (not of those that run it) rounded up; at least 1. Rule: section 7. */
export function neededEntities({ needed }: CanaryCondition, selected: number): number {
  return Math.max(1, roundedUp(needed, selected));
}
