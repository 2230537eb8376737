import { jobCondition, type JobCondition } from '../../../server/domain/job-condition.ts';
import type { TaskStatus } from '../../../server/domain/task-transition.ts';
import type { JobKind, JobView } from '../../../server/domain/views.ts';
import { badTasks } from '../../live/select.ts';
import { jobMark } from '../../live/marks.ts';
import type { Mark } from '../../theme/states.ts';

/** What states of tasks and jobs, and kinds of jobs, are called on the console. */
export const taskWords = {
  pending: 'pending',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  unreachable: 'unreachable',
  skipped: 'skipped',
  cancelled: 'cancelled',
  not_started: 'not started',
} as const satisfies Record<TaskStatus, string>;

export const jobWords = {
  held: 'Held',
  halting: 'Halting',
  waiting_approval: 'Waiting for approval',
  queued: 'Queued',
  running: 'Running',
  waiting: 'Waiting',
  paused: 'Paused',
  cancelling: 'Cancelling',
  succeeded: 'Succeeded',
  cancelled: 'Cancelled',
  failed: 'Failed',
} as const satisfies Record<JobCondition, string>;

export const jobKinds = {
  download: 'Download',
  install: 'Install',
  rollback: 'Rollback',
  'roll-off': 'Roll-off',
} as const satisfies Record<JobKind, string>;

/** How a job is marked and called: one that runs with failed hosts is degraded. */
export function jobState(job: JobView): { word: string; mark: Mark } {
  const condition = jobCondition(job);
  const degraded = condition === 'running' && badTasks(job) > 0;
  return { word: jobWords[condition], mark: degraded ? 'degraded' : jobMark(job) };
}
