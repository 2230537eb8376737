import fc from 'fast-check';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hostHistory, product } from '../../../db/schema/index.ts';
import {
  HEALTH_STATES,
  inForce,
  inForceOfRelease,
  saidOfRelease,
  type Observation,
} from '../../../server/domain/observation.ts';
import { setReported } from '../../../db/queries/hosts.ts';
import { noteGood } from '../../../db/queries/history.ts';
import { declareFleet, openWorld, publish, start, type World } from '../../support/world.ts';
import { lastOf, report, timelineOf, type Said } from './timeline.ts';

const STALE = 300_000;
const SECOND = 1_000;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.clear();
  await declareFleet(world, { targets: 8 });
});

const changes = () =>
  world.ctx.db.$client<{ detail: Record<string, unknown>; entity_id: number }[]>`
    select detail, entity_id from activity where kind = 'host.health_changed' order by seq`;

describe('observations that come in order', () => {
  test('what says the same only makes the interval longer, and only news reaches the log', async () => {
    for (let i = 0; i < 5; i += 1) {
      world.time.now = start + i * 10 * SECOND;
      await report(world, [{ at: world.time.now, state: i < 3 ? 'HEALTHY' : 'ERROR' }]);
    }
    expect(await timelineOf(world)).toEqual([
      { from: start, to: start + 30_000, live: true, state: 'HEALTHY' },
      { from: start + 30_000, to: start + 40_000 + STALE, live: true, state: 'ERROR' },
    ]);
    expect((await lastOf(world))?.edition).toBe(2);
    expect((await changes()).map(({ detail }) => detail['state'])).toEqual(['HEALTHY', 'ERROR']);
  });

  test('after a silence longer than the stale time nothing was in force, though the same is said again', async () => {
    await report(world, [{ at: start, state: 'HEALTHY' }]);
    world.time.now = start + STALE + 1;
    await report(world, [{ at: world.time.now, state: 'HEALTHY' }]);
    expect((await timelineOf(world)).map(({ from, to }) => [from - start, to - start])).toEqual([
      [0, STALE],
      [STALE + 1, 2 * STALE + 1],
    ]);
  });

  test('the stale time of the product counts', async () => {
    await world.ctx.db.execute(sql`insert into pipeline (product_id, stages, stale_after_ms) values (1, '[]', 20000)`);
    await report(world, [{ at: start, state: 'HEALTHY' }]);
    expect((await timelineOf(world))[0]?.to).toBe(start + 20_000);
  });

  test('the first state of a product is remembered, liveness alone is not', async () => {
    const seen = async () => (await world.ctx.db.select().from(product))[0]?.healthSeenAt;
    await report(world, [{ at: start }]);
    expect(await seen()).toBeNull();
    world.time.now += SECOND;
    await report(world, [{ at: world.time.now, state: 'WARNING' }]);
    world.time.now += SECOND;
    await report(world, [{ at: world.time.now, state: 'HEALTHY' }]);
    expect(await seen()).toBe(start + SECOND);
  });
});

