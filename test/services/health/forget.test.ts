import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { showEvaluation } from '../../../server/services/evaluation/show.ts';
import { forgetOldHealth } from '../../../server/services/health/forget.ts';
import { DAY, HOUR, pipelines, type Pipelines } from '../../support/pipeline.ts';
import { openWorld, start, type World } from '../../support/world.ts';
import { timelineOf } from './timeline.ts';

const KEPT_DAYS = 10;

let world: World;
let line: Pipelines;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_HEALTH_KEPT_DAYS: String(KEPT_DAYS), SIGNALBOX_PIPELINE_MS: String(DAY) });
});
beforeEach(async () => {
  await world.clear();
  line = pipelines(world);
});
afterAll(() => world.close());

const stage = { source: 'dev', target: 'stable', kind: 'canary', promoteWhenHealthy: { needed: 2, duration: '12d' } };
const fleet = {
  products: [
    {
      name: 'orders',
      channels: ['dev', 'stable'],
      entryChannels: ['dev'],
      feed: { folder: '/srv/feed' },
      pipeline: { excludeWeekends: false, stages: [stage] },
    },
  ],
  environments: ['a', 'b'].map((name) => ({ name, subscriptions: { orders: 'dev' } })),
  hosts: ['a', 'b'].map((environment, i) => ({ name: `host-${i + 1}`, environment, root: `/srv/${i}`, local: true })),
};
const days = async (hostId: number) => (await timelineOf(world, hostId)).map(({ from }) => (from - start) / DAY);

test('health is forgotten after its time, except what a running evaluation still counts', async () => {
  await line.declare(fleet);
  await line.publish(['1.0.0']);
  // Host 1 soaks from day 2 on; host 2 runs what no stage looks at.
  await line.report(2, '0.9.0');
  for (let day = 0; day < 12; day += 1) {
    if (day === 2) await line.report(1, '1.0.0');
    for (const host of [1, 2]) await line.say(host, day % 2 === 0 ? 'HEALTHY' : 'WARNING', 30 * DAY);
    await line.look();
    world.time.now += DAY;
  }
  world.time.now = start + 14 * DAY;
  await line.look();
  const before = await showEvaluation.run(world.ctx, world.operator, { id: 1 });
  await forgetOldHealth(world.ctx);
  expect(await days(1), 'what had ended when the soak began is gone').toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(await days(2), 'what had ended ten days ago is gone').toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  expect(await showEvaluation.run(world.ctx, world.operator, { id: 1 })).toEqual(before);
  // The evaluation ends without a promotion: now the host's health is as old as any other.
  world.time.now = start + 31 * DAY;
  await line.look();
  expect(await line.told()).toEqual(['1.0.0 dev→stable cancelled stage_timeout']);
  expect(
    (await showEvaluation.run(world.ctx, world.operator, { id: 1 })).entities[0]?.bar,
    'half of it is no picture',
  ).toEqual([]);
  await forgetOldHealth(world.ctx);
  for (const host of [1, 2]) expect(await days(host), 'the last words stay').toEqual([11]);
}, 60_000);

test('forgets in steps, however much there is', async () => {
  await line.declare(fleet);
  await world.ctx.db.$client`
    insert into health_interval (host_id, product_id, in_force_from, in_force_to, live, state)
    select 1, 1, at, at + interval '1 minute', true, 'HEALTHY'
    from generate_series(${new Date(start).toISOString()}::timestamptz, ${new Date(start + 400 * HOUR).toISOString()}::timestamptz,
      interval '1 minute') at`;
  world.time.now = start + 400 * HOUR + KEPT_DAYS * DAY;
  await forgetOldHealth(world.ctx);
  const [left] = await world.ctx.db.$client`select count(*)::int as n from health_interval`;
  expect(left?.['n']).toBe(1);
}, 60_000);
