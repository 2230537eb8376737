import type { Reason } from './reason.ts';

/**
 * What stops a task at its start, and what that does to its job. Rule: section 10 (Refusals at the start of a task).
 */
export type StartRefusalCode =
  | 'held'
  | 'window_closed'
  | 'recalled'
  | 'demoted'
  | 'approval_pending'
  | 'approval_rejected'
  | 'approval_cancelled'
  | 'approval_expired'
  | 'approval_superseded';

export type StartRefusal = Reason<StartRefusalCode>;

/**
 * `waits`: the job is `waiting` and goes on by itself. `asks`: it is `waiting_approval`. `ends`: what remains becomes
 * `not_started`. `withdrawn`: as `ends`, `cancelled` before the start.
 */
export const START_REFUSALS = {
  held: 'waits',
  window_closed: 'waits',
  recalled: 'ends',
  demoted: 'ends',
  approval_pending: 'asks',
  approval_rejected: 'withdrawn',
  approval_cancelled: 'withdrawn',
  approval_expired: 'withdrawn',
  approval_superseded: 'withdrawn',
} as const satisfies Record<StartRefusalCode, 'waits' | 'asks' | 'ends' | 'withdrawn'>;
