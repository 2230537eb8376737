import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countedSpans, totalMs } from '../../../server/domain/calendar.ts';
import { judgeCanary } from '../../../server/domain/canary.ts';
import type { CanaryEntity, CanaryFacts, CanaryStage } from '../../../server/domain/canary-condition.ts';
import { judgeTimed, type TimedFacts, type TimedStage } from '../../../server/domain/timed.ts';
import { WEEKDAYS, type MaintenanceWindow } from '../../../server/domain/windows.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Temporal.Instant.from('2026-03-05T12:00:00Z').epochMilliseconds;

const timeZone = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe');
const time = fc.integer({ min: 0, max: 23 }).map((hour) => `${String(hour).padStart(2, '0')}:30`);
const window = fc.record({ days: fc.subarray([...WEEKDAYS], { minLength: 1 }), start: time, end: time });
const windows: fc.Arbitrary<MaintenanceWindow[]> = fc.oneof(
  fc.constant<MaintenanceWindow[]>([]),
  fc.array(window, { minLength: 1, maxLength: 2 }),
);
const rarely = fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });
const holds = rarely.map((held) => (held ? [{ code: 'held' as const, sentence: 'Held.' }] : []));

const standing = fc.record({
  labels: fc.constantFrom<Record<string, string>>({}, { severity: 'routine' }),
  recalled: rarely,
  onTarget: rarely,
  onSourceSince: fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 9, arbitrary: ago(20 * DAY) }),
  targetIsNewer: rarely,
  holds,
});
const requireLabel = fc.constantFrom(null, null, null, { key: 'severity' });

function ago(most: number) {
  return fc.integer({ min: 0, max: most }).map((ms) => NOW - ms);
}

const timedFacts = fc.tuple(standing, timeZone, windows).map(([facts, zone, list]): TimedFacts => ({
  ...facts,
  timeZone: zone,
  schedule: { timeZone: zone, windows: list },
}));
const timedStage: fc.Arbitrary<TimedStage> = fc.record({
  durationMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 31 * DAY })),
  excludeWeekends: fc.boolean(),
  requireLabel,
});

/** Instants between two, both excluded. */
const between = (from: number, to: number) =>
  [1, 2, 3, 5, 8].map((part) => from + Math.floor(((to - from) * part) / 10));

test('a timed stage promotes at eligibleAt for the first time', () => {
  fc.assert(
    fc.property(timedStage, timedFacts, (stage, facts) => {
      const { status, eligibleAt } = judgeTimed(stage, facts, NOW);
      if (status !== 'evaluating' || eligibleAt === null) return;
      expect(eligibleAt).toBeGreaterThan(NOW);
      expect(judgeTimed(stage, facts, eligibleAt).status).toBe('promoted');
      for (const at of [eligibleAt - 1, ...between(NOW, eligibleAt)]) {
        expect(judgeTimed(stage, facts, at)).toMatchObject({ status: 'evaluating', eligibleAt });
      }
    }),
    { numRuns: 200 },
  );
});

test('a timed stage without eligibleAt promotes at no later instant', () => {
  fc.assert(
    fc.property(timedStage, timedFacts, fc.nat(60 * DAY), (stage, facts, later) => {
      const { status, eligibleAt } = judgeTimed(stage, facts, NOW);
      if (status === 'evaluating' && eligibleAt === null) {
        expect(judgeTimed(stage, facts, NOW + later).status).toBe('evaluating');
      }
    }),
    { numRuns: 200 },
  );
});

const entity: fc.Arbitrary<CanaryEntity> = fc
  .record({
    soakMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 * DAY })),
    healthy: fc.double({ min: 0.85, max: 1, noNaN: true }),
    unhealthy: fc.double({ min: 0, max: 1, noNaN: true }),
    arrived: fc.boolean(),
    health: fc.constantFrom('healthy' as const, 'healthy' as const, 'unhealthy' as const, 'neutral' as const),
    producesHealth: fc.boolean(),
    leftAt: fc.option(ago(10 * DAY), { nil: null }),
  })
  .map(({ soakMs, healthy, unhealthy, arrived, ...rest }) => {
    const healthyMs = Math.floor(soakMs * healthy);
    const soak = { soakMs, healthyMs, unhealthyMs: Math.floor((soakMs - healthyMs) * unhealthy) };
    return { ...rest, name: 'e', soak: arrived ? soak : null, leftAt: arrived ? null : rest.leftAt };
  });

