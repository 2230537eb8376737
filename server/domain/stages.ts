import { hasLabel } from './filters.ts';
import type { Reason } from './reason.ts';
import { windowClosed, windowState, type WindowSchedule } from './windows.ts';

/**
 * Terminology
 *   stage        one transition source channel → target channel, timed or canary
 *   evaluation   one release at one stage
 *   requirement  what has to be met before the release is promoted; an unmet one is a reason
 */
export type StageStatus = 'evaluating' | 'paused' | 'promoted' | 'superseded' | 'recalled' | 'cancelled';

export type RequirementCode =
  'soaking' | 'too_few_entities' | 'label_missing' | 'not_enough_healthy' | 'window_closed' | 'held';

export type TimeoutCode = 'no_canary_arrived' | 'soak_timeout' | 'stage_timeout';

export type StageCode =
  | RequirementCode
  | TimeoutCode
  | 'recalled'
  | 'not_on_source'
  | 'target_is_newer'
  | 'no_test_entities'
  | 'unhealthy'
  | 'stage_removed';

export interface StageVerdict {
  readonly status: StageStatus;
  /** Why it is decided so, or every unmet requirement in the order of section 7. */
  readonly reasons: readonly Reason<StageCode>[];
  /**
   * When the clock alone will have it promoted, epoch ms; null unless `evaluating`, and when the clock alone cannot.
   */
  readonly eligibleAt: number | null;
  /** The next instant at which the clock alone can change the status, epoch ms; null when it cannot. */
  readonly nextAt: number | null;
}

export interface LabelRequirement {
  readonly key: string;
  readonly values?: readonly string[] | undefined;
}

/** What every stage looks at. Instants are epoch milliseconds. */
export interface StageFacts {
  readonly labels: Readonly<Record<string, string>>;
  readonly recalled: boolean;
  /** It has an entry on the target, active or demoted. */
  readonly onTarget: boolean;
  /** When it was promoted to the source or un-demoted there last; null: it is not active there. */
  readonly onSourceSince: number | null;
  /** The target has an active entry that is newer. */
  readonly targetIsNewer: boolean;
  /** The product's maintenance windows. */
  readonly schedule: WindowSchedule;
  /** The holds that stop this promotion. */
  readonly holds: readonly Reason<'held'>[];
}

export type Judged =
  | { readonly decided: StageVerdict; readonly onSourceSince?: never }
  | { readonly decided: null; readonly onSourceSince: number };

/** Rules 1 to 4 of the order of judgement, the first that applies. Rule: section 7. */
export function judgeStanding({ recalled, onTarget, onSourceSince, targetIsNewer }: StageFacts): Judged {
  if (recalled) return { decided: decided('recalled', 'recalled', 'The release is recalled.') };
  if (onTarget) return { decided: PROMOTED };
  if (onSourceSince === null) {
    return { decided: decided('cancelled', 'not_on_source', 'The release is not active on the source channel.') };
  }
  if (targetIsNewer) {
    return { decided: decided('superseded', 'target_is_newer', 'The target channel has a newer active release.') };
  }
  return { decided: null, onSourceSince };
}

export const PROMOTED: StageVerdict = { status: 'promoted', reasons: [], eligibleAt: null, nextAt: null };

/** A verdict with one reason. */
export function decided(
  status: StageStatus,
  code: StageCode,
  sentence: string,
  numbers: Readonly<Record<string, number>> = {},
): StageVerdict {
  return { status, reasons: [{ ...numbers, code, sentence }], eligibleAt: null, nextAt: null };
}

/** The unmet label requirement, none when there is no requirement. Rule: section 7. */
export function unmetLabel(facts: StageFacts, requirement: LabelRequirement | null): Reason<'label_missing'>[] {
  if (!requirement) return [];
  const { key, values = [] } = requirement;
  if (hasLabel(facts.labels, key, values)) return [];
  const wanted = values.length > 0 ? `${key}: ${values.join(' or ')}` : key;
  return [{ code: 'label_missing', sentence: `The release lacks the label ${wanted}.`, key, values: [...values] }];
}

/** The unmet window requirement. Rule: section 7, section 8. */
export function unmetWindow(facts: StageFacts, now: number): Reason<'window_closed'>[] {
  const closed = windowClosed(windowState(facts.schedule, now));
  return closed ? [closed] : [];
}

/** The earliest of the instants that lies after `now`; null when none does. */
export function soonest(now: number, instants: readonly (number | null | undefined)[]): number | null {
  const later = instants.flatMap((instant) => instant ?? []).filter((instant) => instant > now);
  return later.length > 0 ? Math.min(...later) : null;
}
