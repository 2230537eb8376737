import { strict as assert } from 'node:assert';
import { countedSpans, type Span } from '../../server/domain/calendar.ts';
import {
  DEFAULT_HEALTH_POLICY,
  satisfiesHealthy,
  soakFigures,
  soakFiguresNow,
  type RunningSoak,
  type SoakFigures,
} from '../../server/domain/health.ts';
import { ALL_GOOD, LIVE_ERROR, healthTimeline, type HealthTimeline } from '../../server/domain/health-timeline.ts';
import { inForce, type Observation } from '../../server/domain/observation.ts';
import { readSoak } from '../../server/domain/soak-reading.ts';

/**
 * `npm run bench:health`: the soak of 10 000 entities with 200 transitions each over 13 days, weekends of New York cut
 * out, against a plain loop over the same arrays that knows no calendar; and a minute later, when a few entities have
 * changed.
 */
const ENTITIES = 10_000;
const TRANSITIONS = 200;
const CHANGED = 50;
const ROUNDS = 25;
const DAY = 86_400_000;
const MINUTE = 60_000;
const FROM = Temporal.Instant.from('2026-11-02T09:00:00Z').epochMilliseconds;
const TO = FROM + 13 * DAY;
const CALENDAR = {
  timeZone: 'America/New_York',
  excludeWeekends: true,
  outages: [{ from: FROM + DAY, to: FROM + DAY + MINUTE }],
};
const CONDITION = { durationMs: DAY, thresholdPpm: 300_000 };

/** What an entity of one node can be; each observation differs from the one before, so each is a transition. */
const KINDS = [
  { live: true, state: 'HEALTHY' },
  { live: true, state: 'ERROR' },
  { live: true, state: 'WARNING' },
  { live: true, state: 'TERMINAL' },
  { live: false, state: 'WARNING' },
] as const satisfies readonly Pick<Observation, 'live' | 'state'>[];

const random = generator(20_261_121);
const observations = Array.from({ length: ENTITIES }, () => [history(TRANSITIONS)]);
const building: number[] = [];
const timelines = measured(building, () => observations.map(timelineOf));
const counted = countedSpans({ from: FROM, to: TO }, CALENDAR);
const before = timelines.map((timeline): RunningSoak => soakOf(timeline, TO, counted));

const later = TO + MINUTE;
const countedLater = countedSpans({ from: FROM, to: later }, CALENDAR);
const changed = new Map(
  Array.from({ length: CHANGED }, (_, index) => {
    const entity = Math.floor((index * ENTITIES) / CHANGED);
    const more = observations[entity]!.map((list) => [
      ...list,
      { ...KINDS[1], at: TO + MINUTE / 2, receivedAt: TO + MINUTE / 2 },
    ]);
    return [entity, timelineOf(more)] as const;
  }),
);
const timelinesLater = timelines.map((timeline, entity) => changed.get(entity) ?? timeline);

interface Tick extends SoakFigures {
  readonly satisfied: number;
}

const times = { plain: [] as number[], full: [] as number[], fullLater: [] as number[], tick: [] as number[] };
for (let round = 0; round < ROUNDS; round += 1) {
  measured(times.plain, () => plainLoop(timelines, FROM, TO));
  measured(times.full, () => fullTick(timelines, TO, counted));
  const full = measured(times.fullLater, () => fullTick(timelinesLater, later, countedLater));
  const tick = measured(times.tick, () => incrementalTick(before, later, countedLater));
  assert.deepEqual(tick, full, 'the incremental tick has to answer what the full one answers');
}

report('timelines out of raw observations, once (then one entity at a time, as it reports)', building);
report('plain loop over the same arrays, no calendar', times.plain);
report('full tick', times.full);
report('full tick a minute later', times.fullLater);
report(`incremental tick a minute later, ${CHANGED} entities changed`, times.tick);
say(`full / plain loop: ${ratio(times.full, times.plain)} (goal ≤ 1.5)`);
say(`full / incremental: ${ratio(times.fullLater, times.tick)} (goal ≥ 20), same answer`);

