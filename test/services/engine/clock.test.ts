import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { pino } from 'pino';
import { readBeats } from '../../../db/queries/engine.ts';
import { openSessionLocks } from '../../../db/session-lock.ts';
import { startClock } from '../../../server/clock/start.ts';
import { startBoss, stopBoss } from '../../../server/queue/boss.ts';
import { beat } from '../../../server/services/engine/heartbeat.ts';
import { enqueueDue, sendBeat, sweepJobs } from '../../../server/services/engine/due.ts';
import { startWorker } from '../../../server/worker/start.ts';
import { apply } from '../../support/fleet.ts';
import { until } from '../../support/until.ts';
import { openWorld, start, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.clear());
afterAll(() => world.close());

const products = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    name: `product-${i + 1}`,
    feed: { folder: `/srv/feed-${i + 1}` },
    channels: ['stable'],
    entryChannels: ['stable'],
  }));

/** Jobs that time alone moves on, due in this order, one a second. */
async function waitingJobs(count: number): Promise<void> {
  const { $client: sql } = world.ctx.db;
  await sql`insert into release (product_id, version, digest, size, artifact_url, published_at, published_by)
    values (1, '1.0.0', 'aa', 1, 'x', now(), 'Ana')`;
  await sql`insert into job (kind, product_id, release_id, status, plan, requested_by, created_at, wake_at)
    select 'install', 1, 1, 'waiting', '{}', 'Ana', now(), ${new Date(start).toISOString()}::timestamptz + n * interval '1 second'
    from generate_series(1, ${count}::int) n`;
}

test('three clocks that look at once put each due job and feed into its queue once', async () => {
  await apply(world, { products: products(20) });
  await waitingJobs(20);
  for (let second = 0; second <= 20; second += 5) {
    world.time.now = start + second * 1_000;
    await Promise.all([1, 2, 3].map(() => enqueueDue(world.ctx)));
  }
  const jobs = (await world.take('job.advance')).map(({ jobId }) => jobId);
  const feeds = (await world.take('feed.check')).map(({ productId }) => productId);
  const once = Array.from({ length: 20 }, (_, i) => i + 1);
  expect(jobs.sort((a, b) => a - b)).toEqual(once);
  expect(feeds.sort((a, b) => a - b)).toEqual(once);
});

test('what is not due yet, has ended, or has no feed is left alone', async () => {
  await apply(world, { products: [...products(1), { name: 'quiet', channels: ['a'], entryChannels: ['a'] }] });
  await waitingJobs(2);
  await world.ctx.db.$client`update job set status = 'failed' where id = 1`;
  world.time.now = start + 1_999;
  await enqueueDue(world.ctx);
  expect(await world.take('job.advance')).toEqual([]);
  expect(await world.take('feed.check')).toEqual([{ productId: 1 }]);
});

test('the sweep speaks of every job in flight', async () => {
  await apply(world, { products: products(1) });
  await waitingJobs(3);
  await world.ctx.db.$client`update job set status = 'cancelled' where id = 2`;
  await sweepJobs(world.ctx);
  expect((await world.take('job.advance')).map(({ jobId }) => jobId).sort()).toEqual([1, 3]);
});

test('a heartbeat never moves back', async () => {
  await beat(world.ctx, 'clock');
  world.time.now -= 60_000;
  await beat(world.ctx, 'clock');
  expect((await readBeats(world.ctx.db)).get('clock')).toBe(start);
});

test('the queue’s heartbeat is written by the handler at the other end, not by who sends it', async () => {
  await sendBeat(world.ctx);
  expect((await readBeats(world.ctx.db)).has('queue')).toBe(false);
  const log = pino({ level: 'silent' });
  const boss = await startBoss(world.url, { log, works: true });
  const locks = openSessionLocks(world.url, 'worker');
  const stopWorker = await startWorker(world.ctx, boss, locks);
  onTestFinished(async () => {
    await stopWorker();
    await stopBoss(boss, 1_000);
    await locks.close();
  });
  await until('the handler has run', async () => (await readBeats(world.ctx.db)).get('queue') === start);
});

test('of three processes with a clock one ticks, and another when that one is gone', async () => {
  await apply(world, { products: products(1) });
  const clocks = ['a', 'b', 'c'].map((name) => {
    const seen: string[] = [];
    const locks = openSessionLocks(world.url, name);
    const ctx = { ...world.ctx, enqueue: (async (_tx, queue) => void seen.push(queue)) as World['ctx']['enqueue'] };
    const stopClock = startClock(ctx, locks);
    const stop = async () => {
      await stopClock();
      await locks.close();
    };
    onTestFinished(stop);
    return { seen, stop };
  });
  const ticking = () => clocks.filter(({ seen }) => seen.includes('feed.check'));
  await until('a feed is found due', () => ticking().length > 0);
  world.time.now += world.ctx.config.feedCheckMs;
  await until('it is found due again', () => ticking()[0]?.seen.filter((queue) => queue === 'feed.check').length === 2);
  expect(ticking()).toHaveLength(1);
  await ticking()[0]?.stop();
  world.time.now += world.ctx.config.feedCheckMs;
  await until('another takes over', () => ticking().length === 2);
});
