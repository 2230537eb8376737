import { describe, expect, test } from 'vitest';
import { emptyRecallForm, readRecallForm, type RecallForm } from '../../dashboard/console/recalls/recall-form.ts';
import {
  impactByEnvironment,
  waitsForPerson,
  type RecalledHost,
} from '../../dashboard/console/recalls/recall-words.ts';

const read = (change: Partial<RecallForm>) => readRecallForm({ ...emptyRecallForm(1), ...change }, 'utc');

describe('the form of a recall', () => {
  test('asks for one release, a range, an open range, with what it leaves alone', () => {
    expect(read({ only: ' 1.1.0 ' })).toEqual({
      asked: { productId: 1, range: { only: '1.1.0' }, except: [], strategy: { type: 'forward' } },
    });
    expect(read({ form: 'between', from: '1.0.0', before: '2.0.0', except: '1.2.0, 1.3.0' })).toMatchObject({
      asked: { range: { from: '1.0.0', before: '2.0.0' }, except: ['1.2.0', '1.3.0'] },
    });
    expect(read({ form: 'from', from: '1.0.0', before: 'left over' })).toMatchObject({
      asked: { range: { from: '1.0.0' } },
    });
  });

  test('says what is missing, one thing at a time', () => {
    expect(read({})).toEqual({ missing: 'Name the release.' });
    expect(read({ form: 'between', from: '1.0.0' })).toEqual({
      missing: 'Name the version before which the range ends.',
    });
    expect(read({ form: 'from' })).toEqual({ missing: 'Name the first version of the range.' });
    expect(read({ only: '1.1.0', strategy: 'downgrade' })).toEqual({
      missing: 'Name the oldest version to go back to.',
    });
    expect(read({ only: '1.1.0', strategy: 'freeze', until: 'soon' })).toEqual({
      missing: 'Say until when nothing moves.',
    });
  });

  test('reads the end of a freeze in the zone that the reader sees', () => {
    expect(read({ only: '1.1.0', strategy: 'freeze', until: '2026-11-25T14:00' })).toMatchObject({
      asked: { strategy: { type: 'freeze', until: Date.UTC(2026, 10, 25, 14) } },
    });
  });
});

describe('what becomes of hosts', () => {
  const host = (
    hostId: number,
    environment: string,
    outcome: RecalledHost['outcome'],
    target?: string,
  ): RecalledHost => ({
    hostId,
    name: `line-${hostId}`,
    role: 'target',
    environmentId: environment.length,
    environment,
    version: '1.1.0',
    outcome,
    target: target === undefined ? null : { releaseId: 2, version: target },
    reason: null,
    recallId: 1,
    jobId: null,
  });

  test('stands by environment, with where they go', () => {
    const hosts = [host(1, 'plant', 'starts', '1.2.0'), host(2, 'lab', 'stays'), host(3, 'plant', 'proposed', '1.2.0')];
    expect(impactByEnvironment(hosts).map(({ name, text, targets }) => [name, text, targets])).toEqual([
      ['lab', '1 host to stay', []],
      ['plant', '1 host to roll off, 1 host for a person to decide', ['1.2.0']],
    ]);
  });

  test('only what is proposed or was tried waits for a person', () => {
    const outcomes = ['starts', 'under_way', 'proposed', 'stays', 'waits', 'tried', 'refused'] as const;
    expect(outcomes.filter((outcome) => waitsForPerson({ outcome }))).toEqual(['proposed', 'tried']);
  });
});
