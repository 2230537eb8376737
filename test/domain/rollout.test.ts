import { describe, expect, test } from 'vitest';
import { DEFAULT_ROLLOUT_POLICY } from '../../server/domain/rollout-policy.ts';
import { cancelScope, judgeRollout, type RolloutFacts, type RolloutTask } from '../../server/domain/rollout.ts';
import type { StartRefusal } from '../../server/domain/start-refusal.ts';
import type { TaskStatus } from '../../server/domain/task-transition.ts';
import type { WaveSpec } from '../../server/domain/waves.ts';

const NOW = 1_000_000;

function task(host: string, status: TaskStatus, facts: Partial<RolloutTask> = {}): RolloutTask {
  return { id: host, host, role: 'target', status, endedAt: 0, steadySince: 0, ready: true, blockedBy: null, ...facts };
}

interface Given extends Partial<Omit<RolloutFacts, 'policy'>> {
  waves?: readonly WaveSpec[];
  bakeMs?: number;
  maxParallel?: number;
  allowed?: number;
}

function judged({ waves = [{ count: 1 }], bakeMs = 0, maxParallel = 10, allowed = 0, ...facts }: Given, now = NOW) {
  return judgeRollout(
    {
      policy: { waves, bakeMs, maxParallel, maxFailures: { count: allowed } },
      tasks: [],
      continued: [],
      paused: false,
      cancelling: false,
      refusals: [],
      ...facts,
    },
    now,
  );
}

const codes = (decision: ReturnType<typeof judged>) => decision.reasons.map(({ code }) => code);
const refusal = (code: StartRefusal['code'], until?: number): StartRefusal => ({ code, sentence: code, until });

describe('a hold that covers some hosts only', () => {
  const held = (until?: number) => ({ heldBy: refusal('held', until) });
  const waves = [{ count: 3 }];

  test('stops those and lets their neighbours go on', () => {
    const tasks = [task('a', 'pending', held()), task('b', 'pending'), task('c', 'pending')];
    expect(judged({ waves, tasks })).toMatchObject({
      decision: 'start',
      start: ['b', 'c'],
      held: ['a'],
      jobStatus: 'running',
      nextAt: null,
    });
  });

  test('is what the job waits for once nothing else is left to start, also beside what runs', () => {
    for (const neighbour of ['running', 'succeeded'] as const) {
      const decision = judged({ waves, tasks: [task('a', 'pending', held(70)), task('b', neighbour)] });
      expect(decision).toMatchObject({ decision: 'wait', start: [], held: ['a'], jobStatus: 'waiting', nextAt: 70 });
      expect(codes(decision)).toEqual(['held']);
    }
  });

  test('is told once however many hosts it covers, and the first of several to expire wakes the job', () => {
    const tasks = [task('a', 'pending', held(90)), task('b', 'pending', held(90)), task('c', 'pending', held())];
    const decision = judged({
      waves: [{ count: 4 }],
      tasks: [...tasks, task('d', 'pending', { heldBy: { ...refusal('held', 80), sentence: 'other' } })],
    });
    expect(decision.nextAt).toBe(80);
    expect(decision.reasons.map(({ sentence }) => sentence)).toEqual(['held', 'other']);
  });

  test('says nothing before the turn of its hosts has come', () => {
    const tasks = [task('a', 'running'), task('b', 'pending', held())];
    expect(judged({ waves: [{ count: 1 }, { count: 2 }], tasks })).toMatchObject({ held: [], jobStatus: 'running' });
  });

  test('lets the next management host go on, still alone', () => {
    const management = { role: 'management' } as const;
    const tasks = [
      task('m1', 'pending', { ...management, ...held() }),
      task('m2', 'pending', management),
      task('c', 'pending'),
    ];
    expect(judged({ waves, tasks })).toMatchObject({ start: ['m2'], held: ['m1'] });
  });
});

