import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobEnd, retryScope } from '../../../server/domain/job-outcome.ts';
import { judgeRollout, type RolloutFacts, type RolloutTask } from '../../../server/domain/rollout.ts';
import {
  TASK_TRANSITIONS,
  taskHasEnded,
  taskMayBecome,
  type TaskStatus,
} from '../../../server/domain/task-transition.ts';
import { wavePlan, waveTargets } from '../../../server/domain/waves.ts';

const quantity = fc.oneof(
  fc.integer({ min: 0, max: 6 }).map((count) => ({ count })),
  fc.integer({ min: 0, max: 1_000_000 }).map((ppm) => ({ ppm })),
);
const policy = fc.record({
  waves: fc.array(quantity, { maxLength: 4 }),
  maxParallel: fc.integer({ min: 1, max: 4 }),
  maxFailures: quantity,
  bakeMs: fc.constantFrom(0, 7),
});
const roles = fc.array(fc.constantFrom('target' as const, 'target' as const, 'management' as const), {
  minLength: 1,
  maxLength: 10,
});
const end = fc.constantFrom<TaskStatus>(
  'succeeded',
  'succeeded',
  'succeeded',
  'skipped',
  'failed',
  'unreachable',
  'cancelled',
);

const task = (index: number, role: 'management' | 'target', status: TaskStatus = 'pending'): RolloutTask => ({
  id: `t${index}`,
  host: `h${index}`,
  role,
  status,
  endedAt: null,
  steadySince: 0,
  ready: true,
  blockedBy: null,
});

const facts = (given: Pick<RolloutFacts, 'policy' | 'tasks'>): RolloutFacts => ({
  continued: [],
  paused: false,
  cancelling: false,
  refusals: [],
  ...given,
});

/** Plays a job to its end: what the rule starts starts, one task after the other ends, the clock goes on when it has to. */
function play(
  given: Pick<RolloutFacts, 'policy' | 'tasks'>,
  ends: readonly TaskStatus[],
  look: (seen: RolloutFacts) => void,
) {
  let tasks = given.tasks;
  let now = 0;
  const set = (ids: readonly string[], status: TaskStatus) => {
    for (const one of tasks.filter(({ id }) => ids.includes(id))) expect(taskMayBecome(one.status, status)).toBe(true);
    const endedAt = taskHasEnded(status) ? now : null;
    tasks = tasks.map((one) => (ids.includes(one.id) ? { ...one, status, endedAt } : one));
  };
  for (let step = 0; step < 200; step += 1) {
    const before = facts({ policy: given.policy, tasks });
    const decision = judgeRollout(before, now);
    set(decision.start, 'running');
    set(decision.notStarted, 'not_started');
    look({ ...before, tasks });
    const running = tasks.find(({ status }) => status === 'running');
    if (running) set([running.id], ends[step % ends.length]!);
    else if (decision.decision === 'complete' || decision.decision === 'halt') return { tasks, decision };
    else now = decision.nextAt ?? now + 1;
  }
  throw new Error('the job never ends');
}

const game = fc.tuple(policy, roles, fc.array(end, { minLength: 1, maxLength: 12 }));
const tasksOf = (list: readonly ('management' | 'target')[]) => list.map((role, index) => task(index, role));

test('every job comes to an end, with the status its tasks make', () => {
  fc.assert(
    fc.property(game, ([rules, list, ends]) => {
      const { tasks, decision } = play({ policy: rules, tasks: tasksOf(list) }, ends, () => {});
      expect(tasks.every(({ status }) => taskHasEnded(status))).toBe(true);
      expect(decision.jobStatus).toBe(jobEnd(tasks, rules.maxFailures));
    }),
    { numRuns: 200 },
  );
});

test('never more than maxParallel run, nothing beside a management host, no wave before the one in front has ended', () => {
  fc.assert(
    fc.property(game, ([rules, list, ends]) => {
      play({ policy: rules, tasks: tasksOf(list) }, ends, ({ tasks }) => {
        const running = tasks.filter(({ status }) => status === 'running');
        expect(running.length).toBeLessThanOrEqual(rules.maxParallel);
        if (running.some(({ role }) => role === 'management')) expect(running.length).toBe(1);
        const waves = wavePlan(tasks, rules.waves);
        const first = waves.findIndex(({ members }) => members.some(({ status }) => !taskHasEnded(status)));
        const beyond = first < 0 ? [] : waves.slice(first + 1).flatMap(({ members }) => members);
        expect(beyond.every(({ status }) => status === 'pending' || status === 'not_started')).toBe(true);
      });
    }),
    { numRuns: 200 },
  );
});

test('nothing starts once more have failed than are allowed', () => {
  const anyTasks = fc.array(fc.tuple(fc.constantFrom('target' as const, 'management' as const), anyStatus()), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(policy, anyTasks, (rules, list) => {
      const tasks = list.map(([role, status], index) => task(index, role, status));
      const bad = tasks.filter(({ status }) => status === 'failed' || status === 'unreachable').length;
      const { maxFailures } = rules;
      const most =
        'count' in maxFailures ? maxFailures.count : Math.floor((maxFailures.ppm * tasks.length) / 1_000_000);
      const decision = judgeRollout(facts({ policy: rules, tasks }), 0);
      expect(decision.decision === 'halt').toBe(bad > most);
      if (bad <= most) return;
      expect(decision.start).toEqual([]);
      const pending = tasks.filter(({ status }) => status === 'pending').map(({ id }) => id);
      expect([...decision.notStarted].sort()).toEqual(pending.sort());
    }),
    { numRuns: 200 },
  );
});

test('judging twice changes nothing', () => {
  fc.assert(
    fc.property(policy, roles, (rules, list) => {
      const given = facts({ policy: rules, tasks: tasksOf(list) });
      expect(judgeRollout(given, 3)).toEqual(judgeRollout(given, 3));
    }),
    { numRuns: 50 },
  );
});

test('the waves hold every host once, and targets never fall', () => {
  fc.assert(
    fc.property(policy, roles, ({ waves }, list) => {
      const targets = waveTargets(waves, list.length);
      expect([...targets].sort((a, b) => a - b)).toEqual(targets);
      expect(targets.at(-1)).toBe(list.length);
      const planned = wavePlan(tasksOf(list), waves).flatMap(({ members }) => members.map(({ id }) => id));
      expect(planned.sort()).toEqual(
        tasksOf(list)
          .map(({ id }) => id)
          .sort(),
      );
    }),
    { numRuns: 100 },
  );
});

test('a retry never grows the scope, however often', () => {
  fc.assert(
    fc.property(fc.array(anyStatus(), { maxLength: 8 }), fc.boolean(), fc.array(end), (statuses, cancelled, again) => {
      const tasks = statuses.map((status, index) => ({ id: index, status }));
      const scope = retryScope(tasks, { cancelled });
      expect(scope.every((one) => tasks.includes(one))).toBe(true);
      expect(scope.some(({ status }) => status === 'succeeded' || status === 'skipped')).toBe(false);
      const second = retryScope(
        scope.map(({ id }, index) => ({ id, status: again[index] ?? 'failed' })),
        { cancelled },
      );
      expect(second.map(({ id }) => id).every((id) => scope.some((one) => one.id === id))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

function anyStatus() {
  return fc.constantFrom(...(Object.keys(TASK_TRANSITIONS) as TaskStatus[]));
}
