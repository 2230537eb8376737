import type { CanaryEntity } from './canary-condition.ts';
import type { PipelineStage } from './pipeline.ts';
import { allowed, refused, type Decision, type Reason } from './reason.ts';
import { decided, type StageCode, type StageStatus } from './stages.ts';

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

/** What ends an evaluation whose stage is no longer configured; it starts anew when the stage is back. */
export const STAGE_REMOVED = decided('cancelled', 'stage_removed', 'The stage is no longer part of the pipeline.');

/**
 * Whether the stage looks at the release again; one that left the source starts anew when it is active there again.
 * Rule: section 7.
 */
export function isJudgedAgain({ status, codes }: Evaluation, activeOnSource: boolean): boolean {
  return EVALUATIONS[status] === 'judged again' || (activeOnSource && startsAnew({ status, codes }));
}

function startsAnew({ status, codes }: Evaluation): boolean {
  return status === 'cancelled' && (codes.includes('not_on_source') || codes.includes('stage_removed'));
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

/** What a canary stage counted at one look: of the selected entities, how many run the release and satisfy what. */
export interface Measured {
  readonly selected: number;
  readonly arrived: number;
  readonly healthy: number;
  /** Null: the condition is not configured. */
  readonly neededHealthy: number | null;
  readonly unhealthy: number;
  readonly neededUnhealthy: number | null;
}

/** One test entity as a stage saw it. Milliseconds; the figures are null while it does not run the release. */
export interface EntitySoak extends CanaryEntity {
  readonly environmentId: number;
  /** When its last node reported the release, epoch ms; null: it does not run it. */
  readonly since: number | null;
  /** Active hosts that run the product, and how many of them run the release. */
  readonly nodes: number;
  readonly nodesOnRelease: number;
}

/** What an evaluation was before somebody edited its stage or opened it again, or before it began anew. */
export interface EvaluationChapter {
  /** Epoch ms: when this chapter began, and when it was closed. */
  readonly since: number;
  readonly until: number;
  readonly closedBy: 'stage_changed' | 'reopened' | 'on_source_again';
  readonly by: string;
  readonly reason: string | null;
  readonly stage: PipelineStage;
  readonly status: StageStatus;
  readonly reasons: readonly Reason<StageCode>[];
  readonly measured: Measured | null;
}
