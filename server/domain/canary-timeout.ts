import { afterCounted, countedSpans, totalMs, uncut, type Span } from './calendar.ts';
import {
  arrived,
  healthySatisfaction,
  neededEntities,
  type CanaryCondition,
  type CanaryFacts,
  type CanaryStage,
} from './canary-condition.ts';
import { firstOutside, healthySpans, spansWithEnough } from './canary-forecast.ts';
import type { Reason } from './reason.ts';
import type { RequirementCode, TimeoutCode } from './stages.ts';
import { counted, durationText } from './wording.ts';

const DAY_MS = 86_400_000;

/** Rule: section 7 (Timeouts). */
export const NO_CANARY_MS = 7 * DAY_MS;
export const STAGE_TIMEOUT_MS = 30 * DAY_MS;
export const SHORTEST_SOAK_TIMEOUT_MS = DAY_MS;

/** A timeout and when it falls if nothing but the clock changes, epoch ms; it is due from that instant on. */
export interface Timeout {
  readonly at: number;
  readonly reason: Reason<TimeoutCode>;
}

/**
 * In the order of section 7. `unmet`: the requirements that are not met now, at least one. Rule: section 7 (Timeouts).
 */
export function timeoutsOf(
  stage: CanaryStage,
  facts: CanaryFacts,
  unmet: readonly Reason<RequirementCode>[],
  now: number,
): Timeout[] {
  return [noCanary(facts), soakTimeout(stage, facts, now), stageTimeout(stage, facts, unmet, now)].filter(
    (t) => t !== null,
  );
}

function noCanary({ entities, evaluatingSince }: CanaryFacts): Timeout | null {
  if (arrived(entities).length > 0) return null;
  const since = Math.max(evaluatingSince, ...entities.map(({ leftAt }) => leftAt ?? evaluatingSince));
  const sentence = `No selected entity has run the release for ${durationText(NO_CANARY_MS)}.`;
  return { at: since + NO_CANARY_MS, reason: { code: 'no_canary_arrived', sentence, since, afterMs: NO_CANARY_MS } };
}

/** Every arrived entity has soaked long enough, and those that produce health are to blame that too few are healthy. */
function soakTimeout({ promoteWhenHealthy }: CanaryStage, facts: CanaryFacts, now: number): Timeout | null {
  const there = arrived(facts.entities);
  if (!promoteWhenHealthy || facts.newestOnSource || !there.some(({ producesHealth }) => producesHealth)) return null;
  const afterMs = Math.max(2 * promoteWhenHealthy.durationMs, SHORTEST_SOAK_TIMEOUT_MS);
  const soaked = Math.max(0, ...there.map(({ soak }) => afterMs - (soak?.soakMs ?? 0)));
  const from = firstOutside(spansWithoutBlame(promoteWhenHealthy, facts), soaked);
  if (from === null) return null;
  const many = counted(there.length, 'arrived entity', 'arrived entities');
  const sentence = `Too few healthy of ${many} after a soak of ${durationText(afterMs)}.`;
  const reason = { code: 'soak_timeout', sentence, arrived: there.length, afterMs } as const;
  return { at: afterCounted(now, from, facts.calendar), reason };
}

/**
 * 30 days on the wall, unless nothing but entities that produce no health is in the way; then from when something else
 * is.
 */
function stageTimeout(
  { promoteWhenHealthy }: CanaryStage,
  facts: CanaryFacts,
  unmet: readonly Reason<RequirementCode>[],
  now: number,
): Timeout | null {
  const at = facts.evaluatingSince + STAGE_TIMEOUT_MS;
  const sentence = `The release has been evaluated for ${durationText(STAGE_TIMEOUT_MS)} without being promoted.`;
  const reason = { code: 'stage_timeout', sentence, since: facts.evaluatingSince, afterMs: STAGE_TIMEOUT_MS } as const;
  if (!promoteWhenHealthy || unmet.some(({ code }) => LASTING.includes(code))) return { at, reason };
  const met = healthySpans(promoteWhenHealthy, facts);
  const excused = spansWithoutBlame(promoteWhenHealthy, facts).flatMap((span) => uncut(span, met));
  const atTimeout = totalMs(countedSpans({ from: now, to: at }, facts.calendar));
  const from = firstOutside(excused, atTimeout);
  if (from === null) return null;
  return { at: from === atTimeout ? at : afterCounted(now, from, facts.calendar), reason };
}

/** What no entity has a part in. */
const LASTING: readonly RequirementCode[] = ['too_few_entities', 'label_missing', 'held'];

/**
 * When the requirement would be met if every arrived entity that produces no health were healthy: it is never to blame.
 */
function spansWithoutBlame(condition: CanaryCondition, { entities, criteria }: CanaryFacts): Span[] {
  const there = arrived(entities);
  const producing = there.filter(({ producesHealth }) => producesHealth);
  const silent = there.length - producing.length;
  const needed = neededEntities(condition, entities.length);
  return spansWithEnough(producing, healthySatisfaction(condition, criteria), needed - silent);
}
