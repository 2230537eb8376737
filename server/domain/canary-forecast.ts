import { afterCounted, mergedSpans, type Span } from './calendar.ts';
import {
  healthySatisfaction,
  neededEntities,
  unhealthySatisfaction,
  type CanaryCondition,
  type CanaryEntity,
  type CanaryFacts,
  type CanaryStage,
  type Satisfaction,
} from './canary-condition.ts';
import type { SoakFigures } from './health.ts';
import { firstOpen } from './windows.ts';

/**
 * What the clock alone brings about while every entity stays as healthy as it is now. Counted time is what passes on
 * every entity alike, so a forecast is a list of spans of counted milliseconds from now on. Rule: section 7 (Earliest
 * promotion).
 */

/**
 * What takes more counted time than a year never comes: evaluations last 30 days, only silent entities may go on
 * waiting.
 */
const HORIZON_MS = 366 * 86_400_000;

const ALWAYS: Span = { from: 0, to: Infinity };

/**
 * The first instant, not before now, at which the entities are healthy enough and a window is open; null when none
 * comes.
 */
export function firstHealthyAndOpen(
  { promoteWhenHealthy }: CanaryStage,
  facts: CanaryFacts,
  now: number,
): number | null {
  const met = promoteWhenHealthy ? healthySpans(promoteWhenHealthy, facts) : [ALWAYS];
  for (const { from, to } of met) {
    const open = firstOpen(facts.schedule, instantAfter(from, facts, now));
    if (open !== null && open < instantAfter(to, facts, now)) return open;
  }
  return null;
}

/**
 * The first instant, not before now, at which the recall condition is met; null when the clock alone does not bring it.
 */
export function firstRecall({ recallWhenUnhealthy }: CanaryStage, facts: CanaryFacts, now: number): number | null {
  if (!recallWhenUnhealthy) return null;
  const { entities, criteria } = facts;
  const needed = neededEntities(recallWhenUnhealthy, entities.length);
  const [first] = spansWithEnough(entities, unhealthySatisfaction(recallWhenUnhealthy, criteria), needed);
  return first ? instantAfter(first.from, facts, now) : null;
}

/** When enough of the selected entities satisfy healthy. */
export function healthySpans(condition: CanaryCondition, { entities, criteria }: CanaryFacts): Span[] {
  return spansWithEnough(
    entities,
    healthySatisfaction(condition, criteria),
    neededEntities(condition, entities.length),
  );
}

function instantAfter(countedMs: number, { calendar }: CanaryFacts, now: number): number {
  return countedMs === Infinity ? Infinity : afterCounted(now, countedMs, calendar);
}

/** The counted spans in which at least `needed` of the entities satisfy. */
export function spansWithEnough(entities: readonly CanaryEntity[], satisfaction: Satisfaction, needed: number): Span[] {
  if (needed <= 0) return [ALWAYS];
  const spans = entities.flatMap((entity) => satisfiedSpan(entity, satisfaction) ?? []);
  const edges = spans.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  edges.sort((a, b) => a.at - b.at);
  const enough: Span[] = [];
  let count = 0;
  edges.forEach(({ at, by }, index) => {
    count += by;
    if (count >= needed) enough.push({ from: at, to: edges[index + 1]!.at });
  });
  return mergedSpans(enough);
}

/** The first counted millisecond, not before `from`, that lies in none of the spans; null when there is none. */
export function firstOutside(spans: readonly Span[], from: number): number | null {
  const inside = spans.find((span) => span.from <= from && from < span.to);
  if (!inside) return from;
  return inside.to === Infinity ? null : inside.to;
}

/** Once the duration is reached the share only rises or only falls, so there is one span at most. */
function satisfiedSpan(entity: CanaryEntity, { durationMs, counts, satisfied }: Satisfaction): Span | null {
  const { soak, health } = entity;
  if (!soak) return null;
  const holdsAt = (countedMs: number) => satisfied(carriedOn(soak, entity, countedMs));
  const soaked = Math.max(0, Math.max(1, durationMs) - soak.soakMs);
  if (holdsAt(soaked)) {
    const to = health === counts ? null : firstWhere(soaked, HORIZON_MS, (countedMs) => !holdsAt(countedMs));
    return { from: soaked, to: to ?? Infinity };
  }
  const from = health === counts ? firstWhere(soaked, HORIZON_MS, holdsAt) : null;
  return from === null ? null : { from, to: Infinity };
}

function carriedOn(
  { soakMs, healthyMs, unhealthyMs }: SoakFigures,
  { health }: CanaryEntity,
  countedMs: number,
): SoakFigures {
  return {
    soakMs: soakMs + countedMs,
    healthyMs: healthyMs + (health === 'healthy' ? countedMs : 0),
    unhealthyMs: unhealthyMs + (health === 'unhealthy' ? countedMs : 0),
  };
}

/**
 * The smallest integer above `low`, up to `high`, from which on the predicate holds; null when it does not hold at
 * `high`.
 */
function firstWhere(low: number, high: number, holds: (value: number) => boolean): number | null {
  if (!holds(high)) return null;
  let [no, yes] = [low, high];
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
