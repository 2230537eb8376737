import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { HealthState } from '../../../server/domain/observation.ts';
import type { StageVerdict } from '../../../server/domain/stages.ts';
import type { EvaluationView } from '../../../server/domain/views.ts';
import { pipelineViews } from '../../../db/queries/pipeline-views.ts';
import { DAY, HOUR, pipelines, type Pipelines } from '../../support/pipeline.ts';
import { observation, placesIn, verdictAt, type Model } from '../../support/pipeline-model.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
let line: Pipelines;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_PIPELINE_MS: String(6 * HOUR) });
});
beforeEach(async () => {
  await world.clear();
  line = pipelines(world);
});
afterAll(() => world.close());

const ZONE = 'America/New_York';
const STALE = 60 * DAY;
const night = { timeZone: ZONE, windows: [{ days: ['tue', 'wed', 'thu'], start: '22:00', end: '04:00' }] };
const stages = [
  {
    source: 'dev',
    target: 'canary',
    kind: 'timed',
    duration: '1d',
    excludeWeekends: true,
    requireReleaseLabel: { key: 'tested' },
  },
  {
    source: 'canary',
    target: 'stable',
    kind: 'canary',
    filters: [{ withLabel: { key: 'test' } }],
    promoteWhenHealthy: { needed: 2, duration: '2d' },
    recallWhenUnhealthy: { needed: 1, duration: '6h' },
    minimumEntityCount: 1,
  },
];
const environments = ['a', 'b', 'c'];
const fleet = {
  products: [
    {
      name: 'orders',
      channels: ['dev', 'canary', 'stable'],
      entryChannels: ['dev'],
      feed: { folder: '/srv/feed' },
      pipeline: { timeZone: ZONE, staleAfter: '60d', maintenance: night, stages },
    },
  ],
  environments: environments.map((name) => ({ name, labels: { test: 'yes' }, subscriptions: { orders: 'canary' } })),
  hosts: environments.map((environment, i) => ({ name: `host-${i + 1}`, environment, root: `/srv/${i}`, local: true })),
};

/** One line an event: how many hours after the first, and what happens. */
interface Scene {
  publish: (hour: number, version: string, labels?: Record<string, string>) => void;
  report: (hour: number, host: number, version: string) => void;
  say: (hour: number, host: number, state: HealthState | null, live?: boolean) => void;
  outage: (hour: number, hours: number) => void;
}

interface Played {
  rows: EvaluationView[];
  /** Every reason that some evaluation had at some look. */
  reasons: ReadonlySet<string>;
}

/**
 * Plays a script against the services, with the clock moved by hand, and after every event and every six hours compares
 * what is stored with what the domain says of the test's own facts.
 */
async function play(begin: number, days: number, script: (scene: Scene) => void): Promise<Played> {
  world.time.now = begin;
  await line.declare(fleet);
  const [pipeline] = await pipelineViews(world.ctx.db, {});
  const model: Model = {
    hosts: environments.map((environment) => ({
      environment,
      labels: { test: 'yes' },
      reported: [],
      observations: [],
    })),
    labels: new Map(),
    calendar: { timeZone: ZONE, excludeWeekends: true, outages: [] },
    windows: pipeline!.windows,
    criteria: pipeline!,
    terminalIsUnhealthy: false,
    staleAfterMs: STALE,
  };
  const events: { at: number; run: () => Promise<void> }[] = [];
  const at = (hour: number, run: () => Promise<void>) => events.push({ at: begin + hour * HOUR, run });
  script({
    publish: (hour, version, labels = { tested: 'yes' }) =>
      at(hour, async () => {
        model.labels.set(version, labels);
        await line.publish([version], labels);
      }),
    report: (hour, host, version) =>
      at(hour, async () => {
        model.hosts[host - 1]!.reported.push({ at: world.time.now, version });
        await line.report(host, version);
      }),
    say: (hour, host, state, live = true) =>
      at(hour, async () => {
        model.hosts[host - 1]!.observations.push(observation(world.time.now, state, live));
        await line.say(host, state, STALE, live);
      }),
    outage: (hour, hours) =>
      at(hour + hours, async () => {
        const [from, to] = [world.time.now - hours * HOUR, world.time.now];
        model.calendar = { ...model.calendar, outages: [...model.calendar.outages, { from, to }] };
        await world.ctx.db.$client`
          insert into health_outage (started_at, ended_at)
          values (${new Date(from).toISOString()}, ${new Date(to).toISOString()})`;
      }),
  });
  const judged = new Set<number>();
  const reasons = new Set<string>();
  const eventTimes = new Set(events.map((event) => event.at));
  const instants = new Set([...eventTimes, ...Array.from({ length: days * 4 }, (_, i) => begin + i * 6 * HOUR)]);
  for (const instant of [...instants].sort((a, b) => a - b)) {
    if (instant > world.time.now) await line.pass(instant - world.time.now, 6 * HOUR);
    await agree(model, judged, eventTimes, reasons);
    for (const event of events.filter((one) => one.at === instant)) await event.run();
    await line.look();
    await agree(model, judged, eventTimes, reasons);
  }
  return { rows: await line.evaluations(), reasons };
}

