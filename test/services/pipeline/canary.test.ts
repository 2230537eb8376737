import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recallViews } from '../../../db/queries/pipeline-views.ts';
import { showEvaluation } from '../../../server/services/evaluation/show.ts';
import { previewFilters } from '../../../server/services/pipeline/preview.ts';
import { showPipeline } from '../../../server/services/pipeline/show.ts';
import { releasePipeline } from '../../../server/services/pipeline/of-release.ts';
import { DAY, HOUR, MINUTE, pipelines, type Pipelines } from '../../support/pipeline.ts';
import { report } from '../health/timeline.ts';
import { openWorld, start, type World } from '../../support/world.ts';

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

/** Three test environments of one host each, and one of two hosts that no stage tests. */
const fleet = (stage: object, more: object = {}) => ({
  products: [
    {
      name: 'orders',
      channels: ['dev', 'stable'],
      entryChannels: ['dev'],
      feed: { folder: '/srv/feed' },
      pipeline: {
        stages: [
          { source: 'dev', target: 'stable', kind: 'canary', filters: [{ withLabel: { key: 'test' } }], ...stage },
        ],
        ...more,
      },
    },
  ],
  environments: [
    ...['a', 'b', 'c'].map((name) => ({ name, labels: { test: 'yes' }, subscriptions: { orders: 'dev' } })),
    { name: 'plant', subscriptions: { orders: 'stable' } },
  ],
  hosts: ['a', 'b', 'c', 'plant', 'plant'].map((environment, i) => ({
    name: `host-${i + 1}`,
    environment,
    root: `/srv/${i}`,
    local: true,
  })),
});
const healthy = { promoteWhenHealthy: { needed: 2, duration: '1d' } };
const bad = { recallWhenUnhealthy: { needed: 1, duration: '1h' } };
const recalls = () => recallViews(world.ctx.db, {});
const shown = (id = 1) => showEvaluation.run(world.ctx, world.operator, { id });

async function ready(stage: object, more: object = {}): Promise<void> {
  await line.declare(fleet(stage, more));
  await line.publish(['1.0.0']);
  for (const hostId of [1, 2, 3]) await line.report(hostId, '1.0.0');
}

