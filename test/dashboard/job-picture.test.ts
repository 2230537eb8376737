import { describe, expect, test } from 'vitest';
import { turned } from '../../dashboard/console/list/list-address.ts';
import { newerViews } from '../../dashboard/console/parts/newer-views.ts';
import { DEFAULT_PLAN } from '../../dashboard/console/install/plan-form.ts';
import { jobWaves, noCounts } from '../../dashboard/console/jobs/job-waves.ts';
import { planText } from '../../dashboard/console/jobs/plan-text.ts';
import { stepTime } from '../../dashboard/console/jobs/step-time.ts';
import { byNeed, inHeldOrder } from '../../dashboard/console/jobs/task-order.ts';
import { jobState } from '../../dashboard/console/jobs/task-words.ts';
import { hasArrived } from '../../dashboard/console/shell/arrival.ts';
import { apply, emptyBoard } from '../../server/domain/board.ts';
import type { AnyActivity } from '../../server/domain/activity.ts';
import type { JobView, TaskStatus, TaskView } from '../../server/domain/views.ts';

function job(more: Partial<JobView> = {}): JobView {
  return {
    id: 42,
    revision: 3,
    kind: 'install',
    productId: 1,
    releaseId: 7,
    version: '4.2.1',
    status: 'running',
    plan: DEFAULT_PLAN,
    requestedBy: 'Ana',
    reason: null,
    problem: null,
    parentJobId: null,
    createdAt: 0,
    startedAt: 0,
    endedAt: null,
    wave: 1,
    waves: 3,
    counts: { ...noCounts },
    ...more,
  };
}

function task(position: number, status: TaskStatus, wave = 1): TaskView {
  return {
    id: 100 + position,
    revision: 1,
    jobId: 42,
    hostId: position,
    hostName: `h${position}`,
    environmentId: 1,
    role: 'target',
    position,
    wave,
    status,
    step: null,
    steps: [],
    problem: null,
    blockedByJobId: null,
    fromVersion: null,
    restored: false,
    startedAt: null,
    endedAt: null,
    logBytes: 0,
  };
}

describe('host rows of a job', () => {
  test('what failed comes first, then what moves, what is done comes last', () => {
    const tasks = [
      task(0, 'succeeded'),
      task(1, 'running'),
      task(2, 'unreachable'),
      task(3, 'pending'),
      task(4, 'failed'),
    ];
    expect(byNeed(tasks).map(({ status }) => status)).toEqual([
      'failed',
      'unreachable',
      'running',
      'pending',
      'succeeded',
    ]);
  });

  test('while somebody points at a row, a change of state moves no row, and new ones come last', () => {
    const before = byNeed([task(0, 'running'), task(1, 'pending')]).map(({ id }) => id);
    const after = [task(2, 'pending'), task(0, 'running'), task(1, 'failed')];
    expect(inHeldOrder(after, before).map(({ position }) => position)).toEqual([0, 1, 2]);
  });
});

describe('waves of a job', () => {
  const waves = (tasks: TaskView[], plan = DEFAULT_PLAN) => jobWaves(job({ plan }), tasks);

  test('each wave says whether it is done, at work, ahead, troubled or given up', () => {
    const tasks = [
      task(0, 'succeeded', 1),
      task(1, 'running', 2),
      task(2, 'pending', 3),
      task(3, 'failed', 4),
      task(4, 'pending', 4),
      task(5, 'not_started', 5),
    ];
    expect(waves(tasks).map(({ number, state }) => [number, state])).toEqual([
      [1, 'done'],
      [2, 'at_work'],
      [3, 'ahead'],
      [4, 'troubled'],
      [5, 'given_up'],
    ]);
  });

  test('a wave is manual where the plan says so, also when a wave before it has no hosts', () => {
    const plan = { ...DEFAULT_PLAN, waves: [{ count: 1 }, { count: 1 }, { ppm: 1_000_000, manual: true }] };
    expect(waves([task(0, 'succeeded', 1), task(1, 'pending', 3)], plan).map(({ manual }) => manual)).toEqual([
      false,
      true,
    ]);
  });

  test('a wave of skipped hosts alone is done', () => {
    expect(waves([task(0, 'skipped', 1)])[0]?.state).toBe('done');
  });
});

