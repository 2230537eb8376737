import { describe, expect, test } from 'vitest';
import { incidentCause, judgeIncidentVerb, type TroubledJob } from '../../server/domain/incident.ts';

const job = (change: Partial<TroubledJob>): TroubledJob => ({
  id: 7,
  kind: 'install',
  version: '2.0.0',
  state: 'failed',
  counts: { failed: 1, unreachable: 0, not_started: 0 },
  problem: null,
  ...change,
});
const none = { failed: 0, unreachable: 0, not_started: 3 };

describe('an incident is opened by', () => {
  test.each<[string, Partial<TroubledJob>, string | null]>([
    ['a job that failed with a bad host', {}, 'job_failed'],
    ['a job that halted', { state: 'halted' }, 'job_halted'],
    ['a host that could not be reached', { counts: { ...none, unreachable: 1 } }, 'job_failed'],
    ['a rollback that failed', { kind: 'rollback' }, 'rollback_failed'],
    ['a rollback that failed without a bad host', { kind: 'rollback', counts: none }, 'rollback_failed'],
    ['no job that was refused', { counts: none }, null],
    ['no job that was cancelled', { state: 'cancelled' }, null],
    ['no rollback that was cancelled', { kind: 'rollback', state: 'cancelled' }, null],
    ['no job that succeeded', { state: 'succeeded' }, null],
    ['no download', { kind: 'download' }, null],
  ])('%s', (_what, change, code) => {
    expect(incidentCause(job(change))?.code ?? null).toBe(code);
  });

  test('and says which job, how many hosts, and what became of the rest', () => {
    const counts = { failed: 2, unreachable: 1, not_started: 4 };
    expect(incidentCause(job({ state: 'halted', counts }))?.sentence).toBe(
      'The install of 2.0.0 (job 7) halted: 2 hosts failed, 1 host could not be reached, 4 hosts not started.',
    );
  });
});

test.each([
  ['open', 'acknowledge', null],
  ['open', 'escalate', null],
  ['open', 'resolve', null],
  ['acknowledged', 'acknowledge', 'already_acknowledged'],
  ['acknowledged', 'escalate', null],
  ['acknowledged', 'resolve', null],
  ['resolved', 'acknowledge', 'already_resolved'],
  ['resolved', 'escalate', 'already_resolved'],
  ['resolved', 'resolve', 'already_resolved'],
] as const)('an incident that is %s answers %s with %s', (status, verb, refusal) => {
  const decision = judgeIncidentVerb(status, verb, 'Ana');
  expect(decision.allowed ? null : decision.refusal.code).toBe(refusal);
});

describe('its sentence', () => {
  test.each<[Partial<TroubledJob>, string]>([
    [{}, 'The install of 2.0.0 (job 7) failed: 1 host failed.'],
    [
      { counts: { failed: 0, unreachable: 2, not_started: 0 } },
      'The install of 2.0.0 (job 7) failed: 2 hosts could not be reached.',
    ],
    [
      { state: 'halted', counts: { failed: 1, unreachable: 1, not_started: 3 } },
      'The install of 2.0.0 (job 7) halted: 1 host failed, 1 host could not be reached, 3 hosts not started.',
    ],
    [
      { kind: 'rollback', counts: { failed: 0, unreachable: 0, not_started: 0 } },
      'The rollback to 2.0.0 (job 7) failed: no host got there.',
    ],
  ])('says what happened to the hosts, and only that: %j', (change, sentence) => {
    expect(incidentCause(job(change))?.sentence).toBe(sentence);
  });
});

test('a verb that comes too late is told by whom, where that is known', () => {
  const said = (by: string | null) => judgeIncidentVerb('resolved', 'resolve', by);
  expect(said('Ana')).toMatchObject({
    refusal: { sentence: 'resolve refused: the incident is resolved already by Ana.' },
  });
  expect(said(null)).toMatchObject({ refusal: { sentence: 'resolve refused: the incident is resolved already.' } });
});
