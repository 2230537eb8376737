import { describe, expect, test } from 'vitest';
import { sentence, sentenceMark } from '../../dashboard/live/sentence.ts';
import { activityKinds, type ActivityKind, type EntityKind } from '../../server/domain/activity.ts';
import { emptyBoard, type TickerLine } from '../../server/domain/board.ts';
import { storyOf } from '../support/board-fixture.ts';

const failure = storyOf('failure', 12, 1_800_000_000_000);
const kinds = Object.keys(activityKinds) as ActivityKind[];

function line(kind: ActivityKind, change: Partial<TickerLine> = {}): TickerLine {
  const entityKind = kind.slice(0, kind.indexOf('.')) as EntityKind;
  const ids = {
    product: 1,
    channel: 1,
    environment: 1,
    host: 5,
    release: 3,
    job: 42,
    task: 100_005,
    hold: 1,
    incident: 1,
    approval: 1,
    rule: 1,
    pipeline: 1,
    evaluation: 1,
    recall: 1,
    display: 1,
    person: 1,
    token: 1,
  } as const;
  return {
    cursor: '1.1',
    at: 1_800_000_000_000,
    kind,
    entity: { kind: entityKind, id: ids[entityKind], revision: 1 },
    actor: 'Ana',
    jobId: ['job', 'task', 'incident', 'approval'].includes(entityKind) ? 42 : null,
    hostId: entityKind === 'host' || entityKind === 'task' ? 5 : null,
    detail: {},
    ...change,
  };
}

describe('the log as sentences', () => {
  test.each(kinds)('%s is a sentence, with its entities known and without', (kind) => {
    for (const board of [failure.board, emptyBoard()]) {
      const said = sentence(line(kind), board);
      expect(said).toMatch(/^\S.*\.$/);
      expect(said).not.toMatch(/undefined|null|NaN|\[object|{|\.\./);
    }
  });

  test('no two kinds are told alike', () => {
    expect(new Set(kinds.map((kind) => sentence(line(kind), failure.board))).size).toBe(kinds.length);
  });

  test('names people, releases, hosts and counts', () => {
    expect(sentence(line('job.requested'), failure.board)).toBe(
      'Ana asked to install orders 4.2.1 on 12 hosts: job 42.',
    );
    expect(sentence(line('task.ended'), failure.board)).toBe(
      'web-01 failed in job 42: post-install exited with code 3 after 12 s; the host runs 4.2.0 again.',
    );
  });

  test('an outcome that the line states outweighs what the board says now', () => {
    const stated = line('job.ended', { detail: { status: 'cancelled' } });
    expect(sentence(stated, failure.board)).toBe('Job 42 (orders 4.2.1) was cancelled.');
    expect(sentenceMark(stated, failure.board)).toBe('held');
  });

  test('a kind of a newer server is still told', () => {
    const newer = { ...line('job.ended'), kind: 'orbit.reached' as ActivityKind };
    expect(sentence(newer, failure.board)).toBe('Ana: orbit.reached.');
  });

  test('only trouble and ends carry a mark', () => {
    expect(sentenceMark(line('job.ended'), failure.board)).toBe('failed');
    expect(sentenceMark(line('host.unreachable'), failure.board)).toBe('failed');
    expect(sentenceMark(line('job.started'), failure.board)).toBeNull();
  });
});
