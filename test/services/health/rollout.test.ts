import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { hostHistory } from '../../../db/schema/index.ts';
import { enqueueDue, sweepJobs } from '../../../server/services/engine/due.ts';
import { previewRollback } from '../../../server/services/rollback/preview.ts';
import type { HealthState } from '../../../server/domain/observation.ts';
import { rollouts } from '../../support/rollout.ts';
import { declareFleet, openWorld, publish, type World } from '../../support/world.ts';
import { report } from './timeline.ts';

const BAKE = 60_000;

let world: World;
let rollout: ReturnType<typeof rollouts>;
beforeAll(async () => {
  world = await openWorld();
  rollout = rollouts(world);
});
afterEach(() => world.clear());
afterAll(() => world.close());

async function ready(fleet: { management?: number; targets: number }): Promise<void> {
  await declareFleet(world, fleet);
  await publish(world, ['1.0.0', '2.0.0']);
  await rollout.download([1, 2]);
}

const say = (host: string, state: HealthState, at = world.time.now) => report(world, [{ host, at, state }]);

/** Moves the clock and lets what is due be looked at. */
async function pass(ms: number) {
  world.time.now += ms;
  await enqueueDue(world.ctx);
  return rollout.deliver();
}

test('a wave bakes out of ERROR: an ERROR stops it, and the time begins anew when it ends', async () => {
  await ready({ targets: 2 });
  const id = await rollout.install(1, [1, 2], { waves: [{ count: 1 }, { ppm: 1_000_000 }], bakeMs: BAKE });
  const [first] = await rollout.deliver();
  await rollout.succeed(first!);
  await say('line-1', 'HEALTHY');
  await pass(20_000);
  await say('line-1', 'ERROR');
  expect(await pass(40_000), 'a minute after its end').toEqual([]);
  expect(await rollout.job(id)).toMatchObject({ status: 'waiting', problem: { code: 'not_steady' } });
  await say('line-1', 'WARNING');
  await sweepJobs(world.ctx);
  await pass(30_000);
  await say('line-1', 'HEALTHY');
  expect(await pass(29_999)).toEqual([]);
  expect(await pass(1), 'a minute after the ERROR; WARNING does not count').toHaveLength(1);
});

test('a management host that says it is not well keeps the next one waiting', async () => {
  await ready({ management: 2, targets: 1 });
  await rollout.install(1, [1, 2, 3], { bakeMs: 0 });
  const [first] = await rollout.deliver();
  await say('mgmt-1', 'REPAIRING');
  await rollout.succeed(first!);
  expect(await rollout.deliver()).toEqual([]);
  await say('mgmt-1', 'HEALTHY', world.time.now);
  await sweepJobs(world.ctx);
  expect(await rollout.deliver()).toHaveLength(1);
});

test('a host in ERROR is unhealthy to a rollback, and a release that ends in ERROR is not known-good there', async () => {
  await ready({ targets: 2 });
  await rollout.install(1, [1, 2], { bakeMs: 0 });
  await rollout.finish();
  world.time.now += 60_000;
  const id = await rollout.install(2, [1, 2], { bakeMs: 0 });
  const held = await rollout.deliver();
  await say('line-2', 'ERROR');
  for (const one of held) await rollout.succeed(one);
  await rollout.deliver();
  const { hosts } = await previewRollback.run(world.ctx, world.operator, { id });
  expect(hosts.map(({ name, causes, chosen }) => [name, causes, chosen])).toEqual([
    ['line-1', [], false],
    ['line-2', ['unhealthy'], true],
  ]);
  const history = await world.ctx.db
    .select()
    .from(hostHistory)
    .where(eq(hostHistory.hostId, 2))
    .orderBy(hostHistory.releaseId);
  expect(history.map(({ releaseId, healthy }) => [releaseId, healthy])).toEqual([
    [1, true],
    [2, false],
  ]);
});

test('a host that has fallen silent is not taken back for it', async () => {
  await ready({ targets: 1 });
  const id = await rollout.install(1, [1], { bakeMs: 0 });
  await rollout.finish();
  await say('line-1', 'ERROR');
  world.time.now += 300_000;
  const { hosts } = await previewRollback.run(world.ctx, world.operator, { id });
  expect(hosts.map(({ causes }) => causes)).toEqual([[]]);
});
