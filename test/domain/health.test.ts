import { describe, expect, test } from 'vitest';
import {
  DEFAULT_HEALTH_POLICY,
  healthNow,
  measureSoak,
  producesHealth,
  satisfiesHealthy,
  satisfiesUnhealthy,
  soakFigures,
  soakFiguresNow,
  soakSince,
} from '../../server/domain/health.ts';
import { readSoak } from '../../server/domain/soak-reading.ts';
import { healthKeptFrom } from '../../server/domain/health-retention.ts';
import { healthTimeline, indexAt } from '../../server/domain/health-timeline.ts';
import { DEFAULT_SOAK_CALENDAR } from '../../server/domain/calendar.ts';
import {
  DEFAULT_STALE_AFTER_MS,
  inForce,
  observed,
  type HealthState,
  type Observation,
} from '../../server/domain/observation.ts';

const seen = (at: number, state: HealthState | null = 'HEALTHY', live = true): Observation => ({
  at,
  receivedAt: at,
  live,
  state,
});

describe('what is in force', () => {
  test('stands until it is stale or replaced', () => {
    expect(inForce([seen(0), seen(10, 'ERROR')], 100)).toEqual([
      { from: 0, to: 10, live: true, state: 'HEALTHY' },
      { from: 10, to: 110, live: true, state: 'ERROR' },
    ]);
    expect(inForce([seen(0), seen(200)], 100)).toEqual([
      { from: 0, to: 100, live: true, state: 'HEALTHY' },
      { from: 200, to: 300, live: true, state: 'HEALTHY' },
    ]);
  });

  test('the same said again in time is one span', () => {
    expect(inForce([seen(0), seen(50), seen(150)], 100)).toEqual([{ from: 0, to: 250, live: true, state: 'HEALTHY' }]);
    expect(inForce([seen(0), seen(50, 'HEALTHY', false)], 100)).toHaveLength(2);
  });

  test('an observation from the future is clamped to its receipt', () => {
    const ahead = { ...seen(500), receivedAt: 20 };
    expect(inForce([seen(0, 'ERROR'), ahead], 100)).toEqual([
      { from: 0, to: 20, live: true, state: 'ERROR' },
      { from: 20, to: 120, live: true, state: 'HEALTHY' },
    ]);
  });

  test('of two at one instant the later received counts, in whatever order they are listed', () => {
    const first = { ...seen(10, 'ERROR'), receivedAt: 11 };
    const second = { ...seen(10), receivedAt: 12 };
    for (const list of [
      [first, second],
      [second, first],
    ]) {
      expect(inForce(list, 100)).toEqual([{ from: 10, to: 110, live: true, state: 'HEALTHY' }]);
    }
  });

  test('one more observation takes the place of the last span', () => {
    const last = { from: 0, to: 100, live: true, state: 'HEALTHY' as const };
    expect(observed(undefined, seen(5), 100)).toEqual([{ from: 5, to: 105, live: true, state: 'HEALTHY' }]);
    expect(observed(last, seen(100), 100)).toEqual([{ ...last, to: 200 }]);
    expect(observed(last, seen(101), 100)).toEqual([last, { ...last, from: 101, to: 201 }]);
    expect(observed(last, seen(0, 'ERROR'), 100)).toEqual([{ ...last, state: 'ERROR' }]);
    expect(observed(last, seen(40, null), 100)).toEqual([
      { ...last, to: 40 },
      { ...last, from: 40, to: 140, state: null },
    ]);
  });

  test('the default is five minutes', () => {
    expect(DEFAULT_STALE_AFTER_MS).toBe(300_000);
  });
});

describe('the timeline of an entity', () => {
  const timeline = healthTimeline([inForce([seen(10)], 100), inForce([seen(20), seen(50, 'ERROR')], 100)]);

  test('changes where what holds for all nodes changes', () => {
    expect([...timeline.at]).toEqual([-Infinity, 10, 20, 50, 110, 150, Infinity]);
  });

  test('is found by instant, its own instants included', () => {
    expect([0, 10, 19, 20, 149, 150, 9_999].map((at) => indexAt(timeline, at))).toEqual([0, 1, 1, 2, 4, 5, 5]);
  });

  test('of no node is empty', () => {
    expect([...healthTimeline([]).at]).toEqual([-Infinity, Infinity]);
  });
});