/** What a tick has to know: the figures of all entities, and how many satisfy the condition. */
function fullTick(all: readonly HealthTimeline[], now: number, spans: readonly Span[]): Tick {
  return summed(all, (timeline) =>
    soakFigures(readSoak(timeline, { from: FROM, to: now }, spans), DEFAULT_HEALTH_POLICY),
  );
}

function incrementalTick(last: readonly RunningSoak[], now: number, spans: readonly Span[]): Tick {
  const soaks = [...last];
  for (const [entity, timeline] of changed) soaks[entity] = soakOf(timeline, now, spans);
  return summed(soaks, (soak) => soakFiguresNow(soak, now, spans, DEFAULT_HEALTH_POLICY));
}

function summed<Item>(items: readonly Item[], figuresOf: (item: Item, index: number) => SoakFigures): Tick {
  let [soakMs, healthyMs, unhealthyMs, satisfied] = [0, 0, 0, 0];
  for (let index = 0; index < items.length; index += 1) {
    const figures = figuresOf(items[index]!, index);
    soakMs += figures.soakMs;
    healthyMs += figures.healthyMs;
    unhealthyMs += figures.unhealthyMs;
    if (satisfiesHealthy(figures, CONDITION)) satisfied += 1;
  }
  return { soakMs, healthyMs, unhealthyMs, satisfied };
}

/** The yardstick: what anyone would write who has the arrays and no weekends. */
function plainLoop(all: readonly HealthTimeline[], from: number, to: number): Tick {
  return summed(all, ({ at, facts }) => {
    let [healthyMs, unhealthyMs] = [0, 0];
    for (let index = 0; index < facts.length; index += 1) {
      const ms = Math.min(at[index + 1]!, to) - Math.max(at[index]!, from);
      if (facts[index]! & ALL_GOOD) healthyMs += ms;
      else if (facts[index]! & LIVE_ERROR) unhealthyMs += ms;
    }
    return { soakMs: to - from, healthyMs, unhealthyMs };
  });
}

function soakOf(timeline: HealthTimeline, now: number, spans: readonly Span[]): RunningSoak {
  return { timeline, from: FROM, last: readSoak(timeline, { from: FROM, to: now }, spans) };
}

function timelineOf(nodes: readonly (readonly Observation[])[]): HealthTimeline {
  return healthTimeline(nodes.map((list) => inForce(list, 30 * DAY)));
}

function history(length: number): Observation[] {
  const instants = Array.from({ length }, () => FROM + Math.floor(random() * 13 * DAY)).sort((a, b) => a - b);
  let kind = 0;
  return instants.map((at) => {
    kind = kind > 0 && random() < 0.7 ? 0 : (kind + 1 + Math.floor(random() * (KINDS.length - 1))) % KINDS.length;
    return { ...KINDS[kind]!, at, receivedAt: at };
  });
}

/** The same numbers in every run (Lehmer). */
function generator(seed: number): () => number {
  let value = seed;
  return () => (value = (value * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function measured<Result>(into: number[], work: () => Result): Result {
  const start = performance.now();
  const result = work();
  into.push(performance.now() - start);
  return result;
}

/** The machine is shared: the fastest round is what the code costs, the median what one gets. */
function best(ms: readonly number[]): number {
  return Math.min(...ms);
}

function median(ms: readonly number[]): number {
  return ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 2)]!;
}

function ratio(above: readonly number[], below: readonly number[]): string {
  return `best ${(best(above) / best(below)).toFixed(2)}, median ${(median(above) / median(below)).toFixed(2)}`;
}

function report(what: string, ms: readonly number[]): void {
  say(`${what}: best ${best(ms).toFixed(2)} ms, median ${median(ms).toFixed(2)} ms`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