const condition = fc.record({
  needed: fc.oneof(
    fc.integer({ min: 0, max: 3 }).map((count) => ({ count })),
    fc.integer({ min: 0, max: 1_000_000 }).map((ppm) => ({ ppm })),
  ),
  durationMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 * DAY })),
});
const canaryStage: fc.Arbitrary<CanaryStage> = fc.record({
  promoteWhenHealthy: fc.option(condition, { nil: null, freq: 8 }),
  recallWhenUnhealthy: fc.option(condition, { nil: null }),
  minimumEntityCount: fc.constantFrom(null, 0, 1),
  requireLabel,
});
const canaryFacts = fc
  .tuple(standing, timeZone, windows, fc.array(entity, { maxLength: 4 }), ago(31 * DAY), fc.boolean(), fc.boolean())
  .map(([facts, zone, list, entities, evaluatingSince, newestOnSource, excludeWeekends]): CanaryFacts => ({
    ...facts,
    schedule: { timeZone: zone, windows: list },
    entities,
    criteria: { healthyPpm: 950_000, unhealthyPpm: 50_000 },
    calendar: { timeZone: zone, excludeWeekends, outages: [] },
    evaluatingSince,
    newestOnSource,
  }));

/** The facts at a later instant when every entity has stayed as it is. */
function later(facts: CanaryFacts, at: number): CanaryFacts {
  const ms = totalMs(countedSpans({ from: NOW, to: at }, facts.calendar));
  const entities = facts.entities.map((one) => ({
    ...one,
    soak: one.soak && {
      soakMs: one.soak.soakMs + ms,
      healthyMs: one.soak.healthyMs + (one.health === 'healthy' ? ms : 0),
      unhealthyMs: one.soak.unhealthyMs + (one.health === 'unhealthy' ? ms : 0),
    },
  }));
  return { ...facts, entities };
}

test('a canary stage promotes at eligibleAt for the first time, if health stays as it is', () => {
  fc.assert(
    fc.property(canaryStage, canaryFacts, (stage, facts) => {
      const { status, eligibleAt } = judgeCanary(stage, facts, NOW);
      if (status !== 'evaluating' || eligibleAt === null) return;
      expect(judgeCanary(stage, later(facts, eligibleAt), eligibleAt).status).toBe('promoted');
      for (const at of [eligibleAt - 1, ...between(NOW, eligibleAt)]) {
        expect(judgeCanary(stage, later(facts, at), at)).toMatchObject({ status: 'evaluating', eligibleAt });
      }
    }),
    { numRuns: 600 },
  );
});

test('nothing but the next instant changes the status of a canary stage, if health stays as it is', () => {
  fc.assert(
    fc.property(canaryStage, canaryFacts, fc.nat(40 * DAY), (stage, facts, ms) => {
      const { status, nextAt, eligibleAt } = judgeCanary(stage, facts, NOW);
      if (status !== 'evaluating') return;
      const judgedAt = (at: number) => judgeCanary(stage, later(facts, at), at).status;
      const end = nextAt ?? NOW + 40 * DAY;
      for (const at of [end - 1, Math.min(NOW + ms, end - 1), ...between(NOW, end)])
        expect(judgedAt(at)).toBe('evaluating');
      if (nextAt === null) return;
      expect(judgedAt(nextAt)).not.toBe('evaluating');
      expect(judgedAt(nextAt) === 'promoted').toBe(nextAt === eligibleAt);
    }),
    { numRuns: 600 },
  );
});

test('nothing is promoted while it is recalled, nor kept evaluating', () => {
  fc.assert(
    fc.property(canaryStage, canaryFacts, timedStage, timedFacts, (canary, facts, timed, timedOnes) => {
      expect(judgeCanary(canary, { ...facts, recalled: true }, NOW).status).toBe('recalled');
      expect(judgeTimed(timed, { ...timedOnes, recalled: true }, NOW).status).toBe('recalled');
    }),
    { numRuns: 100 },
  );
});

test('judging twice changes nothing, and the facts stay as they are', () => {
  fc.assert(
    fc.property(canaryStage, canaryFacts, timedStage, timedFacts, (canary, facts, timed, timedOnes) => {
      const before = JSON.stringify([facts, timedOnes]);
      expect(judgeCanary(canary, facts, NOW)).toEqual(judgeCanary(canary, facts, NOW));
      expect(judgeTimed(timed, timedOnes, NOW)).toEqual(judgeTimed(timed, timedOnes, NOW));
      expect(JSON.stringify([facts, timedOnes])).toBe(before);
    }),
    { numRuns: 100 },
  );
});

test('a verdict explains itself: reasons unless promoted, instants only while evaluating', () => {
  fc.assert(
    fc.property(canaryStage, canaryFacts, (stage, facts) => {
      const { status, reasons, eligibleAt, nextAt } = judgeCanary(stage, facts, NOW);
      expect(reasons.length > 0).toBe(status !== 'promoted');
      if (status !== 'evaluating') expect([eligibleAt, nextAt]).toEqual([null, null]);
      if (eligibleAt !== null) expect(nextAt).toBeLessThanOrEqual(eligibleAt);
    }),
    { numRuns: 200 },
  );
});
