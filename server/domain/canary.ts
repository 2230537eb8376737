import {
  arrived,
  healthySatisfaction,
  neededEntities,
  satisfying,
  unhealthySatisfaction,
  type CanaryFacts,
  type CanaryStage,
} from './canary-condition.ts';
import { firstHealthyAndOpen, firstRecall } from './canary-forecast.ts';
import { timeoutsOf } from './canary-timeout.ts';
import type { Reason } from './reason.ts';
import {
  PROMOTED,
  decided,
  judgeStanding,
  soonest,
  unmetLabel,
  unmetWindow,
  type RequirementCode,
  type StageVerdict,
} from './stages.ts';
import { counted } from './wording.ts';

/**
 * One look at a release at a canary stage: recall is judged before promotion. Rule: section 7 (Canary, Order of
 * judgement).
 */
export function judgeCanary(stage: CanaryStage, facts: CanaryFacts, now: number): StageVerdict {
  const standing = judgeStanding(facts);
  if (standing.decided) return standing.decided;
  if (facts.entities.length === 0) return decided('paused', 'no_test_entities', 'The filters select no entity.');
  const recall = unhealthyVerdict(stage, facts);
  if (recall) return recall;
  const unmet = unmetRequirements(stage, facts, now);
  return unmet.length === 0 ? PROMOTED : timedOutOrEvaluating(stage, facts, unmet, now);
}

function timedOutOrEvaluating(
  stage: CanaryStage,
  facts: CanaryFacts,
  unmet: readonly Reason<RequirementCode>[],
  now: number,
): StageVerdict {
  const timeouts = timeoutsOf(stage, facts, unmet, now);
  const due = timeouts.find(({ at }) => at <= now);
  if (due) return { status: 'cancelled', reasons: [due.reason], eligibleAt: null, nextAt: null };
  const recallAt = firstRecall(stage, facts, now);
  const timeoutAt = soonest(
    now,
    timeouts.map(({ at }) => at),
  );
  const eligibleAt = earliestPromotion(stage, facts, unmet, { now, recallAt, timeoutAt });
  const nextAt = soonest(now, [eligibleAt, recallAt, timeoutAt, ...facts.holds.map(({ until }) => until)]);
  return { status: 'evaluating', reasons: unmet, eligibleAt, nextAt };
}

/** What the clock can end; every other unmet requirement stays as it is. */
const BY_CLOCK: readonly RequirementCode[] = ['not_enough_healthy', 'window_closed'];

/**
 * Null as well when the clock brings a recall or a timeout first: at one instant recall comes before promotion, a
 * timeout after.
 */
function earliestPromotion(
  stage: CanaryStage,
  facts: CanaryFacts,
  unmet: readonly Reason<RequirementCode>[],
  {
    now,
    recallAt,
    timeoutAt,
  }: { readonly now: number; readonly recallAt: number | null; readonly timeoutAt: number | null },
): number | null {
  if (unmet.some(({ code }) => !BY_CLOCK.includes(code))) return null;
  const at = firstHealthyAndOpen(stage, facts, now);
  if (at === null) return null;
  const tooLate = (recallAt !== null && recallAt <= at) || (timeoutAt !== null && timeoutAt < at);
  return tooLate ? null : at;
}

function unhealthyVerdict(
  { recallWhenUnhealthy }: CanaryStage,
  { entities, criteria }: CanaryFacts,
): StageVerdict | null {
  if (!recallWhenUnhealthy) return null;
  const selected = entities.length;
  const unhealthy = satisfying(entities, unhealthySatisfaction(recallWhenUnhealthy, criteria)).length;
  const needed = neededEntities(recallWhenUnhealthy, selected);
  if (unhealthy < needed) return null;
  const of = counted(selected, 'test entity', 'test entities');
  const sentence = `${unhealthy} of ${of} unhealthy; ${needed} recall the release.`;
  return decided('recalled', 'unhealthy', sentence, { unhealthy, needed, selected });
}

/** In the order of section 7. */
function unmetRequirements(stage: CanaryStage, facts: CanaryFacts, now: number): Reason<RequirementCode>[] {
  return [
    ...unmetCount(stage, facts),
    ...unmetLabel(facts, stage.requireLabel),
    ...unmetHealth(stage, facts),
    ...unmetWindow(facts, now),
    ...facts.holds,
  ];
}

function unmetCount({ minimumEntityCount }: CanaryStage, { entities }: CanaryFacts): Reason<'too_few_entities'>[] {
  const selected = entities.length;
  if (minimumEntityCount === null || selected > minimumEntityCount) return [];
  const those = counted(selected, 'test entity', 'test entities');
  const sentence = `${those} selected; more than ${minimumEntityCount} needed.`;
  return [{ code: 'too_few_entities', sentence, selected, minimumEntityCount }];
}

function unmetHealth(
  { promoteWhenHealthy }: CanaryStage,
  { entities, criteria }: CanaryFacts,
): Reason<'not_enough_healthy'>[] {
  if (!promoteWhenHealthy) return [];
  const selected = entities.length;
  const healthy = satisfying(entities, healthySatisfaction(promoteWhenHealthy, criteria)).length;
  const needed = neededEntities(promoteWhenHealthy, selected);
  if (healthy >= needed) return [];
  const there = arrived(entities).length;
  const sentence = `${healthy} of ${needed} needed entities healthy; ${there} of ${selected} selected run the release.`;
  return [{ code: 'not_enough_healthy', sentence, healthy, needed, arrived: there, selected }];
}
