import { describe, expect, test } from 'vitest';
import {
  activityKinds,
  hiddenFrom,
  isConfidential,
  type ActivityKind,
  type AnyActivity,
  type EntityKind,
} from '../../server/domain/activity.ts';
import { apply, emptyBoard, endedJobsKept, tickerNoise } from '../../server/domain/board.ts';
import { ROLES, type Grant } from '../../server/domain/permission.ts';
import { manyEndedJobs } from './activity-story.ts';

interface Said {
  id?: number;
  revision?: number;
  view?: Record<string, unknown>;
}

function say(kind: ActivityKind, entity: EntityKind, { id = 1, revision = 1, view = {} }: Said = {}): AnyActivity {
  return {
    ...{ cursor: '1.1', at: 1, kind, actor: 'Ana', detail: {}, entity: { kind: entity, id, revision } },
    ...{ productId: null, environmentId: null, hostId: null, jobId: null, view: { id, revision, ...view } },
  } as unknown as AnyActivity;
}

describe('the ticker', () => {
  test.each(Object.keys(activityKinds) as ActivityKind[])(
    '%s is told unless it is noise, or not for everybody',
    (kind) => {
      const entity = kind.slice(0, kind.indexOf('.')) as EntityKind;
      const board = apply(emptyBoard(), say(kind, entity, { view: { hostId: 1, status: 'running', endedAt: null } }));
      const untold = (tickerNoise as readonly string[]).includes(kind) || isConfidential(entity);
      expect(board.ticker.length).toBe(untold ? 0 : 1);
      expect(board.cursor).toBe('1.1');
    },
  );

  test('and the log leave out for each reader what that reader does not manage', () => {
    const person = (...grants: Grant[]) => hiddenFrom({ kind: 'person', grants });
    expect(hiddenFrom(null)).toEqual(['person', 'token']);
    expect(person({ role: 'admin' })).toEqual([]);
    for (const role of ROLES.filter((one) => one !== 'admin')) expect(person({ role })).toEqual(['person', 'token']);
    expect(person({ role: 'admin', environment: 'plant' })).toEqual(['person', 'token']);
  });
});

describe('an activity', () => {
  test('of a task lands on its host and on no other shelf', () => {
    const board = apply(emptyBoard(), say('task.started', 'task', { id: 7, view: { hostId: 3, steps: [] } }));
    expect(board).toEqual({
      ...emptyBoard(),
      cursor: '1.1',
      ticker: board.ticker,
      tasks: { 3: { id: 7, revision: 1, hostId: 3 } },
    });
  });

  test('of a job is counted once and lands on no other shelf', () => {
    const view = { status: 'queued', endedAt: null };
    const board = apply(emptyBoard(), say('job.requested', 'job', { id: 4, view }));
    expect(board).toEqual({
      ...emptyBoard(),
      ...{
        cursor: '1.1',
        ticker: board.ticker,
        jobTotals: { queued: 1 },
        jobs: { 4: { id: 4, revision: 1, ...view } },
      },
    });
  });

  test('that is older than what the board has changes nothing but the cursor', () => {
    const board = apply(emptyBoard(), say('host.live', 'host', { revision: 3, view: { name: 'new' } }));
    apply(board, say('host.declared', 'host', { revision: 2, view: { name: 'old' } }));
    expect(board.hosts[1]).toMatchObject({ name: 'new' });
  });

  test('of a later task replaces the earlier one on the same host, whatever its revision; never the other way', () => {
    const board = apply(emptyBoard(), say('task.ended', 'task', { id: 5, revision: 9, view: { hostId: 1 } }));
    apply(board, say('task.created', 'task', { id: 6, revision: 1, view: { hostId: 1 } }));
    expect(board.tasks[1]).toMatchObject({ id: 6 });
    apply(board, say('task.ended', 'task', { id: 5, revision: 10, view: { hostId: 1 } }));
    expect(board.tasks[1]).toMatchObject({ id: 6 });
    apply(board, say('task.started', 'task', { id: 6, revision: 2, view: { hostId: 1, status: 'running' } }));
    expect(board.tasks[1]).toMatchObject({ id: 6, revision: 2 });
  });
});

describe('ended jobs', () => {
  test('the very job that was trimmed last does not come back', () => {
    const activities = manyEndedJobs(1, endedJobsKept + 1);
    const board = activities.reduce(apply, emptyBoard());
    expect(board.trimmedJobId).toBe(1);
    apply(board, activities[0] as AnyActivity);
    expect(board.jobs[1]).toBeUndefined();
    expect(board.jobTotals).toEqual({ succeeded: endedJobsKept + 1 });
  });
});
