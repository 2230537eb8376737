import { describe, expect, test } from 'vitest';
import { judgeTimed, type TimedFacts, type TimedStage } from '../../server/domain/timed.ts';
import { ALWAYS_OPEN } from '../../server/domain/windows.ts';

const NOON = Temporal.Instant.from('2026-11-17T12:00:00Z').epochMilliseconds;
const HOUR = 3_600_000;

function judged(facts: Partial<TimedFacts> = {}, stage: Partial<TimedStage> = {}, now = NOON) {
  return judgeTimed(
    { durationMs: 2 * HOUR, excludeWeekends: false, requireLabel: null, ...stage },
    {
      labels: {},
      recalled: false,
      onTarget: false,
      onSourceSince: NOON - HOUR,
      targetIsNewer: false,
      schedule: ALWAYS_OPEN,
      holds: [],
      timeZone: 'UTC',
      ...facts,
    },
    now,
  );
}

test('an entry on the target is promoted, whatever else holds', () => {
  const verdict = judged({ onTarget: true, onSourceSince: null, targetIsNewer: true });
  expect(verdict).toEqual({ status: 'promoted', reasons: [], eligibleAt: null, nextAt: null });
});

test('a recall comes before the entry on the target', () => {
  expect(judged({ onTarget: true, recalled: true }).status).toBe('recalled');
});

test('a release that soaks says for how long, and when it will be promoted', () => {
  const verdict = judged();
  expect(verdict).toMatchObject({ status: 'evaluating', eligibleAt: NOON + HOUR, nextAt: NOON + HOUR });
  expect(verdict.reasons).toEqual([
    {
      code: 'soaking',
      sentence: 'The release soaks on the source channel for 2 h, until 2026-11-17 13:00 UTC.',
      durationMs: 2 * HOUR,
      since: NOON - HOUR,
      until: NOON + HOUR,
    },
  ]);
});

test('weekday time is called by its name', () => {
  expect(judged({}, { excludeWeekends: true }).reasons[0]?.sentence).toContain('for 2 h of weekday time, until');
});

describe('when to look again', () => {
  const held = (until?: number) => ({ code: 'held' as const, sentence: 'Held.', until });

  test('a hold that runs out is looked at when it does, though no promotion can be promised', () => {
    const verdict = judged({ holds: [held(NOON + 5)] });
    expect(verdict).toMatchObject({ eligibleAt: null, nextAt: NOON + 5 });
    expect(verdict.reasons.map(({ code }) => code)).toEqual(['soaking', 'held']);
  });

  test('the first of several instants, and none that lies behind', () => {
    expect(judged({ holds: [held(NOON + 9), held(NOON + 5), held(NOON - 5), held(NOON)] }).nextAt).toBe(NOON + 5);
    expect(judged({ holds: [held()] }).nextAt).toBeNull();
  });
});

test('every unmet label and hold is explained', () => {
  const requireLabel = { key: 'severity', values: ['routine', 'hotfix'] };
  expect(judged({}, { requireLabel, durationMs: 0 }).reasons).toEqual([
    {
      code: 'label_missing',
      sentence: 'The release lacks the label severity: routine or hotfix.',
      key: 'severity',
      values: ['routine', 'hotfix'],
    },
  ]);
  expect(judged({}, { requireLabel: { key: 'severity' }, durationMs: 0 }).reasons[0]?.sentence).toBe(
    'The release lacks the label severity.',
  );
});