describe('observations as they come', () => {
  test('a repeated batch changes nothing, whenever it comes', async () => {
    const batch: Said[] = [
      { at: start - 20_000, state: 'HEALTHY' },
      { at: start - 10_000, state: 'ERROR' },
      { at: start, state: 'HEALTHY' },
    ];
    expect(await report(world, batch)).toEqual({ accepted: 3, repeated: 0, refused: [] });
    const first = [await timelineOf(world), await lastOf(world)];
    world.time.now += SECOND;
    expect(await report(world, batch)).toEqual({ accepted: 0, repeated: 3, refused: [] });
    expect([await timelineOf(world), await lastOf(world)]).toEqual(first);
    expect(await changes()).toHaveLength(1);
  });

  test('one that is late falls where it belongs and raises the edition', async () => {
    await report(world, [{ at: start - 60_000, state: 'HEALTHY' }]);
    await report(world, [{ at: start, state: 'HEALTHY' }]);
    await report(world, [{ at: start - 30_000, state: 'ERROR' }]);
    expect(await timelineOf(world)).toEqual([
      { from: start - 60_000, to: start - 30_000, live: true, state: 'HEALTHY' },
      { from: start - 30_000, to: start, live: true, state: 'ERROR' },
      { from: start, to: start + STALE, live: true, state: 'HEALTHY' },
    ]);
    expect((await lastOf(world))?.edition).toBe(2);
  });

  test('of two of the same instant the later received counts', async () => {
    await report(world, [{ at: start, state: 'HEALTHY' }]);
    await report(world, [
      { at: start, state: 'WARNING' },
      { at: start, state: 'ERROR' },
    ]);
    expect(await timelineOf(world)).toEqual([{ from: start, to: start + STALE, live: true, state: 'ERROR' }]);
  });

  test('one from the future counts as of its receipt', async () => {
    await report(world, [{ at: start + 3_600_000, state: 'HEALTHY' }]);
    world.time.now += 10_000;
    await report(world, [{ at: start + 10_000, state: 'ERROR' }]);
    expect((await timelineOf(world)).map(({ from, state }) => [from - start, state])).toEqual([
      [0, 'HEALTHY'],
      [10_000, 'ERROR'],
    ]);
  });

  test('what is older than what is kept, and what nobody knows, is told by its place; the rest is stored', async () => {
    const late = world.ctx.config.healthLateMs;
    const answer = await report(world, [
      { at: start - late - 1, state: 'ERROR' },
      { at: start - late, state: 'HEALTHY' },
      { host: 'line-99', at: start },
    ]);
    expect(answer).toMatchObject({ accepted: 1, repeated: 0 });
    expect(answer.refused.map(({ index, code }) => [index, code])).toEqual([
      [0, 'too_old'],
      [2, 'unknown_host'],
    ]);
    expect((await timelineOf(world)).map(({ from, state }) => [from, state])).toEqual([[start - late, 'HEALTHY']]);
  });

  test('any order and any cut into batches of the same observations ends in the intervals of the rule', async () => {
    const observation = fc.record({
      at: fc.integer({ min: 0, max: 850_000 }).map((ms) => start - ms),
      live: fc.boolean(),
      state: fc.option(fc.constantFrom(...HEALTH_STATES)),
    });
    const story = fc
      .uniqueArray(observation, { minLength: 1, maxLength: 12, selector: ({ at }) => at })
      .chain((observations) =>
        fc.record({
          observations: fc.constant(observations),
          order: fc.shuffledSubarray(observations, { minLength: observations.length }),
          again: fc.subarray(observations),
          cut: fc.integer({ min: 1, max: 5 }),
        }),
      );
    await fc.assert(
      fc.asyncProperty(story, async ({ observations, order, again, cut }) => {
        await world.ctx.db.execute(sql`truncate health_now, health_interval, health_observation`);
        const sent = [...order, ...again];
        for (let i = 0; i < sent.length; i += cut) await report(world, sent.slice(i, i + cut));
        const said: Observation[] = observations.map((one) => ({ ...one, receivedAt: start }));
        expect(await timelineOf(world)).toEqual(inForce(said, STALE));
        expect((await lastOf(world))?.at).toBe(Math.max(...observations.map(({ at }) => at)));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('whatever is late, the intervals of the release that a host reports are made of what was said since it reports it', async () => {
    const said = fc
      .integer({ min: 0, max: 850_000 })
      .chain((ago) =>
        fc.record({ at: fc.constant(start - ago), state: fc.constantFrom('HEALTHY' as const, 'ERROR' as const) }),
      );
    const story = fc
      .uniqueArray(said, { minLength: 1, maxLength: 12, selector: ({ at }) => at })
      .chain((observations) =>
        fc.record({
          order: fc.shuffledSubarray(observations, { minLength: observations.length }),
          reportedAt: fc.oneof(fc.constantFrom(...observations.map(({ at }) => at)), fc.constant(start - 400_000)),
          heard: fc.integer({ min: 0, max: 6 }),
          cut: fc.integer({ min: 1, max: 3 }),
        }),
      );
    await fc.assert(
      fc.asyncProperty(story, async ({ order, reportedAt, heard, cut }) => {
        await world.ctx.db.execute(sql`truncate health_now, health_interval, health_observation, host_product`);
        const early = order.filter(({ at }) => at < reportedAt).slice(0, heard);
        for (const one of early) await report(world, [one]);
        await world.ctx.db.transaction((tx) => setReported(tx, 1, 1, { version: '1.0.0', digest: '100' }, reportedAt));
        const rest = order.filter((one) => !early.includes(one));
        for (let i = 0; i < rest.length; i += cut) await report(world, rest.slice(i, i + cut));
        const all: Observation[] = order.map((one) => ({ ...one, live: true, receivedAt: start }));
        const own = inForceOfRelease(await timelineOf(world), (await lastOf(world))!.at, reportedAt);
        expect(own).toEqual(inForce(saidOfRelease(all, reportedAt), STALE));
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

test('batches at once, each other way round over the same hosts, end in the same intervals and lose no news', async () => {
  const hosts = Array.from({ length: 8 }, (_, i) => `line-${i + 1}`);
  const batches = Array.from({ length: 12 }, (_, i) => {
    const state = i % 3 === 0 ? 'ERROR' : 'HEALTHY';
    const batch = hosts.map((host): Said => ({ host, at: start - 120_000 + i * 10_000, state }));
    return i % 2 === 0 ? batch : batch.reverse();
  });
  const answers = await Promise.all(batches.map((batch) => report(world, batch)));
  expect(answers.every(({ accepted }) => accepted === hosts.length)).toBe(true);
  const told = batches.map((batch) => ({ ...batch[0]!, live: true, state: batch[0]!.state!, receivedAt: start }));
  for (const [i] of hosts.entries()) expect(await timelineOf(world, i + 1)).toEqual(inForce(told, STALE));
  const [stale] = await world.ctx.db.$client`
    select count(*)::int as count from host h where revision - 1 <> (
      select count(*) from activity a where a.entity_kind = 'host' and a.entity_id = h.id and a.kind = 'host.health_changed')`;
  expect(stale?.['count'], 'each revision has its activity').toBe(0);
});

describe('what a release is remembered by', () => {
  const healthyOn = async () => (await world.ctx.db.select().from(hostHistory))[0]?.healthy;
  const now = () => world.time.now;

  test('ERROR makes it no longer known-good there, and health makes it good again', async () => {
    await publish(world, ['1.0.0']);
    await world.ctx.db.transaction(async (tx) => {
      await setReported(tx, 1, 1, { version: '1.0.0', digest: '100' }, start);
      await noteGood(tx, { hostId: 1, productId: 1, releaseId: 1 }, start);
    });
    world.time.now += SECOND;
    await report(world, [{ at: now(), state: 'ERROR' }]);
    expect(await healthyOn()).toBe(false);
    world.time.now += SECOND;
    await report(world, [{ at: now(), state: 'WARNING' }]);
    expect(await healthyOn()).toBe(false);
    world.time.now += SECOND;
    await report(world, [{ at: now(), state: 'HEALTHY' }]);
    expect(await healthyOn()).toBe(true);
    await report(world, [{ at: start - 1, state: 'ERROR' }]);
    expect(await healthyOn(), 'said of what ran before').toBe(true);
  });
});
