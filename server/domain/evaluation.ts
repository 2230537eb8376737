import { allowed, refused, type Decision } from './reason.ts';
import type { StageCode, StageStatus } from './stages.ts';

/**
 * What becomes of an evaluation that has been judged. `final`: only a person opens it again, with a reason. Rule:
 * section 7.
 */
export const EVALUATIONS = {
  evaluating: 'judged again',
  paused: 'judged again',
  promoted: 'final',
  superseded: 'final',
  recalled: 'final',
  cancelled: 'final',
} as const satisfies Record<StageStatus, 'judged again' | 'final'>;

export interface Evaluation {
  readonly status: StageStatus;
  readonly codes: readonly StageCode[];
}

/**
 * Whether the stage looks at the release again; one that left the source starts anew when it is active there again.
 * Rule: section 7.
 */
export function isJudgedAgain({ status, codes }: Evaluation, activeOnSource: boolean): boolean {
  return EVALUATIONS[status] === 'judged again' || (activeOnSource && startsAnew({ status, codes }));
}

function startsAnew({ status, codes }: Evaluation): boolean {
  return status === 'cancelled' && codes.includes('not_on_source');
}

/** A person may open any evaluation that has ended, with a reason. Rule: section 7. */
export function judgeReopening({ status }: Evaluation, reason: string): Decision<'reason_missing' | 'not_ended'> {
  if (EVALUATIONS[status] !== 'final') {
    return refused('not_ended', `reopening refused: the evaluation is ${status} and goes on by itself.`, { status });
  }
  return reason.trim() === ''
    ? refused('reason_missing', 'reopening refused: it needs a reason. Say what has changed.')
    : allowed();
}