test('a plan that others have to agree to waits for them, whatever else would stop it; a cancel still comes through', () => {
  const refusals = [refusal('held', 50), refusal('approval_pending', 90)];
  const decision = judged({ tasks: [task('a', 'pending')], refusals });
  expect(decision).toMatchObject({ decision: 'wait', start: [], jobStatus: 'waiting_approval', nextAt: 90 });
  expect(codes(decision)).toEqual(['approval_pending']);
  expect(judged({ tasks: [task('a', 'cancelled')], refusals, cancelling: true })).toMatchObject({
    decision: 'complete',
    jobStatus: 'cancelled',
  });
});

test('the defaults are those of the rule', () => {
  expect(DEFAULT_ROLLOUT_POLICY).toEqual({
    waves: [{ count: 1 }, { ppm: 250_000 }, { ppm: 1_000_000 }],
    maxParallel: 10,
    maxFailures: { count: 0 },
    bakeMs: 300_000,
  });
});

describe('a wave bakes before the next one starts', () => {
  const tasks = (facts: Partial<RolloutTask>) => [task('a', 'succeeded', facts), task('b', 'pending')];

  test('until the last host has been ended and steady for the bake', () => {
    const decision = judged({ bakeMs: 1_000, tasks: tasks({ endedAt: 500, steadySince: 0 }) }, 1_499);
    expect(decision).toMatchObject({ decision: 'wait', start: [], jobStatus: 'waiting', wave: 2, nextAt: 1_500 });
    expect(decision.reasons).toMatchObject([{ code: 'baking', until: 1_500, since: 500, wave: 1, bakeMs: 1_000 }]);
  });

  test('and then it starts, to the millisecond', () => {
    expect(judged({ bakeMs: 1_000, tasks: tasks({ endedAt: 500 }) }, 1_500)).toMatchObject({
      decision: 'start',
      start: ['b'],
      reasons: [],
      nextAt: null,
    });
  });

  test('a host that broke off starts the bake again', () => {
    const decision = judged({ bakeMs: 1_000, tasks: tasks({ endedAt: 500, steadySince: 900 }) }, 1_899);
    expect(decision.nextAt).toBe(1_900);
    expect(judged({ bakeMs: 1_000, tasks: tasks({ endedAt: 500, steadySince: 900 }) }, 1_900).start).toEqual(['b']);
  });

  test('a host that is not live or is in ERROR stops it, and the clock alone does not help', () => {
    const decision = judged({ bakeMs: 1_000, tasks: tasks({ endedAt: 500, steadySince: null }) }, 9_000);
    expect(decision).toMatchObject({ decision: 'wait', jobStatus: 'waiting', nextAt: null });
    expect(decision.reasons).toMatchObject([{ code: 'not_steady', hosts: ['a'] }]);
    expect(decision.reasons[0]?.sentence).toContain('when a is live');
    const two = [
      task('b', 'succeeded', { steadySince: null }),
      ...tasks({ steadySince: null }).slice(0, 1),
      task('c', 'pending'),
    ];
    const both = judged({ waves: [{ count: 2 }], bakeMs: 1_000, tasks: two });
    expect(both.reasons[0]?.sentence).toBe('The bake of wave 1 starts again when b and a are live and out of ERROR.');
  });

  test('no bake asks nothing of the hosts', () => {
    expect(judged({ tasks: tasks({ steadySince: null, endedAt: NOW }) }).start).toEqual(['b']);
  });

  test('the first wave has nothing to wait for', () => {
    expect(judged({ bakeMs: 1_000, tasks: [task('a', 'pending', { steadySince: null })] }).start).toEqual(['a']);
  });

  test('only the wave before bakes, not the ones before that', () => {
    const tasks3 = [task('a', 'succeeded', { steadySince: null }), task('b', 'succeeded'), task('c', 'pending')];
    expect(judged({ waves: [{ count: 1 }, { count: 2 }], bakeMs: 1_000, tasks: tasks3 }).start).toEqual(['c']);
  });

  test('a wave that has begun goes on, whatever becomes of the one before', () => {
    for (const begun of ['running', 'succeeded', 'failed', 'unreachable'] as const) {
      const started = [task('a', 'succeeded', { steadySince: null }), task('b', begun), task('c', 'pending')];
      expect(judged({ bakeMs: 1_000, allowed: 1, tasks: started }).start).toEqual(['c']);
    }
  });

  test('a task that ended without a start has not begun its wave', () => {
    for (const ended of ['skipped', 'cancelled', 'not_started'] as const) {
      const waiting = [task('a', 'succeeded', { steadySince: null }), task('b', ended), task('c', 'pending')];
      expect(codes(judged({ bakeMs: 1_000, tasks: waiting }))).toEqual(['not_steady']);
    }
  });
});

