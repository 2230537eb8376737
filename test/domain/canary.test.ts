import { describe, expect, test } from 'vitest';
import { judgeCanary } from '../../server/domain/canary.ts';
import {
  DEFAULT_ROLLOUT_CRITERIA,
  type CanaryEntity,
  type CanaryFacts,
  type CanaryStage,
} from '../../server/domain/canary-condition.ts';
import { isHotfix, isPinnedByCanary, type PinFacts } from '../../server/domain/pin.ts';
import { ALWAYS_OPEN, type WindowSchedule } from '../../server/domain/windows.ts';

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
/** A Tuesday. */
const NOON = at('2026-11-17T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const entity = (
  soakMs: number | null,
  facts: Partial<CanaryEntity> & { bad?: number; good?: number } = {},
): CanaryEntity => {
  const { bad = 0, good, ...rest } = facts;
  const soak = soakMs === null ? null : { soakMs, healthyMs: good ?? soakMs - bad, unhealthyMs: bad };
  return { name: 'e', soak, health: 'healthy', producesHealth: true, leftAt: null, ...rest };
};

const PROMOTE = { needed: { count: 1 }, durationMs: 2 * HOUR };

function judged(
  entities: readonly CanaryEntity[],
  stage: Partial<CanaryStage> = {},
  facts: Partial<CanaryFacts> = {},
  now = NOON,
) {
  return judgeCanary(
    {
      promoteWhenHealthy: PROMOTE,
      recallWhenUnhealthy: null,
      minimumEntityCount: null,
      requireLabel: null,
      ...stage,
    },
    {
      labels: {},
      recalled: false,
      onTarget: false,
      onSourceSince: NOON - DAY,
      targetIsNewer: false,
      schedule: ALWAYS_OPEN,
      holds: [],
      entities,
      criteria: DEFAULT_ROLLOUT_CRITERIA,
      calendar: { timeZone: 'UTC', excludeWeekends: false, outages: [] },
      evaluatingSince: NOON - DAY,
      newestOnSource: false,
      ...facts,
    },
    now,
  );
}

const codes = (verdict: ReturnType<typeof judged>) => verdict.reasons.map(({ code }) => code);

