import { allowed, refused } from './reason.ts';
import type { Refused } from './reason.ts';
import { roundedDown } from './quantity.ts';
import type { Quantity } from './quantity.ts';
import { jobHasEnded } from './task-transition.ts';
import type { JobStatus, TaskStatus } from './task-transition.ts';
import { listed } from './wording.ts';

/** How a job ends, what it counts as, and what a retry of it covers. */
export type JobEnd = 'succeeded' | 'cancelled' | 'failed';

export interface FailureBudget {
  readonly maxFailures: number;
  /** failed + unreachable. Refusals (`not_started`) are never bad. */
  readonly bad: number;
  readonly holds: boolean;
}

interface Outcome {
  readonly status: TaskStatus;
}

/** `maxFailures`: a count, or a share of all hosts of the job rounded down. Rule: section 10 (Budget). */
export function failureBudget(tasks: readonly Outcome[], maxFailures: Quantity): FailureBudget {
  const allowedFailures = roundedDown(maxFailures, tasks.length);
  const bad = tasks.filter(({ status }) => status === 'failed' || status === 'unreachable').length;
  return { maxFailures: allowedFailures, bad, holds: bad <= allowedFailures };
}

/** The end state of a job whose tasks have all ended. Partial success is `failed`. Rule: section 10. */
export function jobEnd(tasks: readonly Outcome[], maxFailures: Quantity): JobEnd {
  if (tasks.every(({ status }) => status === 'succeeded' || status === 'skipped')) return 'succeeded';
  const cancelled = tasks.some(({ status }) => status === 'cancelled');
  return cancelled && failureBudget(tasks, maxFailures).holds ? 'cancelled' : 'failed';
}

export interface Cards {
  readonly total: number;
  readonly inProgress: number;
  readonly succeeded: number;
  readonly failed: number;
}

/**
 * Total = all, In Progress = not ended, Failed = `failed`; cancelled jobs are in Total alone. Rule: section 10 (Cards).
 */
export function jobCards(statuses: readonly JobStatus[]): Cards {
  return {
    total: statuses.length,
    inProgress: statuses.filter((status) => !jobHasEnded(status)).length,
    succeeded: statuses.filter((status) => status === 'succeeded').length,
    failed: statuses.filter((status) => status === 'failed').length,
  };
}

const RETRIED = {
  pending: 'never',
  running: 'never',
  succeeded: 'never',
  skipped: 'never',
  failed: 'always',
  unreachable: 'always',
  not_started: 'always',
  cancelled: 'when asked',
} as const satisfies Record<TaskStatus, 'never' | 'always' | 'when asked'>;

/** The tasks that a retry covers, in their order. Rule: section 10 (Retry). */
export function retryScope<Task extends Outcome>(
  tasks: readonly Task[],
  ask: { readonly cancelled?: boolean } = {},
): Task[] {
  return tasks.filter(({ status }) => {
    const covered = RETRIED[status];
    return covered === 'always' || (covered === 'when asked' && ask.cancelled === true);
  });
}

export interface RetryAsk {
  readonly cancelled?: boolean;
  /** Only these hosts; absent: every host in scope. */
  readonly hosts?: readonly string[];
  /** A person has looked: a hook whose end nobody knows is run again. */
  readonly rerunHook?: boolean;
}

/** A task of the job that is retried. */
export interface RetriedTask extends Outcome {
  readonly host: string;
  /** A hook was begun there and nobody knows how it ended. */
  readonly lost?: boolean;
}

export type RetryDecision<Task> =
  /** `lost`: in scope and left out, because nobody has said that the hook is to be run again. */
  | { readonly allowed: true; readonly tasks: Task[]; readonly lost: Task[] }
  | Refused<'job_not_ended' | 'outside_retry_scope' | 'nothing_to_retry' | 'hook_lost'>;

/**
 * A retry covers its parent's scope or a part of it, never a host more; where a hook was lost only when it is asked for.
 * Rule: section 10 (Retry, Steps).
 */
export function judgeRetry<Task extends RetriedTask>(
  job: { readonly status: JobStatus; readonly tasks: readonly Task[] },
  ask: RetryAsk = {},
): RetryDecision<Task> {
  if (!jobHasEnded(job.status)) {
    return refused('job_not_ended', `retry refused: the job is ${job.status}. Wait for its end, or cancel it.`, {
      status: job.status,
    });
  }
  const scope = retryScope(job.tasks, ask);
  const outside = (ask.hosts ?? []).filter((host) => !scope.some((task) => task.host === host));
  if (outside.length > 0) {
    const next = `Start a new install for ${outside.length === 1 ? 'it' : 'them'} instead.`;
    const sentence = `retry refused: ${listed(outside)} did not fail in this job. ${next}`;
    return refused('outside_retry_scope', sentence, { hosts: outside });
  }
  const tasks = ask.hosts ? scope.filter((task) => ask.hosts?.includes(task.host)) : scope;
  if (tasks.length === 0) {
    return refused(
      'nothing_to_retry',
      'retry refused: no task failed, was unreachable or was not started. Cancelled tasks are retried when you ask for them.',
    );
  }
  const lost = ask.rerunHook ? [] : tasks.filter((task) => task.lost);
  if (lost.length === tasks.length) return refused('hook_lost', allLost(lost), { hosts: lost.map(({ host }) => host) });
  return { allowed: true, tasks: tasks.filter((task) => !lost.includes(task)), lost };
}

function allLost(lost: readonly RetriedTask[]): string {
  const where = lost.length <= 4 ? listed(lost.map(({ host }) => host)) : `${lost.length} hosts`;
  return `retry refused: nobody knows how the hook on ${where} ended. Look there; then say that it is to be run again (--rerun-hook), or roll back.`;
}

/** Why a retry leaves a host out. Rule: section 10 (Steps). */
export function hookLost(host: string): string {
  return `Nobody knows how the hook on ${host} ended: it is run again only when a person says so (--rerun-hook).`;
}

/** Rule: section 10 ("A job without hosts is refused"). */
export function judgeJobScope(hosts: readonly unknown[]) {
  return hosts.length > 0
    ? allowed()
    : refused('no_hosts', 'job refused: it names no host. Choose at least one active host.');
}
