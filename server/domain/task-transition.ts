import { refused, allowed } from './reason.ts';
import type { Decision } from './reason.ts';

/**
 * The states of tasks and jobs, what may follow what, and which verb a state allows. Buttons, services and docs all
 * read these tables.
 */
export type TaskStatus =
  'pending' | 'running' | 'succeeded' | 'failed' | 'unreachable' | 'skipped' | 'cancelled' | 'not_started';

/** To count from. */
export const NO_TASKS: Readonly<Record<TaskStatus, number>> = {
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  unreachable: 0,
  skipped: 0,
  cancelled: 0,
  not_started: 0,
};

export type JobStatus =
  | 'waiting_approval'
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'cancelling'
  | 'succeeded'
  | 'cancelled'
  | 'failed';

export type JobVerb = 'cancel' | 'pause' | 'resume' | 'continue' | 'retry';

/** Rule: section 10. A task that is taken over by another worker stays `running`, under a higher fencing number. */
export const TASK_TRANSITIONS = {
  pending: ['running', 'skipped', 'cancelled', 'not_started'],
  running: ['succeeded', 'failed', 'unreachable', 'skipped', 'cancelled'],
  succeeded: [],
  failed: [],
  unreachable: [],
  skipped: [],
  cancelled: [],
  not_started: [],
} as const satisfies Record<TaskStatus, readonly TaskStatus[]>;

/** Rule: section 10. `cancelling` can still end `succeeded`: a task past `activate` runs to its end. */
export const JOB_TRANSITIONS = {
  waiting_approval: ['queued', 'cancelled', 'failed'],
  queued: ['running', 'waiting', 'paused', 'cancelling', 'succeeded', 'cancelled', 'failed'],
  running: ['waiting', 'paused', 'cancelling', 'succeeded', 'cancelled', 'failed'],
  waiting: ['running', 'paused', 'cancelling', 'succeeded', 'cancelled', 'failed'],
  paused: ['queued', 'running', 'waiting', 'cancelling', 'succeeded', 'cancelled', 'failed'],
  cancelling: ['succeeded', 'cancelled', 'failed'],
  succeeded: [],
  cancelled: [],
  failed: [],
} as const satisfies Record<JobStatus, readonly JobStatus[]>;

/** Rule: section 10. `continue` releases a manual wave; `retry` makes a new job and leaves this one as it ended. */
export const JOB_VERBS = {
  waiting_approval: ['cancel'],
  queued: ['cancel', 'pause'],
  running: ['cancel', 'pause'],
  waiting: ['cancel', 'pause', 'continue'],
  paused: ['cancel', 'resume'],
  cancelling: [],
  succeeded: [],
  cancelled: ['retry'],
  failed: ['retry'],
} as const satisfies Record<JobStatus, readonly JobVerb[]>;

export function taskMayBecome(from: TaskStatus, to: TaskStatus): boolean {
  return (TASK_TRANSITIONS[from] as readonly TaskStatus[]).includes(to);
}

export function jobMayBecome(from: JobStatus, to: JobStatus): boolean {
  return (JOB_TRANSITIONS[from] as readonly JobStatus[]).includes(to);
}

export function taskHasEnded(status: TaskStatus): boolean {
  return TASK_TRANSITIONS[status].length === 0;
}

export function jobHasEnded(status: JobStatus): boolean {
  return JOB_TRANSITIONS[status].length === 0;
}

/** Whether a job in this state takes this verb; the refusal names the verbs that it does take. Rule: section 10. */
export function judgeJobVerb(status: JobStatus, verb: JobVerb): Decision<'wrong_state'> {
  const verbs: readonly JobVerb[] = JOB_VERBS[status];
  if (verbs.includes(verb)) return allowed();
  const instead = verbs.length > 0 ? `It allows ${verbs.join(', ')}.` : 'It allows nothing more.';
  return refused('wrong_state', `${verb} refused: the job is ${status}. ${instead}`, { status, verb, verbs });
}

/** A download touches no host and has no waves: there is nothing to pause or to continue. */
const DOWNLOAD_VERBS: readonly JobVerb[] = ['cancel', 'retry'];

/** The same for a download. Rule: section 10. */
export function judgeDownloadVerb(status: JobStatus, verb: JobVerb): Decision<'wrong_state' | 'only_rollouts'> {
  if (DOWNLOAD_VERBS.includes(verb)) return judgeJobVerb(status, verb);
  const sentence = `${verb} refused: a download takes nothing to hosts. Cancel it, and download again later.`;
  return refused('only_rollouts', sentence, { status, verb, verbs: DOWNLOAD_VERBS });
}
