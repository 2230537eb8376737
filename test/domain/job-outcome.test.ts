import { describe, expect, test } from 'vitest';
import {
  failureBudget,
  jobCards,
  jobEnd,
  judgeJobScope,
  judgeRetry,
  retryScope,
} from '../../server/domain/job-outcome.ts';
import {
  JOB_TRANSITIONS,
  JOB_VERBS,
  TASK_TRANSITIONS,
  jobHasEnded,
  jobMayBecome,
  judgeJobVerb,
  taskHasEnded,
  taskMayBecome,
  type JobStatus,
  type TaskStatus,
} from '../../server/domain/task-transition.ts';

const STATUSES = Object.keys(TASK_TRANSITIONS) as TaskStatus[];
const tasks = (...statuses: TaskStatus[]) => statuses.map((status, index) => ({ status, host: `h${index}` }));

test('the budget counts failed and unreachable, and holds up to and including what is allowed', () => {
  const bad = tasks('failed', 'unreachable', 'not_started', 'cancelled', 'skipped', 'running');
  expect(failureBudget(bad, { count: 2 })).toEqual({ maxFailures: 2, bad: 2, holds: true });
  expect(failureBudget(bad, { count: 1 })).toEqual({ maxFailures: 1, bad: 2, holds: false });
  expect(failureBudget(bad, { ppm: 333_333 })).toEqual({ maxFailures: 1, bad: 2, holds: false });
});

test('a job ends as its tasks did', () => {
  expect(jobEnd(tasks('succeeded', 'skipped'), { count: 0 })).toBe('succeeded');
  expect(jobEnd(tasks('succeeded', 'failed'), { count: 1 })).toBe('failed');
  expect(jobEnd(tasks('failed', 'cancelled'), { count: 1 })).toBe('cancelled');
  expect(jobEnd(tasks('failed', 'cancelled'), { count: 0 })).toBe('failed');
  expect(jobEnd(tasks('succeeded', 'not_started'), { count: 0 })).toBe('failed');
});

test('cards: all, not ended, succeeded, failed; cancelled jobs are in the total alone', () => {
  const statuses: JobStatus[] = [
    'waiting_approval',
    'queued',
    'running',
    'waiting',
    'paused',
    'cancelling',
    'succeeded',
    'succeeded',
    'failed',
    'failed',
    'failed',
    'cancelled',
    'cancelled',
  ];
  expect(jobCards(statuses)).toEqual({ total: 13, inProgress: 6, succeeded: 2, failed: 3 });
});

