import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobViews, taskViews } from '../../../db/queries/views.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { releaseHold } from '../../../server/services/hold/release.ts';
import { rollOffRecall } from '../../../server/services/recall/accept.ts';
import { showRecall } from '../../../server/services/recall/show.ts';
import { DAY, HOUR, digestOf } from '../../support/pipeline.ts';
import { recalls, recallsOf, type Recalls } from '../../support/recall.ts';
import { openWorld, start, type World } from '../../support/world.ts';

let world: World;
let line: Recalls;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0', SIGNALBOX_PIPELINE_MS: String(HOUR) });
});
beforeEach(async () => {
  await world.clear();
  line = recalls(world);
});
afterAll(() => world.close());

const canary = {
  source: 'dev',
  target: 'stable',
  kind: 'canary',
  filters: [{ withLabel: { key: 'test' } }],
  promoteWhenHealthy: { needed: 2, duration: '9d' },
  recallWhenUnhealthy: { needed: 1, duration: '1h' },
};

/** Two test environments of two hosts, and `others` environments of `size` hosts that no stage tests. */
function fleet({ stage = {}, others = 1, size = 2 }: { stage?: object; others?: number; size?: number } = {}) {
  const places = Array.from({ length: others }, (_, i) => `plant-${i + 1}`);
  const hosts = [
    'test-1',
    'test-1',
    'test-2',
    'test-2',
    ...places.flatMap((name) => Array.from({ length: size }, () => name)),
  ];
  return {
    products: [
      {
        name: 'orders',
        channels: ['dev', 'stable'],
        entryChannels: ['dev'],
        feed: { folder: '/srv/feed' },
        pipeline: { stages: [{ ...canary, ...stage }] },
      },
    ],
    environments: [
      ...['test-1', 'test-2'].map((name) => ({ name, labels: { test: 'yes' }, subscriptions: { orders: 'dev' } })),
      ...places.map((name) => ({ name, subscriptions: { orders: 'dev' } })),
    ],
    hosts: hosts.map((environment, i) => ({ name: `host-${i + 1}`, environment, root: `/srv/${i + 1}`, local: true })),
  };
}

/** Every host runs 1.1.0, and the first test host says that it is in error. */
async function turnedBad(
  parts: Parameters<typeof fleet>[0] = {},
  versions: readonly string[] = ['1.0.0', '1.1.0', '1.2.0'],
) {
  await line.declare(fleet(parts));
  await line.good(versions);
  const { hosts } = fleet(parts);
  for (let id = 1; id <= hosts.length; id += 1) await line.report(id, '1.1.0');
  await line.say(1, 'ERROR', 30 * DAY);
  await line.follow();
  await line.pass(2 * HOUR);
  await line.follow();
}

describe('a recall that a stage opens', () => {
  test('rolls off the entities of its own stage by itself, and proposes the others to a person', async () => {
    await turnedBad();
    expect(await recallsOf(world)).toMatchObject([
      { range: { only: '1.1.0' }, openedBy: 'signalbox', ownEnvironments: ['test-1', 'test-2'] },
    ]);
    expect(await line.jobs()).toEqual(['roll-off 1.2.0 queued signalbox: host-1, host-2, host-3, host-4']);
    expect((await line.hosts(1)).slice(4)).toEqual([
      'host-5 1.1.0 proposed 1.2.0 proposed',
      'host-6 1.1.0 proposed 1.2.0 proposed',
    ]);
    await line.pass(DAY);
    await line.follow();
    expect(await line.jobs()).toHaveLength(1);
  });

  test('a person accepts what it proposes, all of it or some hosts', async () => {
    await turnedBad();
    const accept = (hostIds?: number[]) => rollOffRecall.run(world.ctx, world.operator, { id: 1, hostIds });
    expect((await accept([5])).jobs).toMatchObject([{ kind: 'roll-off', version: '1.2.0', requestedBy: 'Ana' }]);
    await expect(accept([5])).rejects.toThrow('rolls host-5 off');
    await expect(accept([99])).rejects.toThrow('runs nothing that recall 1 covers');
    await accept();
    expect((await line.jobs()).slice(1)).toEqual([
      'roll-off 1.2.0 queued Ana: host-5',
      'roll-off 1.2.0 queued Ana: host-6',
    ]);
    await expect(accept()).rejects.toThrow('Roll-off refused');
  });

  test('rolls off everything where its stage says so', async () => {
    await turnedBad({ stage: { rollOffAll: true } });
    expect(await line.jobs()).toEqual([
      'roll-off 1.2.0 queued signalbox: host-1, host-2, host-3, host-4, host-5, host-6',
    ]);
  });

  test('is stopped by any hold, and goes on when it is released', async () => {
    await line.declare(fleet());
    const hold = await createHold.run(world.ctx, world.operator, {
      scope: { environment: 'test-1' },
      reason: 'audit',
      strict: false,
    });
    await turnedBad();
    await line.rollout.finish();
    expect(await line.jobs()).toEqual([
      'roll-off 1.2.0 waiting held signalbox: host-1, host-2',
      'roll-off 1.2.0 succeeded signalbox: host-3, host-4',
    ]);
    await releaseHold.run(world.ctx, world.operator, { id: hold.id });
    await line.rollout.finish();
    expect((await line.jobs())[0]).toBe('roll-off 1.2.0 succeeded signalbox: host-1, host-2');
  });

  test('waits for a good release, and takes its own entities there when one comes', async () => {
    await turnedBad({}, ['1.0.0', '1.1.0']);
    expect(new Set((await line.hosts(1)).map((text) => text.split(' ').slice(2).join(' ')))).toEqual(
      new Set(['stays waiting_for_good_release']),
    );
    await line.publish(['1.1.1']);
    await line.follow();
    expect(await line.jobs()).toEqual(['roll-off 1.1.1 queued signalbox: host-1, host-2, host-3, host-4']);
  });

  test('a person’s recall of the same release takes all that it only proposed', async () => {
    await turnedBad();
    await line.open({});
    expect(await line.jobs()).toEqual([
      'roll-off 1.2.0 queued signalbox: host-1, host-2, host-3, host-4',
      'roll-off 1.2.0 queued Ana: host-5, host-6',
    ]);
  });
});