describe('the earliest promotion of a canary', () => {
  test('is when enough healthy entities have soaked for long enough', () => {
    const verdict = judged([entity(HOUR), entity(HOUR / 2), entity(0)], {
      promoteWhenHealthy: { ...PROMOTE, needed: { count: 2 } },
    });
    expect(verdict).toMatchObject({ status: 'evaluating', eligibleAt: NOON + 1.5 * HOUR, nextAt: NOON + 1.5 * HOUR });
    expect(verdict.reasons).toMatchObject([
      { code: 'not_enough_healthy', healthy: 0, needed: 2, arrived: 3, selected: 3 },
    ]);
  });

  test('of a soak that has not begun is one duration on', () => {
    expect(judged([entity(0)]).eligibleAt).toBe(NOON + 2 * HOUR);
    expect(judged([entity(0)], { promoteWhenHealthy: { ...PROMOTE, durationMs: 0 } }).eligibleAt).toBe(NOON + 1);
  });

  test('waits for the share to rise above what was lost', () => {
    // 5 of 100 hours may be unhealthy: an hour lost is made good after 20 hours of soak.
    const verdict = judged([entity(2 * HOUR, { bad: HOUR })]);
    expect(verdict.eligibleAt).toBe(NOON + 18 * HOUR);
  });

  test('is null while too few entities are healthy enough now to get there', () => {
    expect(judged([entity(HOUR, { health: 'neutral', good: HOUR / 2 })])).toMatchObject({ eligibleAt: null });
    expect(judged([entity(null)]).eligibleAt).toBeNull();
    expect(judged([entity(HOUR)], { promoteWhenHealthy: { ...PROMOTE, needed: { count: 2 } } }).eligibleAt).toBeNull();
  });

  test('takes an entity whose share falls as long as it is high enough', () => {
    // Neutral from now on: 1 h 59 min healthy are 95 % of 2 h 5 min 15.789 s, which it has soaked at 12:06:15.789.
    const falls = entity(2 * HOUR - 60_000, { health: 'neutral' });
    expect(judged([falls]).eligibleAt).toBe(NOON + 60_000);
    const window = (start: string): WindowSchedule => ({
      timeZone: 'UTC',
      windows: [{ days: ['tue'], start, end: '13:00' }],
    });
    expect(judged([falls], {}, { schedule: window('12:07') }).eligibleAt).toBeNull();
    expect(judged([falls], {}, { schedule: window('12:06') }).eligibleAt).toBe(NOON + 360_000);
  });

  test('is not the instant at which the share has just fallen too low', () => {
    // 19 minutes healthy are 95 % of 20 minutes of soak, which is the last millisecond before 12:01.
    const falls = entity(19 * 60_000, { health: 'neutral' });
    const opens = (start: string): WindowSchedule => ({
      timeZone: 'UTC',
      windows: [{ days: ['tue'], start, end: '13:00' }],
    });
    const stage = { promoteWhenHealthy: { ...PROMOTE, durationMs: 0 } };
    expect(judged([falls], stage, { schedule: opens('12:01') }, NOON - 1).eligibleAt).toBeNull();
    expect(judged([falls], stage, { schedule: opens('12:01') }, NOON).eligibleAt).toBe(NOON + 60_000);
  });

  test('looks for a window in each time that enough are healthy', () => {
    // The first entity is healthy enough until 12:06:15.789…, the second from 13:00 on.
    const entities = [entity(2 * HOUR - 60_000, { health: 'neutral' }), entity(HOUR)];
    const schedule: WindowSchedule = { timeZone: 'UTC', windows: [{ days: ['tue'], start: '12:30', end: '12:45' }] };
    expect(judged(entities, {}, { schedule }).eligibleAt).toBe(at('2026-11-24T12:30:00Z'));
    const later: WindowSchedule = { timeZone: 'UTC', windows: [{ days: ['tue'], start: '13:30', end: '14:00' }] };
    expect(judged(entities, {}, { schedule: later }).eligibleAt).toBe(NOON + 1.5 * HOUR);
  });

  test('counts no weekend where weekends are cut', () => {
    const friday = at('2026-11-20T23:00:00Z');
    const calendar = { timeZone: 'UTC', excludeWeekends: true, outages: [] };
    const verdict = judged([entity(0)], {}, { calendar, evaluatingSince: friday }, friday);
    expect(verdict.eligibleAt).toBe(at('2026-11-23T01:00:00Z'));
  });

  test('is the next opening when only the window is closed', () => {
    const schedule: WindowSchedule = { timeZone: 'UTC', windows: [{ days: ['wed'], start: '10:00', end: '11:00' }] };
    expect(judged([entity(2 * HOUR)], {}, { schedule })).toMatchObject({ eligibleAt: at('2026-11-18T10:00:00Z') });
    expect(judged([entity(2 * HOUR)], { promoteWhenHealthy: null }, { schedule }).eligibleAt).toBe(
      at('2026-11-18T10:00:00Z'),
    );
  });

  test.each([
    ['a label', { requireLabel: { key: 'x' } }, {}],
    ['a hold', {}, { holds: [{ code: 'held' as const, sentence: 'Held.', until: NOON + 9 * HOUR }] }],
    ['more entities', { minimumEntityCount: 1 }, {}],
  ])('is null while %s is missing', (_, stage, facts) => {
    expect(judged([entity(HOUR)], stage, facts).eligibleAt).toBeNull();
  });

  test('is null when the clock recalls the release first', () => {
    // Unhealthy for the last half hour; recalled when it has soaked an hour, at which instant nothing else is asked.
    const entities = [entity(HOUR / 2, { health: 'unhealthy', good: 0, bad: HOUR / 2 }), entity(HOUR)];
    const recall = (durationMs: number) => ({ recallWhenUnhealthy: { needed: { count: 1 }, durationMs } });
    expect(judged(entities, recall(HOUR))).toMatchObject({ eligibleAt: null, nextAt: NOON + HOUR / 2 });
    expect(judged(entities, recall(1.5 * HOUR))).toMatchObject({ eligibleAt: null, nextAt: NOON + HOUR });
    expect(judged(entities, recall(1.5 * HOUR + 1))).toMatchObject({ eligibleAt: NOON + HOUR, nextAt: NOON + HOUR });
  });

  test('is null when a timeout falls first, not when it falls at the same instant', () => {
    const since = (ago: number) => ({ evaluatingSince: NOON + HOUR - 30 * DAY + ago });
    expect(judged([entity(HOUR)], {}, since(0))).toMatchObject({ eligibleAt: NOON + HOUR, nextAt: NOON + HOUR });
    expect(judged([entity(HOUR)], {}, since(-1))).toMatchObject({ eligibleAt: null, nextAt: NOON + HOUR - 1 });
  });
});