const said = ({ status, reasons, eligibleAt }: Pick<StageVerdict, 'status' | 'reasons' | 'eligibleAt'>) =>
  JSON.parse(JSON.stringify({ status, reasons, eligibleAt })) as object;

/** What is undecided says what the domain says now; what was decided, what it said at that instant and not before. */
async function agree(
  model: Model,
  judged: Set<number>,
  eventTimes: ReadonlySet<number>,
  reasons: Set<string>,
): Promise<void> {
  const places = await placesIn(world);
  const [pipeline] = await pipelineViews(world.ctx.db, {});
  for (const row of await line.evaluations()) {
    if (judged.has(row.id)) continue;
    for (const { code } of row.reasons) reasons.add(code);
    const stage = pipeline!.stages.find(({ source, target }) => source === row.source && target === row.target)!;
    const verdict = (instant: number, happened = instant) =>
      verdictAt(model, places, stage, row.version, row.since, instant, happened);
    const about = `${row.version} ${row.source} → ${row.target} at ${new Date(world.time.now).toISOString()}`;
    if (row.endedAt === null) {
      if (row.judgedAt === world.time.now)
        expect(said(row), about).toEqual(said(verdict(world.time.now, world.time.now + 1)));
      continue;
    }
    judged.add(row.id);
    // What was promoted at that very instant has superseded it, or is the newer one for which it gives up.
    const moved = row.status === 'superseded' || row.reasons.some(({ code }) => code === 'soak_timeout');
    expect(said(row), about).toEqual(said(verdict(row.endedAt, moved ? row.endedAt + 1 : row.endedAt)));
    if (!eventTimes.has(row.endedAt) && !moved) {
      expect(verdict(row.endedAt - 1).status, `${about}, a millisecond before`).toBe('evaluating');
    }
  }
}

const told = (rows: readonly EvaluationView[]) =>
  rows.map(({ version, source, target, status, reasons }) =>
    [version, `${source}→${target}`, status, ...reasons.map(({ code }) => code)].join(' '),
  );

/**
 * Which play has what:
 *   weekends, both changes of the clocks    all; each of the first two over one of them
 *   closed window, soaking                  all: promotions wait for the night
 *   missing label                           1.1.0, which lacks it until something newer has passed
 *   our own outage                          hours 50 to 53 of the first
 *   unhealthy, superseded                   1.2.0, and 1.3.0 behind 1.4.0, of the first
 *   no_canary_arrived                       1.5.0 of the first
 *   soak_timeout, stage_timeout             1.0.0 and 1.1.0 of the second
 *   liveness only, and never failing by it  the third
 */
const seasons = [
  ['spring forward', '2026-03-04T15:00:00Z'],
  ['fall back', '2026-10-28T15:00:00Z'],
] as const;