describe('a storm of wrong health data', () => {
  test('moves nothing outside the entities of the stage, on a fleet of 1 000 hosts', async () => {
    const parts = { others: 24, size: 42 };
    await line.declare(fleet(parts));
    await line.good(['1.0.0', '1.1.0', '1.2.0']);
    const hosts = fleet(parts).hosts.length;
    expect(hosts).toBe(1_012);
    const { $client: sql } = world.ctx.db;
    // Every host runs the release, and says that it is in error, at once.
    await sql`
      insert into host_product (host_id, product_id, reported_release_id, reported_version, reported_digest, reported_at)
      select id, 1, 2, '1.1.0', ${digestOf('1.1.0')}, ${new Date(start).toISOString()} from host`;
    const until = new Date(start + 30 * DAY).toISOString();
    const from = new Date(start).toISOString();
    await sql`
      insert into health_now (host_id, product_id, in_force_from, in_force_to, live, state, at)
      select id, 1, ${from}, ${until}, true, 'ERROR', ${from} from host`;
    await sql`update product set health_seen_at = ${from} where id = 1`;
    await line.pass(3 * HOUR);
    await line.follow();
    expect(await recallsOf(world)).toMatchObject([{ range: { only: '1.1.0' }, openedBy: 'signalbox' }]);
    for (let hour = 0; hour < 12; hour += 1) {
      // The storm goes on: other states, again and again, of everything.
      const state = hour % 2 === 0 ? 'HEALTHY' : 'ERROR';
      const said = new Date(world.time.now).toISOString();
      await sql`update health_now set state = ${state}, edition = edition + 1, in_force_from = ${said}, at = ${said}`;
      await line.pass(HOUR);
      await line.follow();
      await line.rollout.finish();
    }
    const rollOffs = (await jobViews(world.ctx.db, {})).filter(({ kind }) => kind !== 'download');
    expect(rollOffs.map(({ kind, requestedBy }) => [kind, requestedBy])).toEqual([['roll-off', 'signalbox']]);
    const touched = (await taskViews(world.ctx.db, {})).map(({ hostName }) => hostName);
    expect(touched).toEqual(['host-1', 'host-2', 'host-3', 'host-4']);
    const runs = await sql<{ version: string; hosts: number }[]>`
      select reported_version as version, count(*)::int as hosts from host_product group by 1 order by 1`;
    expect(runs).toEqual([
      { version: '1.1.0', hosts: hosts - 4 },
      { version: '1.2.0', hosts: 4 },
    ]);
    // What its own entities went to is judged by the same words; there they stay.
    expect((await recallsOf(world)).map(({ range, openedBy }) => [range, openedBy])).toEqual([
      [{ only: '1.1.0' }, 'signalbox'],
      [{ only: '1.2.0' }, 'signalbox'],
    ]);
    const others = (await showRecall.run(world.ctx, world.operator, { id: 1 })).hosts;
    expect(others).toHaveLength(hosts - 4);
    expect(new Set(others.map(({ outcome }) => outcome))).toEqual(new Set(['stays']));
  }, 120_000);
});