describe('the clock brings a recall', () => {
  const recall = { recallWhenUnhealthy: { needed: { count: 1 }, durationMs: HOUR }, promoteWhenHealthy: null };
  const held = { holds: [{ code: 'held' as const, sentence: 'Held.' }] };

  test('at the first millisecond above the threshold', () => {
    // 3 of 60 minutes are exactly 5 %; from here every millisecond is unhealthy.
    const onIt = entity(HOUR, { health: 'unhealthy', bad: HOUR / 20 });
    expect(judged([onIt], recall, held)).toMatchObject({ status: 'evaluating', nextAt: NOON + 1 });
    expect(judged([entity(HOUR, { bad: HOUR / 20 + 1 })], recall, held).status).toBe('recalled');
  });

  test('never while the entity is not unhealthy now', () => {
    expect(judged([entity(HOUR, { health: 'neutral', bad: HOUR / 20 })], recall, held).nextAt).toBe(NOON + 29 * DAY);
  });
});

describe('timeouts', () => {
  const needs = (count: number) => ({ promoteWhenHealthy: { ...PROMOTE, needed: { count } } });

  test('seven days without any selected entity on the release', () => {
    const since = (ms: number) => ({ evaluatingSince: NOON - 7 * DAY + ms });
    expect(judged([entity(null)], {}, since(0))).toMatchObject({
      status: 'cancelled',
      reasons: [{ code: 'no_canary_arrived', since: NOON - 7 * DAY }],
      eligibleAt: null,
      nextAt: null,
    });
    expect(judged([entity(null)], {}, since(1))).toMatchObject({ status: 'evaluating', nextAt: NOON + 1 });
    expect(judged([entity(null), entity(0)], {}, since(0)).status).toBe('evaluating');
  });

  test('count again from when the last entity left', () => {
    const facts = { evaluatingSince: NOON - 20 * DAY };
    expect(judged([entity(null, { leftAt: NOON - 7 * DAY }), entity(null)], {}, facts).status).toBe('cancelled');
    expect(judged([entity(null, { leftAt: NOON - 7 * DAY + 1 }), entity(null)], {}, facts)).toMatchObject({
      status: 'evaluating',
      nextAt: NOON + 1,
    });
    expect(judged([entity(null, { leftAt: NOON - 25 * DAY })], {}, facts).reasons[0]?.since).toBe(NOON - 20 * DAY);
  });

  const low = (soakMs: number, facts: Partial<CanaryEntity> = {}) =>
    entity(soakMs, { good: 0, health: 'neutral', ...facts });

  test('a soak of twice the duration, but at least a day, on every arrived entity', () => {
    expect(judged([low(DAY), entity(null)])).toMatchObject({
      status: 'cancelled',
      reasons: [{ code: 'soak_timeout', afterMs: DAY, arrived: 1 }],
    });
    expect(judged([low(DAY - 1)])).toMatchObject({ status: 'evaluating', nextAt: NOON + 1 });
    const long = { promoteWhenHealthy: { needed: { count: 1 }, durationMs: 2 * DAY } };
    expect(judged([low(4 * DAY)], long).status).toBe('cancelled');
    expect(judged([low(4 * DAY - 1)], long)).toMatchObject({ status: 'evaluating', nextAt: NOON + 1 });
    expect(judged([low(DAY), low(DAY - 5)])).toMatchObject({ status: 'evaluating', nextAt: NOON + 5 });
  });

  test('a soak too long in vain is none while the requirement is met and only the window is closed', () => {
    const schedule: WindowSchedule = { timeZone: 'UTC', windows: [{ days: ['wed'], start: '10:00', end: '11:00' }] };
    expect(judged([entity(3 * DAY)], {}, { schedule }).status).toBe('evaluating');
  });

  test('the newest release on the source may soak on', () => {
    expect(judged([low(3 * DAY)], {}, { newestOnSource: true })).toMatchObject({
      status: 'evaluating',
      nextAt: NOON + 29 * DAY,
    });
  });

  test('without a health requirement no soak is in vain', () => {
    const held = { holds: [{ code: 'held' as const, sentence: 'Held.' }] };
    expect(judged([low(3 * DAY)], { promoteWhenHealthy: null }, held).status).toBe('evaluating');
  });

  test('too few arrived: those that produce health have soaked in vain', () => {
    expect(codes(judged([entity(3 * DAY), entity(null)], needs(2)))).toEqual(['soak_timeout']);
  });

  test('an entity that falls below the threshold later times out then', () => {
    // Healthy enough until 36 h of soak; the second entity only arrives at a day of soak in 20 hours.
    const facts = { schedule: { timeZone: 'UTC', windows: [{ days: [], start: '00:00', end: '00:00' }] } };
    const falls = entity(36 * HOUR, { good: 36 * HOUR - 2 * HOUR, health: 'neutral' as const });
    const verdict = judged([falls], { promoteWhenHealthy: { needed: { count: 1 }, durationMs: HOUR } }, facts);
    // 34 h of x: 34 / 0.95 = 35.789 h < 36 h, so it is below already.
    expect(codes(verdict)).toEqual(['soak_timeout']);
    const still = entity(36 * HOUR, { good: 36 * HOUR - HOUR, health: 'neutral' as const });
    const later = judged([still], { promoteWhenHealthy: { needed: { count: 1 }, durationMs: HOUR } }, facts);
    // 35 h are 95 % of 36 h 50 min 31.578947… s: the first millisecond below is 3 031 579 on.
    expect(later).toMatchObject({ status: 'evaluating', nextAt: NOON + 3_031_579 });
  });

  test('thirty days on the wall', () => {
    const since = (ms: number) => ({ evaluatingSince: NOON - 30 * DAY + ms });
    expect(judged([low(HOUR)], {}, since(0))).toMatchObject({
      status: 'cancelled',
      reasons: [{ code: 'stage_timeout', since: NOON - 30 * DAY, afterMs: 30 * DAY }],
    });
    expect(judged([low(HOUR)], {}, since(1))).toMatchObject({ status: 'evaluating', nextAt: NOON + 1 });
    const noHealth = { promoteWhenHealthy: null, requireLabel: { key: 'x' } };
    expect(codes(judged([low(HOUR)], noHealth, since(0)))).toEqual(['stage_timeout']);
  });

  test('thirty days end on the wall also where weekends are cut', () => {
    const calendar = { timeZone: 'UTC', excludeWeekends: true, outages: [] };
    const saturday = at('2026-11-21T15:00:00Z');
    expect(
      judged([low(HOUR)], {}, { calendar, newestOnSource: true, evaluatingSince: saturday - 30 * DAY }).nextAt,
    ).toBe(saturday);
  });

  test('an earlier one in the list is the one that is named', () => {
    expect(codes(judged([entity(null)], {}, { evaluatingSince: NOON - 30 * DAY }))).toEqual(['no_canary_arrived']);
    expect(codes(judged([low(3 * DAY)], {}, { evaluatingSince: NOON - 30 * DAY }))).toEqual(['soak_timeout']);
  });

  test('a met requirement with a closed window times out after thirty days, not before', () => {
    const schedule: WindowSchedule = { timeZone: 'UTC', windows: [{ days: [], start: '00:00', end: '00:00' }] };
    const since = (ms: number) => ({ schedule, evaluatingSince: NOON - 30 * DAY + ms });
    expect(codes(judged([entity(3 * DAY)], {}, since(0)))).toEqual(['stage_timeout']);
    expect(judged([entity(3 * DAY)], {}, since(7))).toMatchObject({ status: 'evaluating', nextAt: NOON + 7 });
  });
});