describe('the state of a job in one word', () => {
  test('a running job with failed hosts is not shown as one that runs well', () => {
    const counts = { ...noCounts, running: 1, failed: 1 };
    expect(jobState(job({ counts }))).toEqual({ word: 'Running', mark: 'degraded' });
    const problem = { code: 'over_budget', sentence: '' };
    expect(jobState(job({ counts, problem }))).toEqual({ word: 'Halting', mark: 'failed' });
    expect(jobState(job())).toEqual({ word: 'Running', mark: 'running' });
  });

  test('the plan is one line', () => {
    expect(planText(DEFAULT_PLAN)).toBe(
      'Plan: waves 1, 25 %, 100 % · 10 at once · 0 may fail · bake 5 min · restore on failure',
    );
  });
});

describe('an action counts as done when its activity has arrived', () => {
  const activity = (revision: number): AnyActivity => ({
    cursor: `1.${revision}`,
    at: 0,
    kind: 'job.paused',
    entity: { kind: 'job', id: 42, revision },
    actor: 'Ana',
    productId: 1,
    environmentId: null,
    hostId: null,
    jobId: 42,
    view: job({ revision }),
    detail: {},
  });

  test('not before, not with an older change, and from then on', () => {
    const board = emptyBoard();
    expect(hasArrived(null, { id: 42, revision: 3 })).toBe(false);
    expect(hasArrived(board, { id: 42, revision: 3 })).toBe(false);
    apply(board, activity(2));
    expect(hasArrived(board, { id: 42, revision: 3 })).toBe(false);
    apply(board, activity(3));
    expect(hasArrived(board, { id: 42, revision: 3 })).toBe(true);
    apply(board, activity(7));
    expect(hasArrived(board, { id: 42, revision: 3 })).toBe(true);
  });

  test('a job so old that it has left the board has arrived', () => {
    expect(hasArrived({ ...emptyBoard(), trimmedJobId: 50 }, { id: 42, revision: 3 })).toBe(true);
  });
});

describe('rows of a list', () => {
  test('stay in their order, each with the newer of what was read and what is live', () => {
    const read = [
      job({ id: 2, revision: 4 }),
      job({ id: 1, revision: 5, status: 'failed' }),
      job({ id: 3, revision: 1 }),
    ];
    const live = { 2: job({ id: 2, revision: 9, status: 'succeeded' }), 1: job({ id: 1, revision: 3 }) };
    expect(newerViews(read, live).map(({ id, revision }) => [id, revision])).toEqual([
      [2, 9],
      [1, 5],
      [3, 1],
    ]);
  });

  test('a column sorts up, then down; one of instants the newest first', () => {
    expect([turned('natural', 'role'), turned('role', 'role'), turned('-role', 'role')]).toEqual([
      'role',
      '-role',
      'role',
    ]);
    expect([turned('natural', 'contact', 'down'), turned('-contact', 'contact', 'down')]).toEqual([
      '-contact',
      'contact',
    ]);
  });
});

describe('the time of a step', () => {
  test.each([
    [{ ms: 40, outcome: 'ok' as const }, '40 ms'],
    [{ ms: 4_180, outcome: 'failed' as const }, '4 180 ms'],
    [{ ms: 1_234_567, outcome: 'ok' as const }, '1 234 567 ms'],
    [{ ms: null, outcome: 'running' as const }, 'running'],
    [{ ms: null, outcome: 'skipped' as const }, '–'],
  ])('%j', (step, text) => {
    expect(stepTime(step)).toBe(text);
  });
});
