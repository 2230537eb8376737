import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countedSpans, type SoakCalendar, type Span } from '../../../server/domain/calendar.ts';
import { measureSoak, soakFigures, soakFiguresNow, type HealthPolicy } from '../../../server/domain/health.ts';
import { readSoak } from '../../../server/domain/soak-reading.ts';
import { healthTimeline } from '../../../server/domain/health-timeline.ts';
import {
  HEALTH_STATES,
  inForce,
  inForceAfter,
  inForceOfRelease,
  observed,
  saidOfRelease,
  type InForce,
  type Observation,
} from '../../../server/domain/observation.ts';

const END = 60;
const instant = fc.integer({ min: 0, max: END });
const observation = fc.record({
  at: fc.integer({ min: -20, max: END + 5 }),
  receivedAt: fc.integer({ min: 0, max: END + 5 }),
  live: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  state: fc.option(fc.constantFrom(...HEALTH_STATES, 'HEALTHY' as const, 'HEALTHY' as const), { nil: null }),
});
const nodes = fc.array(fc.array(observation, { maxLength: 6 }), { maxLength: 3 });
const span = fc.tuple(instant, instant).map(([a, b]): Span => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const outages = fc.array(span, { maxLength: 2 });
const staleAfterMs = fc.integer({ min: 0, max: 30 });
const policy = fc.record({ expectsHealth: fc.boolean(), terminalIsUnhealthy: fc.boolean() });

const calendar = (cut: readonly Span[]): SoakCalendar => ({ timeZone: 'UTC', excludeWeekends: false, outages: cut });

/** The rule read aloud, one millisecond after the other. */
function plainly(
  nodesSeen: readonly (readonly Observation[])[],
  { from, to }: Span,
  staleAfter: number,
  cut: readonly Span[],
  { expectsHealth, terminalIsUnhealthy }: HealthPolicy,
) {
  const at = (list: readonly Observation[], ms: number) => {
    const before = list
      .map((one, order) => ({ ...one, at: Math.min(one.at, one.receivedAt), order }))
      .filter((one) => one.at <= ms)
      .sort((a, b) => a.at - b.at || a.receivedAt - b.receivedAt || a.order - b.order)
      .at(-1);
    return before && ms < before.at + staleAfter ? before : null;
  };
  const instants = Array.from({ length: to - from }, (_, index) => from + index);
  const stated = instants.some((ms) => nodesSeen.some((list) => (at(list, ms)?.state ?? null) !== null));
  const figures = { soakMs: 0, healthyMs: 0, unhealthyMs: 0 };
  for (const ms of instants) {
    if (cut.some((outage) => outage.from <= ms && ms < outage.to)) continue;
    figures.soakMs += 1;
    const seen = nodesSeen.map((list) => at(list, ms));
    const live = seen.filter((one) => one?.live);
    const bad = live.some((one) => one?.state === 'ERROR' || (terminalIsUnhealthy && one?.state === 'TERMINAL'));
    const good = (one: Observation | null) => one?.live && (one.state === 'HEALTHY' || one.state === 'DEFERRING');
    if (bad) figures.unhealthyMs += 1;
    else if (seen.length > 0 && (stated || expectsHealth ? seen.every(good) : live.length === seen.length)) {
      figures.healthyMs += 1;
    }
  }
  return figures;
}

test('the figures are those of the rule, read millisecond by millisecond', () => {
  fc.assert(
    fc.property(nodes, span, staleAfterMs, outages, policy, (seen, over, stale, cut, rules) => {
      const figures = measureSoak(seen, over, { staleAfterMs: stale, calendar: calendar(cut), policy: rules });
      expect(figures).toEqual(plainly(seen, over, stale, cut, rules));
    }),
    { numRuns: 400 },
  );
});

test('healthy and unhealthy together are never more than the soak, and the soak never more than the span', () => {
  fc.assert(
    fc.property(nodes, span, staleAfterMs, outages, policy, (seen, over, stale, cut, rules) => {
      const figures = measureSoak(seen, over, { staleAfterMs: stale, calendar: calendar(cut), policy: rules });
      expect(figures.healthyMs + figures.unhealthyMs).toBeLessThanOrEqual(figures.soakMs);
      expect(figures.soakMs).toBeLessThanOrEqual(over.to - over.from);
      expect(Math.min(figures.healthyMs, figures.unhealthyMs)).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 200 },
  );
});

test('a soak split at any instant sums up', () => {
  fc.assert(
    fc.property(
      nodes,
      span,
      fc.nat(END),
      staleAfterMs,
      outages,
      fc.boolean(),
      (seen, over, cutAt, stale, cut, terminal) => {
        const rules = {
          staleAfterMs: stale,
          calendar: calendar(cut),
          policy: { expectsHealth: true, terminalIsUnhealthy: terminal },
        };
        const middle = Math.min(Math.max(cutAt, over.from), over.to);
        const first = measureSoak(seen, { from: over.from, to: middle }, rules);
        const second = measureSoak(seen, { from: middle, to: over.to }, rules);
        expect({
          soakMs: first.soakMs + second.soakMs,
          healthyMs: first.healthyMs + second.healthyMs,
          unhealthyMs: first.unhealthyMs + second.unhealthyMs,
        }).toEqual(measureSoak(seen, over, rules));
      },
    ),
    { numRuns: 200 },
  );
});

test('the figures now are the same whether the last reading is carried on or all is read again', () => {
  fc.assert(
    fc.property(nodes, span, fc.nat(40), staleAfterMs, outages, policy, (seen, over, ms, stale, cut, rules) => {
      const timeline = healthTimeline(seen.map((list) => inForce(list, stale)));
      const last = readSoak(timeline, over, countedSpans(over, calendar(cut)));
      const now = { from: over.from, to: over.to + ms };
      const counted = countedSpans({ from: -100, to: now.to }, calendar(cut));
      const figures = soakFiguresNow({ timeline, from: over.from, last }, now.to, counted, rules);
      expect(figures).toEqual(soakFigures(readSoak(timeline, now, counted), rules));
    }),
    { numRuns: 300 },
  );
});

test('observations taken one by one leave what all of them together leave', () => {
  fc.assert(
    fc.property(fc.array(observation, { maxLength: 8 }), staleAfterMs, (seen, stale) => {
      const clamped = seen.map((one) => ({ ...one, at: Math.min(one.at, one.receivedAt) }));
      const inOrder = clamped.sort((a, b) => a.at - b.at || a.receivedAt - b.receivedAt);
      const spans = inOrder.reduce<InForce[]>(
        (before, one) => [...before.slice(0, -1), ...observed(before.at(-1), one, stale)],
        [],
      );
      expect(spans).toEqual(inForce(inOrder, stale));
    }),
    { numRuns: 200 },
  );
});

test('health that is stored as intervals is that of the release a node reports, whenever it is taken in', () => {
  const said = fc.array(
    observation.map((one) => ({ ...one, at: Math.min(one.at, one.receivedAt) })),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(said, instant, fc.integer({ min: 1, max: 30 }), (observations, reportedAt, stale) => {
      const byTime = [...new Map(observations.map((one) => [one.at, one])).values()].sort((a, b) => a.at - b.at);
      const stored = inForceAfter(undefined, byTime, stale, reportedAt);
      const expected = inForce(saidOfRelease(byTime, reportedAt), stale);
      expect(inForceOfRelease(stored, byTime.at(-1)!.at, reportedAt)).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});
