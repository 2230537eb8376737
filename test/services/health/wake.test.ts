import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { pipelineDueAt, setPipelineDue } from '../../../db/queries/pipelines.ts';
import { enqueueDue } from '../../../server/services/engine/due.ts';
import type { HealthState } from '../../../server/domain/observation.ts';
import { pipelines, type Pipelines } from '../../support/pipeline.ts';
import { rollouts } from '../../support/rollout.ts';
import { openWorld, start, type World } from '../../support/world.ts';
import { report } from './timeline.ts';

const HOSTS = 40;
const SECOND = 1_000;
const TICK = 60 * SECOND;

let world: World;
let line: Pipelines;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_PIPELINE_MS: String(TICK) });
});
beforeEach(async () => {
  await world.clear();
  line = pipelines(world);
  await line.declare({
    products: [
      {
        name: 'orders',
        channels: ['dev', 'stable'],
        entryChannels: ['dev'],
        feed: { folder: '/srv/feed' },
        pipeline: {
          stages: [
            {
              source: 'dev',
              target: 'stable',
              kind: 'canary',
              promoteWhenHealthy: { needed: 1, duration: '5d' },
              recallWhenUnhealthy: { needed: 1, duration: '1s' },
            },
          ],
        },
      },
    ],
    environments: [{ name: 'plant', subscriptions: { orders: 'dev' } }],
    hosts: Array.from({ length: HOSTS }, (_, i) => ({
      name: `host-${i + 1}`,
      environment: 'plant',
      root: `/srv/${i}`,
      local: true,
    })),
  });
  await line.publish(['1.0.0']);
  for (let id = 1; id <= HOSTS; id += 1) await line.report(id, '1.0.0');
  await line.settle();
});
afterAll(() => world.close());

const due = async () => (await pipelineDueAt(world.ctx.db, 1))! - start;
const says = (host: number, state: HealthState) => report(world, [{ host: `host-${host}`, at: world.time.now, state }]);
/** What the clock sends for the pipeline at this instant. */
async function sent(): Promise<number> {
  await enqueueDue(world.ctx);
  return (await world.take('pipeline.tick')).length;
}

test('a host in ERROR has its product looked at within a second; a storm of them is one look', async () => {
  expect(await due()).toBe(TICK);
  for (let host = 1; host <= HOSTS; host += 1) await says(host, 'ERROR');
  expect(await due()).toBe(SECOND);
  world.time.now += SECOND - 1;
  expect(await sent()).toBe(0);
  world.time.now += 1;
  expect(await sent()).toBe(1);
  expect(await sent()).toBe(0);
  await line.look();
  expect(await line.told()).toEqual(['1.0.0 dev→stable recalled unhealthy']);
});

test('hosts that go on saying the same bring nothing forward', async () => {
  await says(1, 'HEALTHY');
  world.time.now += 10 * SECOND;
  await line.look();
  expect(await due()).toBe(10 * SECOND + TICK);
  for (let i = 0; i < 5; i += 1) {
    world.time.now += SECOND;
    await says(1, 'HEALTHY');
  }
  expect(await due()).toBe(10 * SECOND + TICK);
  await says(1, 'ERROR');
  expect(await due()).toBe(16 * SECOND);
});

test('what turns while a look is under way is looked at after it', async () => {
  const seen = await pipelineDueAt(world.ctx.db, 1);
  await says(1, 'ERROR');
  await world.ctx.db.transaction((tx) => setPipelineDue(tx, 1, start + TICK, seen));
  expect(await due()).toBe(SECOND);
  await world.ctx.db.transaction((tx) => setPipelineDue(tx, 1, start + TICK, start + SECOND));
  expect(await due()).toBe(TICK);
});

test('an ERROR has the jobs of its host judged within a second, and the end of a job has the pipeline looked at', async () => {
  const rollout = rollouts(world);
  await line.publish(['1.1.0']);
  await rollout.download([2]);
  await line.settle();
  const wave = [{ count: 1 }, { ppm: 1_000_000 }];
  const id = await rollout.install(2, [1, 2], { waves: wave, bakeMs: 30 * SECOND });
  const [first] = await rollout.deliver();
  await rollout.succeed(first!);
  await rollout.deliver();
  world.time.now += SECOND;
  await says(1, 'ERROR');
  world.time.now += SECOND;
  await enqueueDue(world.ctx);
  await rollout.deliver();
  expect(await rollout.job(id)).toMatchObject({ status: 'waiting', problem: { code: 'not_steady' } });
  await says(1, 'HEALTHY');
  world.time.now += 40 * SECOND;
  await enqueueDue(world.ctx);
  await line.settle();
  const [second] = await rollout.deliver();
  expect(await world.take('pipeline.tick')).toEqual([]);
  await rollout.succeed(second!);
  expect(await rollout.job(id)).toMatchObject({ status: 'succeeded' });
  expect(await world.take('pipeline.tick')).toEqual([{ productId: 1 }]);
});
