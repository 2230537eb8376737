import type { Reason } from './reason.ts';
import { jobHasEnded, type JobStatus } from './task-transition.ts';

/**
 * What stops a task at its start, and what that does to its job. Rule: section 10 (Refusals at the start of a task).
 */
export type StartRefusalCode =
  | 'held'
  | 'window_closed'
  | 'recalled'
  | 'demoted'
  | 'after_job'
  | 'path_broken'
  | 'approval_pending'
  | 'approval_rejected'
  | 'approval_cancelled'
  | 'approval_expired'
  | 'approval_superseded';

export type StartRefusal = Reason<StartRefusalCode>;

/** How far the job is that has to bring a required release first. */
export interface JobBefore {
  readonly id: number;
  readonly version: string;
  readonly status: JobStatus;
}

/** A later job of a path over required releases goes after the one before it has succeeded, or not at all. Rule: section 4. */
export function pathRefusal({ id, version, status }: JobBefore): StartRefusal | null {
  if (status === 'succeeded') return null;
  if (jobHasEnded(status)) {
    const sentence = `Job ${id}, which had to bring ${version} first, was not successful: this one is not started. Retry that one, then ask again.`;
    return { code: 'path_broken', sentence, job: id };
  }
  return { code: 'after_job', sentence: `Job ${id} brings ${version} first, which must not be skipped.`, job: id };
}

/**
 * `waits`: the job is `waiting` and goes on by itself. `asks`: it is `waiting_approval`. `ends`: what remains becomes
 * `not_started`. `withdrawn`: as `ends`, `cancelled` before the start.
 */
export const START_REFUSALS = {
  held: 'waits',
  window_closed: 'waits',
  recalled: 'ends',
  demoted: 'ends',
  after_job: 'waits',
  path_broken: 'withdrawn',
  approval_pending: 'asks',
  approval_rejected: 'withdrawn',
  approval_cancelled: 'withdrawn',
  approval_expired: 'withdrawn',
  approval_superseded: 'withdrawn',
} as const satisfies Record<StartRefusalCode, 'waits' | 'asks' | 'ends' | 'withdrawn'>;
