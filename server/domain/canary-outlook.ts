import { countedSpans, totalMs } from './calendar.ts';
import {
  healthySatisfaction,
  neededEntities,
  type CanaryEntity,
  type CanaryFacts,
  type CanaryStage,
} from './canary-condition.ts';
import { STAGE_TIMEOUT_MS } from './canary-timeout.ts';
import type { Reason } from './reason.ts';
import { counted } from './wording.ts';

/**
 * Why it is certain that the stage will not promote the release, or null: even if every test entity were healthy from now
 * on, too few would satisfy before the stage gives up. Where an entity produces no health nothing is certain, as it may
 * wait for ever. Rule: section 7 (Timeouts).
 */
export function cannotPass(stage: CanaryStage, facts: CanaryFacts, now: number): Reason<'cannot_pass'> | null {
  const { promoteWhenHealthy } = stage;
  const { entities, calendar, criteria, evaluatingSince } = facts;
  if (!promoteWhenHealthy || entities.some(({ producesHealth }) => !producesHealth)) return null;
  const until = evaluatingSince + STAGE_TIMEOUT_MS;
  const restMs = now < until ? totalMs(countedSpans({ from: now, to: until }, calendar)) : 0;
  const { satisfied } = healthySatisfaction(promoteWhenHealthy, criteria);
  const may = ({ soak }: CanaryEntity) => {
    const anew = restMs > 0 && restMs >= promoteWhenHealthy.durationMs;
    if (!soak || anew) return anew;
    const { soakMs, healthyMs, unhealthyMs } = soak;
    return satisfied({ soakMs: soakMs + restMs, healthyMs: healthyMs + restMs, unhealthyMs });
  };
  const possible = entities.filter(may).length;
  const needed = neededEntities(promoteWhenHealthy, entities.length);
  if (possible >= needed) return null;
  const many = counted(possible, 'test entity', 'test entities');
  const sentence = `It can no longer pass: at best ${many} will have been healthy long enough before the stage gives up; ${needed} needed.`;
  return { code: 'cannot_pass', sentence, possible, needed, until };
}