describe('a manual wave', () => {
  const waves = [{ count: 1 }, { count: 2, manual: true }];
  const tasks = [task('a', 'succeeded'), task('b', 'pending')];

  test('waits for Continue', () => {
    const decision = judged({ waves, tasks });
    expect(decision).toMatchObject({ decision: 'wait', jobStatus: 'waiting', wave: 2, nextAt: null });
    expect(decision.reasons).toMatchObject([{ code: 'manual_wave', wave: 2 }]);
  });

  test('starts once somebody continued it, and not when they continued another', () => {
    expect(judged({ waves, tasks, continued: [2] }).start).toEqual(['b']);
    expect(judged({ waves, tasks, continued: [1] }).start).toEqual([]);
  });

  test('bakes all the same: both reasons are given, and no time can be named', () => {
    const decision = judged({ waves, tasks, bakeMs: NOW + 1 });
    expect(codes(decision)).toEqual(['baking', 'manual_wave']);
    expect(decision.nextAt).toBeNull();
  });
});

describe('paused and cancelled', () => {
  test('a paused job starts nothing', () => {
    const decision = judged({ paused: true, tasks: [task('a', 'running'), task('b', 'pending')] });
    expect(decision).toMatchObject({ decision: 'wait', start: [], jobStatus: 'paused', nextAt: null });
    expect(codes(decision)).toEqual(['paused']);
  });

  test('a paused job whose last task has ended is at its end', () => {
    expect(judged({ paused: true, tasks: [task('a', 'succeeded')] })).toMatchObject({
      decision: 'complete',
      jobStatus: 'succeeded',
      wave: null,
    });
  });

  test('a job that is being cancelled starts nothing and waits for what runs', () => {
    const decision = judged({ cancelling: true, tasks: [task('a', 'running'), task('b', 'pending')] });
    expect(decision).toMatchObject({ decision: 'wait', start: [], jobStatus: 'cancelling' });
    expect(decision.reasons).toMatchObject([{ code: 'cancelling', running: 1 }]);
  });

  test('cancelling comes before paused', () => {
    expect(judged({ cancelling: true, paused: true, tasks: [task('a', 'running')] }).jobStatus).toBe('cancelling');
  });

  test('over the budget while cancelling it stays cancelling until the last task has ended', () => {
    const tasks = [task('a', 'failed'), task('b', 'running')];
    expect(judged({ cancelling: true, tasks })).toMatchObject({ decision: 'halt', jobStatus: 'cancelling' });
    expect(judged({ cancelling: true, tasks: [tasks[0]!, task('b', 'succeeded')] }).jobStatus).toBe('failed');
  });

  test('a cancel ends what is pending at once and stops what runs at its next boundary', () => {
    const tasks = [task('a', 'succeeded'), task('b', 'running'), task('c', 'pending'), task('d', 'failed')];
    const { cancelNow, stopAtBoundary } = cancelScope(tasks);
    expect(cancelNow.map(({ id }) => id)).toEqual(['c']);
    expect(stopAtBoundary.map(({ id }) => id)).toEqual(['b']);
  });
});