describe('a canary stage', () => {
  test('promotes at the instant at which enough entities have been healthy long enough', async () => {
    await ready(healthy);
    for (const hostId of [1, 2]) await line.say(hostId, 'HEALTHY', 30 * DAY);
    await line.settle();
    expect(await line.evaluations()).toMatchObject([
      {
        reasons: [{ code: 'not_enough_healthy', healthy: 0, needed: 2, arrived: 3, selected: 3 }],
        eligibleAt: start + DAY,
        measured: { selected: 3, arrived: 3, healthy: 0, neededHealthy: 2, unhealthy: 0, neededUnhealthy: null },
      },
    ]);
    await line.pass(DAY - 1);
    expect(await line.on('stable')).toEqual([]);
    await line.pass(1);
    expect(await line.on('stable')).toEqual(['1.0.0']);
    const { entities } = await shown();
    expect(entities.map(({ name, soak }) => [name, soak?.soakMs, soak?.healthyMs])).toEqual([
      ['a', DAY, DAY],
      ['b', DAY, DAY],
      ['c', DAY, 0],
    ]);
  });

  test('recalls a release that turned bad, before it promotes it, and ends its other evaluations', async () => {
    await ready({ ...bad, promoteWhenHealthy: { needed: 1, duration: '1h' } }, { recall: { freeze: '2d' } });
    await line.say(1, 'HEALTHY', 30 * DAY);
    await line.say(2, 'ERROR', 30 * DAY);
    await line.pass(HOUR);
    expect(await line.told()).toEqual(['1.0.0 dev→stable recalled unhealthy']);
    expect(await line.on('stable')).toEqual([]);
    expect(await recalls()).toMatchObject([
      {
        range: { only: '1.0.0' },
        openedBy: 'signalbox',
        evaluationId: 1,
        ownEnvironments: ['a', 'b', 'c'],
        rollOffAll: false,
        strategy: { type: 'freeze', until: start + HOUR + 2 * DAY },
        reason: 'Stage dev → stable: 1 of 3 test entities unhealthy; 1 recall the release.',
      },
    ]);
    await line.pass(DAY);
    expect(await recalls()).toHaveLength(1);
    const { banner } = await releasePipeline.run(world.ctx, world.operator, { id: 1 });
    expect(banner.state).toBe('recalled');
  });

  test('counts no weekend and no outage of our own', async () => {
    world.time.now = Date.parse('2026-03-06T12:00:00Z');
    await ready(healthy, { timeZone: 'America/New_York' });
    for (const hostId of [1, 2]) await line.say(hostId, 'HEALTHY', 30 * DAY);
    await line.settle();
    // The clocks of New York go forward on that Sunday: the weekend has 47 hours.
    const monday = Date.parse('2026-03-09T12:00:00Z') - HOUR;
    expect(await line.evaluations()).toMatchObject([{ eligibleAt: monday }]);
    await world.ctx.db.$client`
      insert into health_outage (started_at, ended_at) values ('2026-03-06T13:00:00Z', '2026-03-06T13:30:00Z')`;
    await line.pass(HOUR);
    await line.look();
    expect(await line.evaluations()).toMatchObject([{ eligibleAt: monday + 30 * MINUTE }]);
    await line.pass(monday + 30 * MINUTE - world.time.now - 1);
    expect(await line.on('stable')).toEqual([]);
    await line.pass(1);
    expect(await line.on('stable')).toEqual(['1.0.0']);
  });

  test('silence earns nothing and recalls nothing', async () => {
    await ready({ ...healthy, ...bad });
    for (const hostId of [1, 2, 3]) await line.say(hostId, 'HEALTHY', HOUR);
    await line.pass(3 * DAY);
    expect(await line.told()).toEqual(['1.0.0 dev→stable evaluating not_enough_healthy']);
    const { entities } = await shown();
    expect(entities[0]).toMatchObject({
      soak: { soakMs: 3 * DAY, healthyMs: HOUR, unhealthyMs: 0 },
      bar: [
        { from: start, to: start + HOUR, kind: 'healthy' },
        { from: start + HOUR, to: start + 3 * DAY, kind: 'neutral' },
      ],
    });
  });

  test('goes by liveness alone where a product says nothing of its health, and never fails by it', async () => {
    await ready(healthy);
    for (const hostId of [1, 2]) await line.say(hostId, null, 40 * DAY);
    await line.say(3, null, 40 * DAY, false);
    await line.pass(DAY);
    expect(await line.on('stable')).toEqual(['1.0.0']);
    await line.publish(['2.0.0']);
    for (const hostId of [1, 2, 3]) await line.report(hostId, '2.0.0');
    for (const hostId of [1, 2, 3]) await line.say(hostId, null, 40 * DAY, false);
    await line.pass(35 * DAY, 6 * HOUR);
    expect((await line.told())[1]).toBe('2.0.0 dev→stable evaluating not_enough_healthy');
  });

  test('starts the soak again when an entity leaves the release and comes back', async () => {
    await ready({ promoteWhenHealthy: { needed: 3, duration: '1d' } });
    for (const hostId of [1, 2, 3]) await line.say(hostId, 'HEALTHY', 30 * DAY);
    await line.pass(20 * HOUR);
    await line.report(2, null);
    await line.look();
    expect(await line.evaluations()).toMatchObject([{ eligibleAt: null, measured: { arrived: 2 } }]);
    await line.pass(HOUR);
    await line.report(2, '1.0.0');
    await line.look();
    expect(await line.evaluations(), 'it has said nothing since').toMatchObject([{ eligibleAt: null }]);
    await line.say(2, 'HEALTHY', 30 * DAY);
    await line.look();
    expect(await line.evaluations()).toMatchObject([{ eligibleAt: start + 45 * HOUR }]);
  });

  test('gives up after 7 days without a test entity on the release, 30 days over all', async () => {
    await line.declare(fleet(healthy));
    await line.publish(['1.0.0']);
    await line.settle();
    await line.pass(7 * DAY - 1, 6 * HOUR);
    expect(await line.told()).toEqual(['1.0.0 dev→stable evaluating not_enough_healthy']);
    await line.pass(1);
    expect(await line.told()).toEqual(['1.0.0 dev→stable cancelled no_canary_arrived']);
  });

  test('without a test entity it is paused, and goes on when there is one', async () => {
    await ready({ filters: [{ choose: ['nowhere'] }], ...healthy });
    await line.settle();
    expect(await line.told()).toEqual(['1.0.0 dev→stable paused no_test_entities']);
    await line.declare(fleet({ filters: [{ choose: ['a', 'b'] }], ...healthy }));
    await line.settle();
    expect(await line.told()).toEqual(['1.0.0 dev→stable evaluating not_enough_healthy']);
  });

  test('a process that has just started says what one says that has looked all along', async () => {
    await ready({ ...healthy, ...bad });
    for (const hostId of [1, 2, 3]) await line.say(hostId, 'HEALTHY', 30 * DAY);
    await line.pass(5 * HOUR);
    await line.say(2, 'WARNING', 30 * DAY);
    await line.pass(HOUR);
    const before = await line.evaluations();
    line.memories.clear();
    await line.look();
    expect(await line.evaluations()).toEqual(before);
    const live = (await shown()).entities.map(({ soak }) => soak);
    expect(live).toMatchObject([
      { soakMs: 6 * HOUR, healthyMs: 6 * HOUR },
      { soakMs: 6 * HOUR, healthyMs: 5 * HOUR },
      { soakMs: 6 * HOUR, healthyMs: 6 * HOUR },
    ]);
  });

  test('what was said of the release before an install neither recalls nor promotes the one after it', async () => {
    const minute = { needed: 1, duration: '1m' };
    await ready({ promoteWhenHealthy: { needed: 3, duration: '1m' }, recallWhenUnhealthy: minute });
    const says = (host: string, state: 'ERROR' | 'HEALTHY') => report(world, [{ host, at: world.time.now, state }]);
    await says('host-1', 'ERROR');
    for (const host of ['host-2', 'host-3']) await says(host, 'HEALTHY');
    await line.publish(['1.1.0']);
    await line.pass(1_000);
    // A second later the install is done; until the first look at it, the old words would be in force for minutes.
    for (const hostId of [1, 2, 3]) await line.report(hostId, '1.1.0');
    await line.look();
    await line.pass(2 * MINUTE);
    expect((await line.told())[1]).toBe('1.1.0 dev→stable evaluating not_enough_healthy');
    const { entities } = await shown(2);
    expect(entities.map(({ soak, health, bar }) => [soak, health, bar.map(({ kind }) => kind)])).toEqual(
      Array.from({ length: 3 }, () => [{ soakMs: 2 * MINUTE, healthyMs: 0, unhealthyMs: 0 }, 'neutral', ['neutral']]),
    );
    await says('host-1', 'ERROR');
    await line.pass(MINUTE);
    await line.look();
    expect((await line.told())[1]).toBe('1.1.0 dev→stable recalled unhealthy');
    await line.report(1, '1.0.0');
    const drawn = (await shown(2)).entities[0]?.bar;
    expect(
      drawn?.map(({ kind }) => kind),
      'though its host has moved on',
    ).toEqual(['neutral', 'unhealthy']);
  });

  test('late words fill a silence that a look has read already', async () => {
    await ready(healthy);
    await line.say(1, 'HEALTHY', HOUR);
    await line.pass(2 * HOUR);
    expect((await shown()).entities[0]?.soak).toMatchObject({ healthyMs: HOUR });
    const until = new Date(start + 3 * HOUR).toISOString();
    await world.ctx.db.$client`update health_now set in_force_to = ${until}::timestamptz where host_id = 1`;
    await line.pass(1);
    expect((await shown()).entities[0]?.soak).toMatchObject({ soakMs: 2 * HOUR + 1, healthyMs: 2 * HOUR + 1 });
  });
});

