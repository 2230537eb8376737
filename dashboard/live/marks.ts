import { jobCondition, type JobCondition } from '../../server/domain/job-condition.ts';
import type { JobView, Liveness, ReleaseView, TaskStatus } from '../../server/domain/views.ts';
import type { WallHost, WallTask } from '../../server/domain/board.ts';
import { jobHasEnded } from '../../server/domain/task-transition.ts';
import type { ReleaseState } from '../../server/domain/release-state.ts';
import type { Mark } from '../theme/states.ts';

/** Which of the eight marks each state of the domain is shown by. */
export const jobMarks = {
  held: 'held',
  halting: 'failed',
  waiting_approval: 'waiting',
  queued: 'waiting',
  running: 'running',
  waiting: 'waiting',
  paused: 'held',
  cancelling: 'held',
  succeeded: 'ok',
  cancelled: 'held',
  failed: 'failed',
} as const satisfies Record<JobCondition, Mark>;

/** One job's mark: what a hold stops stands still behind pause bars, whatever else `waiting` may mean. */
export function jobMark(job: Pick<JobView, 'status' | 'problem'>): Mark {
  return jobMarks[jobCondition(job)];
}

export function isHeld(job: Pick<JobView, 'status' | 'problem'>): boolean {
  return jobCondition(job) === 'held';
}

export const taskMarks = {
  pending: 'waiting',
  running: 'running',
  succeeded: 'ok',
  failed: 'failed',
  unreachable: 'failed',
  skipped: 'ok',
  cancelled: 'held',
  not_started: 'unknown',
} as const satisfies Record<TaskStatus, Mark>;

/** One task's mark: one that a hold stops stands behind pause bars. */
export function taskMark(task: Pick<WallTask, 'status' | 'problem'>): Mark {
  return isHeldTask(task) ? 'held' : taskMarks[task.status];
}

/** It would start, and a hold on its host is why it does not. */
export function isHeldTask({ status, problem }: Pick<WallTask, 'status' | 'problem'>): boolean {
  return status === 'pending' && problem?.code === 'held';
}

export const releaseMarks = {
  installed: 'ok',
  downloaded: 'ok',
  downloading: 'running',
  available: 'waiting',
} as const satisfies Record<ReleaseState, Mark>;

export const livenessMarks = {
  live: 'ok',
  unreachable: 'failed',
  unknown: 'unknown',
} as const satisfies Record<Liveness, Mark>;

/** What the latest task says of its host; null: the task is over and the host's own liveness counts. */
const taskOnHost = {
  pending: 'waiting',
  running: 'running',
  succeeded: null,
  failed: 'failed',
  unreachable: 'failed',
  skipped: null,
  cancelled: null,
  not_started: null,
} as const satisfies Record<TaskStatus, Mark | null>;

/**
 * One mark for a host out of its life, its liveness and its latest task. A host that does not answer is failed whatever
 * is being done to it; one without a report is unknown, never ok.
 */
export function hostMark(
  host: Pick<WallHost, 'life' | 'liveness'>,
  task: WallTask | undefined,
  job: JobView | undefined,
): Mark {
  if (host.life === 'maintenance') return 'held';
  if (host.liveness === 'unreachable') return 'failed';
  return (task && markByTask(task, job)) ?? livenessMarks[host.liveness];
}

function markByTask(task: WallTask, job: JobView | undefined): Mark | null {
  if (task.status === 'pending' && (!job || jobHasEnded(job.status))) return null;
  if (task.status === 'pending' && job && (job.status === 'paused' || isHeld(job) || isHeldTask(task))) return 'held';
  return taskOnHost[task.status];
}

/** A release whose feed contradicts itself, or whose last download failed, is degraded whatever its state. */
export function releaseMark(release: ReleaseView, state: ReleaseState): Mark {
  const troubled = release.conflict !== null || (state === 'available' && release.downloadProblem !== null);
  return troubled ? 'degraded' : releaseMarks[state];
}
