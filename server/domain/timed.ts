import { afterCounted } from './calendar.ts';
import type { Reason } from './reason.ts';
import {
  PROMOTED,
  judgeStanding,
  soonest,
  unmetLabel,
  unmetWindow,
  type LabelRequirement,
  type StageFacts,
  type StageVerdict,
} from './stages.ts';
import { firstOpen } from './windows.ts';
import { durationText, instantText } from './wording.ts';

export interface TimedStage {
  /** On the source channel: 0 s to 31 days in milliseconds. */
  readonly durationMs: number;
  /** Counts weekday time instead of the wall clock. */
  readonly excludeWeekends: boolean;
  readonly requireLabel: LabelRequirement | null;
}

export interface TimedFacts extends StageFacts {
  /** The product's, IANA name: where its weekends lie. */
  readonly timeZone: string;
}

/**
 * One look at a release at a timed stage. `eligibleAt` is exact, weekends and windows included. Rule: section 7
 * (Timed).
 */
export function judgeTimed(stage: TimedStage, facts: TimedFacts, now: number): StageVerdict {
  const { decided, onSourceSince } = judgeStanding(facts);
  if (decided) return decided;
  const { durationMs, excludeWeekends } = stage;
  const soakedAt = afterCounted(onSourceSince, durationMs, { timeZone: facts.timeZone, excludeWeekends, outages: [] });
  const soak = now < soakedAt ? [soaking(stage, onSourceSince, soakedAt)] : [];
  const label = unmetLabel(facts, stage.requireLabel);
  const reasons = [...soak, ...label, ...unmetWindow(facts, now), ...facts.holds];
  if (reasons.length === 0) return PROMOTED;
  const byClock = label.length + facts.holds.length === 0;
  const eligibleAt = byClock ? firstOpen(facts.schedule, Math.max(now, soakedAt)) : null;
  const nextAt = soonest(now, [eligibleAt, ...facts.holds.map(({ until }) => until)]);
  return { status: 'evaluating', reasons, eligibleAt, nextAt };
}

function soaking({ durationMs, excludeWeekends }: TimedStage, since: number, until: number): Reason<'soaking'> {
  const time = excludeWeekends ? `${durationText(durationMs)} of weekday time` : durationText(durationMs);
  const sentence = `The release soaks on the source channel for ${time}, until ${instantText(until)}.`;
  return { code: 'soaking', sentence, durationMs, since, until };
}