describe('what people see', () => {
  test('filters are previewed before they are saved', async () => {
    await ready(healthy);
    const preview = await previewFilters.run(world.ctx, world.operator, {
      id: 1,
      filters: [{ withLabel: { key: 'test' } }, { exclude: ['b'] }],
    });
    expect(preview).toMatchObject({
      candidates: 4,
      selected: [
        { name: 'a', hosts: 1 },
        { name: 'c', hosts: 1 },
      ],
      left: [{ name: 'b' }, { name: 'plant', hosts: 2 }],
    });
  });

  test('the graph counts who follows a channel, who runs a release and who is on the way', async () => {
    await ready(healthy);
    await line.report(4, '1.0.0');
    await line.report(5, '0.9.0');
    await line.settle();
    const graph = await showPipeline.run(world.ctx, world.operator, { id: 1 });
    expect(graph.channels).toMatchObject([
      { name: 'dev', following: 3, releases: [{ version: '1.0.0', on: 3, upgrading: 0 }] },
      { name: 'stable', following: 1, releases: [] },
    ]);
    expect(graph.stages).toMatchObject([{ stage: { kind: 'canary' }, evaluations: [{ version: '1.0.0' }] }]);
  });

  test('every requirement is met or says why not; what can no longer pass says so', async () => {
    await ready({ ...healthy, minimumEntityCount: 2, requireReleaseLabel: { key: 'tested' } });
    await line.say(1, 'ERROR', 40 * DAY);
    await line.say(2, 'ERROR', 40 * DAY);
    await line.say(3, 'ERROR', 40 * DAY);
    await line.settle();
    const { requirements, cannotPass } = await shown();
    expect(requirements.map(({ code, met }) => [code, met])).toEqual([
      ['too_few_entities', true],
      ['label_missing', false],
      ['not_enough_healthy', false],
      ['held', true],
    ]);
    expect(cannotPass).toBeNull();
    world.time.now = start + 29 * DAY + 12 * HOUR;
    expect((await shown()).cannotPass).toMatchObject({ code: 'cannot_pass', possible: 0, needed: 2 });
  });
});