describe('entities that produce no health', () => {
  const silent = (soakMs: number, facts: Parameters<typeof entity>[1] = {}) =>
    entity(soakMs, { producesHealth: false, health: 'neutral', good: 0, ...facts });
  const month = { evaluatingSince: NOON - 30 * DAY };
  const needs = (count: number) => ({ promoteWhenHealthy: { ...PROMOTE, needed: { count } } });

  test('succeed on liveness', () => {
    expect(judged([silent(3 * HOUR, { good: 3 * HOUR })]).status).toBe('promoted');
  });

  test('wait as long as they have to', () => {
    expect(judged([silent(40 * DAY)], {}, month)).toMatchObject({
      status: 'evaluating',
      eligibleAt: null,
      nextAt: null,
    });
  });

  test('are no excuse for those that do', () => {
    expect(codes(judged([silent(3 * DAY), entity(3 * DAY, { good: 0, health: 'neutral' })], needs(2)))).toEqual([
      'soak_timeout',
    ]);
    expect(judged([silent(3 * DAY), entity(3 * DAY)], needs(2), month)).toMatchObject({ status: 'evaluating' });
  });

  test('are no excuse for entities that never came', () => {
    expect(codes(judged([silent(3 * DAY), entity(3 * DAY), entity(null)], needs(3)))).toEqual(['soak_timeout']);
    expect(codes(judged([silent(3 * DAY), entity(null)], needs(2), month))).toEqual(['stage_timeout']);
    expect(judged([silent(3 * DAY), entity(null)], needs(2)).status).toBe('evaluating');
  });

  test('do not stop a missing label from timing out after thirty days', () => {
    expect(codes(judged([silent(3 * DAY)], { requireLabel: { key: 'x' } }, month))).toEqual(['stage_timeout']);
  });

  test('are an excuse only as long as those that do are healthy enough', () => {
    // 35 of 36 hours healthy, neutral from now on: below 95 % from the millisecond 3 031 579 on.
    const falls = entity(36 * HOUR, { good: 35 * HOUR, health: 'neutral' });
    const verdict = judged([silent(3 * DAY), falls], needs(2), { ...month, newestOnSource: true });
    expect(verdict).toMatchObject({ status: 'evaluating', nextAt: NOON + 3_031_579 });
  });

  test('hold the soak timeout back while they may still succeed', () => {
    const entities = [silent(DAY - 5, { health: 'healthy', good: 0 }), entity(3 * DAY, { good: 0, health: 'neutral' })];
    expect(judged(entities, needs(2))).toMatchObject({ status: 'evaluating', nextAt: NOON + 5 });
  });
});

