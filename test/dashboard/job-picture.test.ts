import { describe, expect, test } from 'vitest';
import { ListAddress, turned } from '../../dashboard/console/list/list-address.ts';
import { newerView } from '../../dashboard/console/list/newer-view.ts';
import { DEFAULT_PLAN } from '../../dashboard/console/install/plan-form.ts';
import { jobWaves } from '../../dashboard/console/jobs/job-waves.ts';
import { planText } from '../../dashboard/console/jobs/plan-text.ts';
import { stepTime } from '../../dashboard/console/jobs/step-time.ts';
import { jobState } from '../../dashboard/console/jobs/task-words.ts';
import { hasArrived } from '../../dashboard/console/shell/arrival.ts';
import { apply, emptyBoard } from '../../server/domain/board.ts';
import type { AnyActivity } from '../../server/domain/activity.ts';
import { NO_TASKS } from '../../server/domain/task-transition.ts';
import type { JobView, TaskCounts } from '../../server/domain/views.ts';

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
    counts: { ...NO_TASKS },
    ...more,
  };
}

describe('waves of a job', () => {
  const wave = (number: number, counts: Partial<TaskCounts>) => ({ wave: number, counts: { ...NO_TASKS, ...counts } });
  const waves = (counted: ReturnType<typeof wave>[], plan = DEFAULT_PLAN) => jobWaves(job({ plan }), counted);

  test('each wave says whether it is done, at work, ahead, troubled or given up', () => {
    const counted = [
      wave(1, { succeeded: 2 }),
      wave(2, { running: 1 }),
      wave(3, { pending: 1 }),
      wave(4, { failed: 1, pending: 1 }),
      wave(5, { not_started: 1 }),
    ];
    expect(waves(counted).map(({ number, hosts, state }) => [number, hosts, state])).toEqual([
      [1, 2, 'done'],
      [2, 1, 'at_work'],
      [3, 1, 'ahead'],
      [4, 2, 'troubled'],
      [5, 1, 'given_up'],
    ]);
  });

  test('a wave is manual where the plan says so, also when a wave before it has no hosts', () => {
    const plan = { ...DEFAULT_PLAN, waves: [{ count: 1 }, { count: 1 }, { ppm: 1_000_000, manual: true }] };
    expect(waves([wave(1, { succeeded: 1 }), wave(3, { pending: 1 })], plan).map(({ manual }) => manual)).toEqual([
      false,
      true,
    ]);
  });

  test('a wave of skipped hosts alone is done', () => {
    expect(waves([wave(1, { skipped: 1 })])[0]?.state).toBe('done');
  });
});

describe('the state of a job in one word', () => {
  test('a running job with failed hosts is not shown as one that runs well', () => {
    const counts = { ...NO_TASKS, running: 1, failed: 1 };
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
  test('say the newer of what was read and what is live; what only the list says stays', () => {
    const read = { ...job({ revision: 4 }), stopsJobs: [7] };
    const said = { ...read, ...job({ revision: 9, status: 'succeeded' as const }) };
    expect(newerView(read, said)).toMatchObject({ revision: 9, status: 'succeeded', stopsJobs: [7] });
    expect(newerView(said, read)).toBe(said);
    expect(newerView(read, undefined)).toBe(read);
  });

  test('filters and pages stand in the address, each list under its own names', () => {
    const held = new URLSearchParams('q=web&after=3&token-q=ci');
    const params = {
      toURLSearchParams: () => held,
      set: (name: string, value: unknown) => void held.set(name, String(value)),
      delete: (name: string) => void held.delete(name),
    } as unknown as ConstructorParameters<typeof ListAddress>[0];
    const hosts = new ListAddress(params, { standard: 'name', filters: ['q', 'life'] });
    const tokens = new ListAddress(params, { standard: '-created', filters: ['q'], prefix: 'token-' });
    expect([hosts.text('q'), tokens.text('q'), hosts.sort, tokens.sort]).toEqual(['web', 'ci', 'name', '-created']);
    hosts.choose('life', 'held');
    tokens.press('name', 'up');
    expect(String(held)).toBe('q=web&token-q=ci&life=held&token-sort=name');
    tokens.press('created', 'down');
    hosts.turn('9');
    expect([hosts.filtered, hosts.text('after'), tokens.text('sort')]).toEqual([true, '9', '']);
    hosts.clear();
    expect([hosts.filtered, tokens.filtered, String(held)]).toEqual([false, true, 'token-q=ci']);
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