describe('a retry', () => {
  test('covers what failed, was unreachable or was not started, and what was cancelled when asked', () => {
    const all = tasks(...STATUSES);
    const statuses = (list: { status: TaskStatus }[]) => list.map(({ status }) => status).sort();
    expect(statuses(retryScope(all))).toEqual(['failed', 'not_started', 'unreachable']);
    expect(statuses(retryScope(all, { cancelled: true }))).toEqual([
      'cancelled',
      'failed',
      'not_started',
      'unreachable',
    ]);
  });

  const job = { status: 'failed' as const, tasks: tasks('succeeded', 'failed', 'unreachable', 'cancelled') };

  test('takes the whole scope unless hosts are named', () => {
    expect(judgeRetry(job)).toEqual({ allowed: true, tasks: [job.tasks[1], job.tasks[2]], lost: [] });
    expect(judgeRetry(job, { hosts: ['h2'] })).toEqual({ allowed: true, tasks: [job.tasks[2]], lost: [] });
    expect(judgeRetry(job, { hosts: ['h3'], cancelled: true })).toEqual({
      allowed: true,
      tasks: [job.tasks[3]],
      lost: [],
    });
  });

  test('refuses hosts outside the scope, and names them', () => {
    const decision = judgeRetry(job, { hosts: ['h0', 'h1', 'h9'] });
    expect(decision).toMatchObject({ allowed: false, refusal: { code: 'outside_retry_scope', hosts: ['h0', 'h9'] } });
    expect(decision.allowed || decision.refusal.sentence).toMatch(/^retry refused: h0 and h9 .* for them instead\.$/);
    const one = judgeRetry(job, { hosts: ['h0'] });
    expect(one.allowed || one.refusal.sentence).toMatch(/^retry refused: h0 .* for it instead\.$/);
  });

  test('leaves out where a hook was lost, until a person says that it is to be run again', () => {
    const lost = { status: 'failed', host: 'h1', lost: true } as const;
    const failed = { status: 'failed', host: 'h2' } as const;
    const both = { status: 'failed', tasks: [lost, failed] } as const;
    expect(judgeRetry(both)).toEqual({ allowed: true, tasks: [failed], lost: [lost] });
    expect(judgeRetry(both, { rerunHook: true })).toEqual({ allowed: true, tasks: [lost, failed], lost: [] });
    const only = judgeRetry({ status: 'failed', tasks: [lost] });
    expect(only).toMatchObject({ refusal: { code: 'hook_lost', hosts: ['h1'] } });
    expect(only).toMatchObject({ refusal: { sentence: expect.stringContaining('--rerun-hook') } });
  });

  test('refuses a job that has not ended', () => {
    expect(judgeRetry({ ...job, status: 'running' })).toMatchObject({ refusal: { code: 'job_not_ended' } });
  });

  test('refuses when nothing is left to retry', () => {
    const cancelled = { status: 'cancelled' as const, tasks: tasks('succeeded', 'cancelled') };
    expect(judgeRetry(cancelled)).toMatchObject({ refusal: { code: 'nothing_to_retry' } });
    expect(judgeRetry(cancelled, { cancelled: true })).toMatchObject({ allowed: true });
  });
});

test('a job without hosts is refused', () => {
  expect(judgeJobScope([])).toMatchObject({ allowed: false, refusal: { code: 'no_hosts' } });
  expect(judgeJobScope(['a'])).toMatchObject({ allowed: true });
});

describe('states', () => {
  test('a task ends in six ways and comes back from none', () => {
    expect(STATUSES.filter(taskHasEnded).sort()).toEqual([
      'cancelled',
      'failed',
      'not_started',
      'skipped',
      'succeeded',
      'unreachable',
    ]);
    expect(taskMayBecome('pending', 'running')).toBe(true);
    expect(taskMayBecome('pending', 'succeeded')).toBe(false);
    expect(taskMayBecome('failed', 'running')).toBe(false);
  });

  test('a job ends in three ways and comes back from none', () => {
    const ended = (Object.keys(JOB_TRANSITIONS) as JobStatus[]).filter(jobHasEnded);
    expect(ended.sort()).toEqual(['cancelled', 'failed', 'succeeded']);
    expect(jobMayBecome('queued', 'running')).toBe(true);
    expect(jobMayBecome('cancelling', 'running')).toBe(false);
  });

  test('which verb which state takes', () => {
    expect(JOB_VERBS).toEqual({
      waiting_approval: ['cancel'],
      queued: ['cancel', 'pause'],
      running: ['cancel', 'pause'],
      waiting: ['cancel', 'pause', 'continue'],
      paused: ['cancel', 'resume'],
      cancelling: [],
      succeeded: [],
      cancelled: ['retry'],
      failed: ['retry'],
    });
  });

  test('a verb out of place is refused with those that the state takes', () => {
    expect(judgeJobVerb('running', 'pause')).toEqual({ allowed: true, warnings: [] });
    expect(judgeJobVerb('running', 'resume')).toMatchObject({
      refusal: {
        code: 'wrong_state',
        sentence: 'resume refused: the job is running. It allows cancel, pause.',
        verbs: ['cancel', 'pause'],
      },
    });
    expect(judgeJobVerb('succeeded', 'cancel')).toMatchObject({
      refusal: { sentence: 'cancel refused: the job is succeeded. It allows nothing more.' },
    });
  });
});
