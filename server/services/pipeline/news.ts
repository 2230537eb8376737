import { isDeepStrictEqual } from 'node:util';
import type { KnownEvaluation } from '../../../db/queries/evaluations.ts';
import { EVALUATIONS, type EvaluationChapter } from '../../domain/evaluation.ts';
import type { ActivityKind } from '../../domain/activity.ts';
import type { StageStatus } from '../../domain/stages.ts';
import type { Judgement } from './look.ts';

/** Whether a look says anything that is not stored yet. */
export function isNews({ known, anew, verdict, stage, measured }: Judgement): boolean {
  if (known === null || anew) return true;
  const { status, reasons, eligibleAt } = verdict;
  const before = { ...pick(known), stage: known.stage };
  return !same(before, { status, reasons, eligibleAt, measured, stage });
}

function pick({ status, reasons, eligibleAt, measured }: KnownEvaluation) {
  return { status, reasons, eligibleAt, measured };
}

/** As they are stored: a field that is undefined is none. */
function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

const ENDED = {
  evaluating: 'evaluation.changed',
  paused: 'evaluation.paused',
  promoted: 'evaluation.promoted',
  superseded: 'evaluation.superseded',
  recalled: 'evaluation.recalled',
  cancelled: 'evaluation.cancelled',
} as const satisfies Record<StageStatus, ActivityKind>;

/** The fact that a look has made of an evaluation. */
export function activityOf({ known, anew, verdict: { status } }: Judgement): ActivityKind {
  const begun = known === null || anew;
  return status === 'evaluating' && (begun || known.status === 'paused') ? 'evaluation.begun' : ENDED[status];
}

export function hasEnded(status: StageStatus): boolean {
  return EVALUATIONS[status] === 'final';
}

/** What is closed by a look: the evaluation under the stage as it was, or the one that had ended. Rule: section 7. */
export function closedChapter({ known, anew, stage }: Judgement, now: number, by: string): EvaluationChapter[] {
  if (known === null) return [];
  if (anew) return [chapter(known, now, 'on_source_again', by, null)];
  return same(known.stage, stage) ? [] : [chapter(known, now, 'stage_changed', by, null)];
}

export function chapter(
  { since, stage, status, reasons, measured, history }: Omit<KnownEvaluation, 'soaks'>,
  until: number,
  closedBy: EvaluationChapter['closedBy'],
  by: string,
  reason: string | null,
): EvaluationChapter {
  const last = history.at(-1)?.until ?? since;
  return { since: Math.max(since, last), until, closedBy, by, reason, stage, status, reasons, measured };
}