describe('what the verdict says', () => {
  test('of a recall', () => {
    const verdict = judged([entity(HOUR, { bad: HOUR }), entity(null)], {
      recallWhenUnhealthy: { needed: { ppm: 500_000 }, durationMs: HOUR },
    });
    expect(verdict).toMatchObject({ status: 'recalled', eligibleAt: null, nextAt: null });
    expect(verdict.reasons).toEqual([
      {
        code: 'unhealthy',
        sentence: '1 of 2 test entities unhealthy; 1 recall the release.',
        unhealthy: 1,
        needed: 1,
        selected: 2,
      },
    ]);
  });

  test('of too few entities', () => {
    expect(judged([entity(2 * HOUR)], { minimumEntityCount: 3 }).reasons).toEqual([
      {
        code: 'too_few_entities',
        sentence: '1 test entity selected; more than 3 needed.',
        selected: 1,
        minimumEntityCount: 3,
      },
    ]);
  });
});

describe('the pin', () => {
  const stage: CanaryStage = {
    promoteWhenHealthy: PROMOTE,
    recallWhenUnhealthy: { needed: { count: 5 }, durationMs: HOUR },
    minimumEntityCount: null,
    requireLabel: null,
  };
  const verdict = (...unmet: Parameters<typeof reason>[0][]): PinFacts['verdict'] => ({
    status: 'evaluating',
    reasons: unmet.map(reason),
    eligibleAt: null,
    nextAt: null,
  });
  function reason(code: PinFacts['verdict']['reasons'][number]['code']) {
    return { code, sentence: code };
  }
  const pinned = (facts: Partial<PinFacts> = {}) =>
    isPinnedByCanary({
      stage,
      criteria: DEFAULT_ROLLOUT_CRITERIA,
      verdict: verdict('not_enough_healthy', 'held'),
      entity: entity(HOUR),
      runs: true,
      newer: [{}],
      ...facts,
    });

  test('holds while the release soaks', () => {
    expect(pinned()).toBe(true);
    expect(pinned({ entity: entity(null) })).toBe(true);
    expect(pinned({ verdict: verdict('too_few_entities') })).toBe(true);
  });

  test('is none where the release does not run', () => {
    expect(pinned({ runs: false })).toBe(false);
  });

  test.each(['promoted', 'superseded', 'recalled', 'cancelled', 'paused'] as const)(
    'ends when the stage says %s',
    (status) => {
      expect(pinned({ verdict: { ...verdict('not_enough_healthy'), status } })).toBe(false);
    },
  );

  test('ends when only window, hold or label are still unmet', () => {
    expect(pinned({ verdict: verdict('label_missing', 'window_closed', 'held') })).toBe(false);
  });

  test('ends when the release satisfies unhealthy on that entity', () => {
    expect(pinned({ entity: entity(HOUR, { bad: HOUR }) })).toBe(false);
    expect(pinned({ entity: entity(HOUR - 1, { bad: HOUR - 1 }) })).toBe(true);
    expect(pinned({ entity: entity(HOUR, { bad: HOUR }), stage: { ...stage, recallWhenUnhealthy: null } })).toBe(true);
  });

  test('ends when a newer release is labelled hotfix', () => {
    expect(pinned({ newer: [{}, { severity: 'hotfix' }] })).toBe(false);
    expect(pinned({ newer: [] })).toBe(true);
    expect([isHotfix({ hotfix: 'yes' }), isHotfix({ severity: 'hotfix' }), isHotfix({ severity: 'routine' })]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