describe('a reading', () => {
  const span = { from: 0, to: 100 };
  const policy = DEFAULT_HEALTH_POLICY;

  test('carries itself on until the next change', () => {
    const timeline = healthTimeline([inForce([seen(0), seen(80, 'ERROR')], 1_000)]);
    const reading = readSoak(timeline, span, [span]);
    expect(reading.steadyUntil).toBe(1_080);
    expect(soakFigures(reading, policy)).toEqual({ soakMs: 100, healthyMs: 80, unhealthyMs: 20 });
    expect(soakFigures(reading, policy, { wallMs: 50, countedMs: 50 })).toEqual({
      soakMs: 150,
      healthyMs: 80,
      unhealthyMs: 70,
    });
    expect(soakFigures(reading, policy, { wallMs: 50, countedMs: 0 })).toEqual(soakFigures(reading, policy));
  });

  test('of a timeline that changes at its very end already has the new facts', () => {
    const timeline = healthTimeline([inForce([seen(0), seen(100, 'ERROR')], 1_000)]);
    const reading = readSoak(timeline, span, [span]);
    expect(healthNow(reading, policy)).toBe('unhealthy');
    expect(soakFigures(reading, policy, { wallMs: 1, countedMs: 1 }).unhealthyMs).toBe(1);
  });

  test('produces health once a state is in force, not before', () => {
    const timeline = healthTimeline([inForce([seen(0, null), seen(100)], 1_000)]);
    const reading = readSoak(timeline, span, [span]);
    expect(producesHealth(reading, policy)).toBe(false);
    expect(producesHealth(reading, policy, { wallMs: 1, countedMs: 0 })).toBe(true);
    expect(producesHealth(reading, { ...policy, expectsHealth: true })).toBe(true);
    expect(soakFigures(reading, policy).healthyMs).toBe(100);
    expect(soakFigures(reading, policy, { wallMs: 1, countedMs: 1 }).healthyMs).toBe(1);
    const now = (at: number) =>
      soakFiguresNow({ timeline, from: 0, last: reading }, at, [{ from: 0, to: 200 }], policy);
    expect([now(100).healthyMs, now(101).healthyMs, now(200).healthyMs]).toEqual([100, 1, 100]);
  });

  test.each([
    ['HEALTHY', true, 'healthy'],
    ['DEFERRING', true, 'healthy'],
    ['HEALTHY', false, 'neutral'],
    ['WARNING', true, 'neutral'],
    ['TERMINAL', true, 'neutral'],
    ['ERROR', true, 'unhealthy'],
    ['ERROR', false, 'neutral'],
    [null, true, 'healthy'],
    [null, false, 'neutral'],
  ] as const)('%s, live %s, is %s now', (state, live, health) => {
    const reading = readSoak(healthTimeline([inForce([seen(0, state, live)], 1_000)]), span, [span]);
    expect(healthNow(reading, policy)).toBe(health);
  });

  test('TERMINAL is unhealthy now where the product says so; silence is healthy where nothing is expected', () => {
    const reading = (state: HealthState | null) =>
      readSoak(healthTimeline([inForce([seen(0, state)], 1_000)]), span, [span]);
    expect(healthNow(reading('TERMINAL'), { ...policy, terminalIsUnhealthy: true })).toBe('unhealthy');
    expect(healthNow(reading(null), { ...policy, expectsHealth: true })).toBe('neutral');
  });
});

test('the soak begins when the last node has come, and again when one leaves', () => {
  expect(soakSince([{ since: 5 }, { since: 9 }, { since: 7 }])).toBe(9);
  expect(soakSince([{ since: 5 }, { since: null }])).toBeNull();
  expect(soakSince([])).toBeNull();
  expect(soakSince([{ since: 0 }])).toBe(0);
});

test('satisfying needs soak, the duration and the share', () => {
  const healthy = (soakMs: number, healthyMs: number, durationMs = 100) =>
    satisfiesHealthy({ soakMs, healthyMs, unhealthyMs: 0 }, { durationMs, thresholdPpm: 950_000 });
  expect([healthy(100, 95), healthy(100, 94), healthy(99, 99), healthy(0, 0, 0), healthy(1, 1, 0)]).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
  const unhealthy = (soakMs: number, unhealthyMs: number, durationMs = 100, thresholdPpm = 50_000) =>
    satisfiesUnhealthy({ soakMs, healthyMs: 0, unhealthyMs }, { durationMs, thresholdPpm });
  expect([unhealthy(100, 6), unhealthy(100, 5), unhealthy(99, 99), unhealthy(0, 0, 0), unhealthy(1, 1, 0, 0)]).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
});

test('the defaults are those of the rule', () => {
  expect(DEFAULT_HEALTH_POLICY).toEqual({ expectsHealth: false, terminalIsUnhealthy: false });
  expect(DEFAULT_SOAK_CALENDAR).toEqual({ timeZone: 'UTC', excludeWeekends: true, outages: [] });
});

test('a span that begins while nothing is known yet counts as neutral', () => {
  const rules = {
    staleAfterMs: 1_000,
    calendar: { ...DEFAULT_SOAK_CALENDAR, excludeWeekends: false },
    policy: DEFAULT_HEALTH_POLICY,
  };
  expect(measureSoak([[seen(50)]], { from: 0, to: 100 }, rules)).toEqual({
    soakMs: 100,
    healthyMs: 50,
    unhealthyMs: 0,
  });
});

describe('what is kept', () => {
  test('is kept as long as the setting says, and as long as an evaluation counts it', () => {
    expect(healthKeptFrom(1_000, 90, null)).toBe(910);
    expect(healthKeptFrom(1_000, 90, 950)).toBe(910);
    expect(healthKeptFrom(1_000, 90, 300)).toBe(300);
  });
});