describe('refusals at the start of a task', () => {
  const tasks = [task('a', 'succeeded'), task('b', 'pending'), task('c', 'pending')];

  test('a hold or a closed window makes the job wait until the last of them ends', () => {
    const decision = judged({ tasks, refusals: [refusal('held', 3_000_000), refusal('window_closed', 2_000_000)] });
    expect(decision).toMatchObject({ decision: 'wait', start: [], jobStatus: 'waiting', nextAt: 3_000_000 });
    expect(codes(decision)).toEqual(['held', 'window_closed']);
  });

  test('a hold without an end: no time can be named', () => {
    expect(judged({ tasks, refusals: [refusal('held'), refusal('window_closed', 2_000_000)] }).nextAt).toBeNull();
  });

  test('a job waits for a window also while a task is in progress', () => {
    const inProgress = [task('a', 'running'), task('b', 'pending')];
    const decision = judged({ waves: [], tasks: inProgress, refusals: [refusal('window_closed')] });
    expect(decision.jobStatus).toBe('waiting');
  });

  test('what could not start anyway is not refused', () => {
    const decision = judged({ tasks: [task('a', 'running'), task('b', 'pending')], refusals: [refusal('held')] });
    expect(decision).toMatchObject({ decision: 'wait', jobStatus: 'running' });
    expect(decision.reasons).toMatchObject([{ code: 'wave_running', wave: 1, running: 1 }]);
  });

  test.each(['recalled', 'demoted', 'approval_superseded'] as const)('%s gives up the remaining tasks', (code) => {
    const decision = judged({ tasks, refusals: [refusal('held'), refusal(code)] });
    expect(decision).toMatchObject({ decision: 'halt', notStarted: ['b', 'c'], jobStatus: 'failed', nextAt: null });
    expect(codes(decision)).toEqual([code]);
  });

  test('a running task ends first', () => {
    const running = [task('a', 'running'), task('b', 'pending')];
    expect(judged({ tasks: running, refusals: [refusal('recalled')] })).toMatchObject({
      notStarted: ['b'],
      jobStatus: 'running',
    });
  });

  test.each(['approval_rejected', 'approval_cancelled', 'approval_expired', 'approval_superseded'] as const)(
    '%s before the start cancels the job',
    (code) => {
      const fresh = [task('a', 'pending'), task('b', 'not_started')];
      expect(judged({ tasks: fresh, refusals: [refusal(code)] })).toMatchObject({
        decision: 'halt',
        notStarted: ['a'],
        jobStatus: 'cancelled',
      });
    },
  );

  test('a recall before the start is no withdrawn approval, also beside one', () => {
    const fresh = [task('a', 'pending')];
    expect(judged({ tasks: fresh, refusals: [refusal('recalled')] }).jobStatus).toBe('failed');
    const both = [refusal('approval_expired'), refusal('recalled')];
    expect(judged({ tasks: fresh, refusals: both }).jobStatus).toBe('failed');
  });

  test('refused while cancelled tasks are there and the budget holds, the job is cancelled', () => {
    const some = [task('a', 'cancelled'), task('b', 'pending')];
    expect(judged({ tasks: some, refusals: [refusal('recalled')] }).jobStatus).toBe('cancelled');
  });

  test('the budget is judged before any refusal', () => {
    const failed = [task('a', 'failed'), task('b', 'pending')];
    expect(codes(judged({ tasks: failed, refusals: [refusal('recalled')] }))).toEqual(['over_budget']);
  });
});