/** In spring the weekend has 47 hours and in autumn 49: what is promoted after it moves with it. */
test.each(seasons)(
  'weeks in which clocks %s: every outcome and every reason is what the domain says',
  { timeout: 240_000 },
  async (_, from) => {
    const { rows, reasons } = await play(Date.parse(from), 34, ({ publish, report, say, outage }) => {
      const all = (hour: number, version: string) => {
        environments.forEach((_name, i) => report(hour, i + 1, version));
        for (const host of [1, 2]) say(hour, host, 'HEALTHY');
        say(hour, 3, 'WARNING');
      };
      publish(0, '1.0.0');
      publish(2, '1.1.0', {});
      all(36, '1.0.0');
      outage(50, 3);
      // A bad one: host 2 turns to ERROR on it.
      publish(170, '1.2.0');
      all(200, '1.2.0');
      say(210, 2, 'ERROR');
      say(250, 2, 'HEALTHY');
      // Two at once; the hosts take the newer, which reaches stable first.
      publish(260, '1.3.0');
      publish(261, '1.4.0');
      all(300, '1.4.0');
      // Nobody takes this one.
      publish(400, '1.5.0');
    });
    expect(told(rows)).toEqual([
      '1.0.0 dev→canary promoted',
      '1.1.0 dev→canary superseded target_is_newer',
      '1.0.0 canary→stable promoted',
      '1.2.0 dev→canary promoted',
      '1.2.0 canary→stable recalled unhealthy',
      '1.3.0 dev→canary promoted',
      '1.4.0 dev→canary promoted',
      '1.3.0 canary→stable superseded target_is_newer',
      '1.4.0 canary→stable promoted',
      '1.5.0 dev→canary promoted',
      '1.5.0 canary→stable cancelled no_canary_arrived',
    ]);
    for (const code of ['soaking', 'window_closed', 'label_missing', 'not_enough_healthy']) {
      expect(reasons, code).toContain(code);
    }
  },
);

test.each(seasons)(
  'weeks in which clocks %s and nothing gets well: each time-out falls when the domain says, and not before',
  { timeout: 240_000 },
  async (_, from) => {
    const { rows } = await play(Date.parse(from), 40, ({ publish, report, say }) => {
      const all = (hour: number, version: string) =>
        environments.forEach((_name, i) => {
          report(hour, i + 1, version);
          say(hour, i + 1, 'WARNING');
        });
      publish(0, '1.0.0');
      all(36, '1.0.0');
      // Something newer is on the channel: the stage gives the one before up. Of the newest it waits for the whole month.
      publish(40, '1.1.0');
      all(220, '1.1.0');
    });
    expect(told(rows)).toEqual([
      '1.0.0 dev→canary promoted',
      '1.0.0 canary→stable cancelled soak_timeout',
      '1.1.0 dev→canary promoted',
      '1.1.0 canary→stable cancelled stage_timeout',
    ]);
  },
);

test(
  'weeks of a product that says nothing of its health: liveness promotes, and its absence fails nothing',
  { timeout: 240_000 },
  async () => {
    const { rows, reasons } = await play(Date.parse(seasons[0][1]), 40, ({ publish, report, say, outage }) => {
      const all = (hour: number, version: string) => environments.forEach((_name, i) => report(hour, i + 1, version));
      publish(0, '1.0.0');
      all(36, '1.0.0');
      for (const host of [1, 2]) say(36, host, null);
      say(36, 3, null, false);
      outage(60, 2);
      // Nobody answers on this one for more than the month after which another product's release is given up.
      publish(150, '1.1.0');
      all(190, '1.1.0');
      for (const host of [1, 2, 3]) say(190, host, null, false);
    });
    expect(told(rows)).toEqual([
      '1.0.0 dev→canary promoted',
      '1.0.0 canary→stable promoted',
      '1.1.0 dev→canary promoted',
      '1.1.0 canary→stable evaluating not_enough_healthy window_closed',
    ]);
    expect(reasons).toContain('window_closed');
  },
);
