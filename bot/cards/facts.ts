import type { ReadNotes } from '../../server/domain/notes-between.ts';
import type { Reason } from '../../server/domain/reason.ts';
import type {
  ApprovalView,
  HoldView,
  IncidentView,
  JobView,
  ReleaseView,
  TaskStatus,
} from '../../server/domain/views.ts';

/**
 * What cards are made of. The renderer loads it, the cards are pure: the same facts make the same message, to the byte.
 * Instants in epoch milliseconds; `url`s lead to the console.
 */
export interface FailingHost {
  readonly taskId: number;
  readonly name: string;
  readonly environment: string;
  readonly status: TaskStatus;
  readonly step: string | null;
  readonly problem: Reason | null;
  /** The last lines of its log, oldest first, as the hook wrote them: not escaped, controls not stripped. */
  readonly lastLines: readonly string[];
  readonly restored: boolean;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly url: string;
}

export interface JobFacts {
  readonly job: JobView;
  readonly product: string;
  readonly release: ReleaseView;
  /** By name. */
  readonly environments: readonly string[];
  /** At most 10, in the job's order; `failingTotal` is how many there are. */
  readonly failing: readonly FailingHost[];
  readonly failingTotal: number;
  /** Hosts that run now, at most 10, with the step. */
  readonly running: readonly { readonly name: string; readonly step: string | null }[];
  readonly approval: ApprovalView | null;
  readonly incident: IncidentView | null;
  /** When it will have ended if it goes on as it does; null: nobody can tell. */
  readonly etaAt: number | null;
  /** Somebody's rollback of it could do something. */
  readonly canRollBack: boolean;
  readonly canRetry: boolean;
  readonly url: string;
  /** Set while updates are being held back by the rate budget: when this message was made. */
  readonly throttledAt: number | null;
}

export interface ApprovalFacts {
  readonly approval: ApprovalView;
  readonly job: JobView;
  readonly product: string;
  readonly release: ReleaseView;
  readonly plan: {
    readonly hosts: number;
    readonly waves: readonly number[];
    readonly environments: readonly string[];
    /** At most 10 of them, in wave order. */
    readonly changes: readonly {
      readonly name: string;
      readonly from: string | null;
      readonly to: string;
      readonly changes: boolean;
    }[];
  };
  /** Of the release, and of those between it and what its hosts run. */
  readonly notes: readonly ReadNotes[];
  readonly decisions: readonly {
    readonly by: string;
    readonly verdict: 'approve' | 'reject' | 'cancel';
    readonly reason: string | null;
    readonly at: number;
  }[];
  /** From which instant on the approved plan may not start any more; null before it is approved. */
  readonly startBy: number | null;
  /** `web`: one of its environments is decided in the console only. */
  readonly approveVia: 'slack' | 'web';
  /** What else stands in the way now, in its own words: holds, windows. */
  readonly obstacles: readonly string[];
  readonly url: string;
}

export interface IncidentFacts {
  readonly incident: IncidentView;
  readonly job: JobView;
  readonly product: string;
  readonly environments: readonly string[];
  readonly approval: ApprovalView | null;
  readonly failing: readonly FailingHost[];
  readonly failingTotal: number;
  /** Retries and rollbacks of the job, oldest first. */
  readonly recovery: readonly JobView[];
  /** Those in force on what the job touches. */
  readonly holds: readonly HoldView[];
  readonly canRollBack: boolean;
  readonly canRetry: boolean;
  readonly url: string;
  readonly jobUrl: string;
  /** The job's own card in Slack; null: it has none yet. */
  readonly jobCardUrl: string | null;
}
