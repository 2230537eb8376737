import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hostViews } from '../../../db/queries/views.ts';
import { outages } from '../../../db/queries/soaks.ts';
import { healthObservation } from '../../../db/schema/index.ts';
import { Refusal } from '../../../server/contracts/errors.ts';
import { beatIntake, watchIntake } from '../../../server/services/health/outage.ts';
import { reportHealth } from '../../../server/services/health/report.ts';
import { forgetOldObservations } from '../../../server/services/health/forget.ts';
import { tellSilence } from '../../../server/services/health/silence.ts';
import { declareFleet, openWorld, start, type World } from '../../support/world.ts';
import { lastOf, report, timelineOf } from './timeline.ts';

const STALE = 300_000;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.clear();
  await declareFleet(world, { targets: 3 });
});

const told = async () =>
  (
    await world.ctx.db.$client<{ detail: { stale: boolean }; entity_id: number }[]>`
      select detail, entity_id from activity where kind = 'host.health_changed' order by seq`
  ).map(({ detail, entity_id }) => [entity_id, detail.stale]);
const healthOf = async (hostId: number) => (await hostViews(world.ctx.db, [hostId]))[0]?.health;

describe('silence', () => {
  test('turns stale by itself, is told once, and ends with the next word', async () => {
    await report(world, [{ at: start, state: 'HEALTHY' }]);
    world.time.now = start + STALE - 1;
    await tellSilence(world.ctx);
    expect(await told()).toEqual([[1, false]]);
    world.time.now = start + STALE;
    await tellSilence(world.ctx);
    await tellSilence(world.ctx);
    expect(await told()).toEqual([
      [1, false],
      [1, true],
    ]);
    expect(await healthOf(1)).toMatchObject([{ state: 'HEALTHY', since: start, stale: true }]);
    world.time.now += 1;
    await report(world, [{ at: world.time.now, state: 'HEALTHY' }]);
    expect(await healthOf(1)).toMatchObject([{ since: world.time.now, stale: false }]);
    expect(await told()).toHaveLength(3);
  });

  test('goes on when what comes late does not reach to now', async () => {
    await report(world, [{ at: start, state: 'HEALTHY' }]);
    world.time.now = start + STALE;
    await tellSilence(world.ctx);
    await report(world, [{ at: start - 10_000, state: 'ERROR' }]);
    expect(await healthOf(1)).toMatchObject([{ state: 'HEALTHY', stale: true }]);
    await tellSilence(world.ctx);
    expect(await told()).toHaveLength(2);
  });

  test('is nothing to tell of hosts while our own intake is down, and a minute after', async () => {
    await beatIntake(world.ctx, 'health-reports');
    await report(world, [
      { at: start, state: 'HEALTHY' },
      { host: 'line-2', at: start, state: 'HEALTHY' },
    ]);
    world.time.now = start + 600_000;
    await watchIntake(world.ctx);
    await tellSilence(world.ctx);
    expect(await told()).toHaveLength(2);
    await beatIntake(world.ctx, 'health-reports');
    await report(world, [{ at: world.time.now, state: 'HEALTHY' }]);
    for (let beat = 0; beat < 6; beat += 1) {
      expect(await told(), 'within the minute').toHaveLength(3);
      world.time.now += 10_000;
      await beatIntake(world.ctx, 'health-reports');
      await tellSilence(world.ctx);
    }
    expect((await told()).slice(3)).toEqual([[2, true]]);
  });
});

describe('outages of our own intake', () => {
  const kept = async () => (await outages(world.ctx.db)).map(({ from, to }) => [from - start, to - start]);
  const beatAt = async (ms: number) => {
    world.time.now = start + ms;
    await beatIntake(world.ctx, 'health-reports');
  };

  test('a start after a standstill stores it; signs of life in time store nothing', async () => {
    for (const ms of [0, 5_000, 25_000]) await beatAt(ms);
    expect(await kept()).toEqual([]);
    await beatAt(3_600_000);
    await beatAt(3_605_000);
    expect(await kept()).toEqual([[25_000, 3_600_000]]);
  });

  test('one that others notice is open while it lasts, once, and ends with the next sign of life', async () => {
    await beatAt(0);
    for (const ms of [20_000, 20_001, 30_000]) {
      world.time.now = start + ms;
      await watchIntake(world.ctx);
    }
    expect(await kept()).toEqual([[0, Number.MAX_SAFE_INTEGER - start]]);
    await beatAt(40_000);
    await watchIntake(world.ctx);
    expect(await kept()).toEqual([[0, 40_000]]);
  });

  test('processes that come back together store it once', async () => {
    await beatAt(0);
    world.time.now = start + 60_000;
    await Promise.all(Array.from({ length: 6 }, () => beatIntake(world.ctx, 'health-reports')));
    expect(await kept()).toEqual([[0, 60_000]]);
  });
});

describe('who may report', () => {
  const reporter = { kind: 'token', id: 1, name: 'token agent' } as const;
  const observations = [1, 2].map((i) => ({
    host: `line-${i}`,
    product: 'orders',
    at: start,
    live: true,
    state: null,
  }));

  test('a batch with one host out of reach is refused and nothing of it is stored', async () => {
    await world.ctx.db.execute(sql`insert into environment (name, installer_method) values ('lab', 'managed')`);
    await world.ctx.db.execute(sql`update host set environment_id = 2 where name = 'line-2'`);
    const actor = { ...reporter, grants: [{ role: 'reporter', environment: 'plant' } as const] };
    const refusal = await reportHealth.run(world.ctx, actor, { observations }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).message).toContain('reaches only plant');
    expect(await lastOf(world)).toBeUndefined();
    expect(await reportHealth.run(world.ctx, actor, { observations: observations.slice(0, 1) })).toMatchObject({
      accepted: 1,
    });
  });
});

test('observations that nothing late can meet any more are forgotten; the intervals stay, and what is kept suffices', async () => {
  const late = world.ctx.config.healthLateMs;
  await report(world, [{ at: start, state: 'HEALTHY' }]);
  world.time.now = start + 100_000;
  await report(world, [{ at: world.time.now, state: 'WARNING' }]);
  world.time.now = start + late + 60_001;
  await forgetOldObservations(world.ctx);
  expect(await world.ctx.db.select().from(healthObservation)).toHaveLength(1);
  await report(world, [{ at: start + 80_000, state: 'ERROR' }]);
  expect((await timelineOf(world)).map(({ from, state }) => [from - start, state])).toEqual([
    [0, 'HEALTHY'],
    [80_000, 'ERROR'],
    [100_000, 'WARNING'],
  ]);
});