describe('hosts that another job has', () => {
  test('are named, and the others of the wave start', () => {
    const tasks = [task('a', 'pending', { blockedBy: '7' }), task('b', 'pending')];
    const decision = judged({ waves: [], tasks });
    expect(decision).toMatchObject({ decision: 'start', start: ['b'], jobStatus: 'running' });
    expect(decision.reasons).toMatchObject([{ code: 'blocked_by_job', host: 'a', task: 'a', job: '7' }]);
  });

  test('with nothing else to do the job waits', () => {
    const decision = judged({ tasks: [task('a', 'pending', { blockedBy: '7' })] });
    expect(decision).toMatchObject({ decision: 'wait', jobStatus: 'waiting', wave: 1 });
  });

  test('while something runs the job runs', () => {
    const tasks = [task('a', 'pending', { blockedBy: '7' }), task('b', 'running')];
    expect(judged({ waves: [], tasks })).toMatchObject({ decision: 'wait', jobStatus: 'running' });
  });

  test('a management host that is blocked keeps everything behind it', () => {
    const tasks = [task('a', 'pending'), task('m', 'pending', { role: 'management', blockedBy: '7' })];
    expect(judged({ waves: [], tasks })).toMatchObject({ decision: 'wait', start: [] });
  });
});

describe('management hosts', () => {
  const m = (host: string, status: TaskStatus, facts: Partial<RolloutTask> = {}) =>
    task(host, status, { role: 'management', ...facts });

  test('the next one waits until those that ended are live and healthy', () => {
    const unready = [m('m1', 'succeeded', { ready: false }), m('m2', 'failed', { ready: false })];
    const decision = judged({ waves: [], allowed: 1, tasks: [...unready, m('m3', 'pending')] });
    expect(decision).toMatchObject({ decision: 'wait', start: [], jobStatus: 'waiting' });
    expect(decision.reasons).toMatchObject([{ code: 'management_not_ready', host: 'm1' }]);
  });

  test('its own health before the start, and that of targets, is not asked', () => {
    const tasks = [m('m1', 'pending', { ready: false }), task('a', 'succeeded', { ready: false })];
    expect(judged({ waves: [], tasks }).start).toEqual(['m1']);
  });

  test('targets start without asking for more than the bake', () => {
    const tasks = [m('m1', 'succeeded', { ready: false }), task('a', 'pending')];
    expect(judged({ waves: [], tasks }).start).toEqual(['a']);
  });

  test('say beside which host they do not start', () => {
    const besideTarget = judged({ waves: [], tasks: [m('m1', 'pending'), task('a', 'running'), task('b', 'running')] });
    expect(besideTarget.reasons).toMatchObject([
      { code: 'management_alone', host: 'a', sentence: 'The management host m1 starts alone, after a has ended.' },
    ]);
    const besideManagement = judged({ waves: [], tasks: [m('m1', 'running'), task('a', 'pending')] });
    expect(besideManagement.reasons).toMatchObject([
      { code: 'management_alone', host: 'm1', sentence: 'Nothing starts beside the management host m1.' },
    ]);
  });
});

describe('what is not started now is explained', () => {
  test('by maxParallel, with how many follow', () => {
    const tasks = [task('a', 'running'), task('b', 'pending'), task('c', 'pending'), task('d', 'pending')];
    const decision = judged({ waves: [], maxParallel: 2, tasks });
    expect(decision.start).toEqual(['b']);
    expect(decision.reasons).toMatchObject([{ code: 'max_parallel', maxParallel: 2, waiting: 2 }]);
  });

  test('and nothing is explained when all of the wave starts', () => {
    const decision = judged({ waves: [], maxParallel: 2, tasks: [task('a', 'pending'), task('b', 'pending')] });
    expect(decision).toMatchObject({ start: ['a', 'b'], reasons: [] });
  });

  test('by the budget when the job halts', () => {
    const decision = judged({
      allowed: 1,
      tasks: [task('a', 'failed'), task('b', 'unreachable'), task('c', 'pending')],
    });
    expect(decision.reasons).toMatchObject([{ code: 'over_budget', bad: 2, maxFailures: 1 }]);
    expect(decision.wave).toBe(2);
  });
});
