import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sql } from 'drizzle-orm';
import { openBell, type Bell, type Ring } from '../../../db/bell.ts';
import { databaseCode, transact } from '../../../db/transact.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { makeHosts, raise, touch } from '../log/fleet-writer.ts';
import { eventually } from '../../support/eventually.ts';

let database: TestDatabase;
let bell: Bell;

beforeEach(async () => {
  database = await freshDatabase();
  bell = await openBell(database.url, { floorMs: 600_000 });
});
afterEach(async () => {
  await bell.close();
  await database.drop();
});

function heard(on: Bell): Ring[] {
  const rings: Ring[] = [];
  on.listen((ring) => rings.push(ring));
  return rings;
}

describe('transact', () => {
  test('two changes that deadlock both happen', async () => {
    const { db } = database;
    const [a, b] = (await makeHosts(db, 2)) as [number, number];
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let runs = 0;
    const change = (first: number, second: number, me: 0 | 1) =>
      transact({ db, bell }, async (tx) => {
        runs += 1;
        await raise(tx, first, me);
        both[me]?.resolve();
        await both[1 - me]?.promise;
        await raise(tx, second, me);
      });
    await Promise.all([change(a, b, 0), change(b, a, 1)]);
    expect(runs).toBe(3);
    const rows = await db.execute<{ revision: number }>(sql`select revision from host`);
    expect(rows.map(({ revision }) => revision)).toEqual([3, 3]);
  });

  test('rings after the commit, and not at all when there was none', async () => {
    const { db } = database;
    const [id] = (await makeHosts(db, 1)) as [number];
    const other = await openBell(database.url, { floorMs: 600_000 });
    const rings = heard(other);
    await expect(transact({ db, bell }, () => Promise.reject(new Error('undone')))).rejects.toThrow('undone');
    await transact({ db, bell }, (tx) => touch(tx, id, 1));
    await eventually(() => expect(rings).toEqual([{ board: true, log: [] }]));
    await other.close();
  });

  test('an error that trying again cannot mend is thrown at once, with its code', async () => {
    let runs = 0;
    const failure = await transact({ db: database.db, bell }, async (tx) => {
      runs += 1;
      await tx.execute(sql`select 1 / 0`);
    }).catch((error: unknown) => error);
    expect(databaseCode(failure)).toBe('22012');
    expect(runs).toBe(1);
  });
});

describe('the bell', () => {
  test('a thousand rings are a few notifications that name every task', async () => {
    const rings = heard(bell);
    for (let id = 1; id <= 500; id += 1) bell.ring({ log: [id] });
    for (let i = 0; i < 500; i += 1) bell.ring({ board: true });
    await eventually(() => expect(new Set(rings.flatMap(({ log }) => [...log])).size).toBe(500));
    expect(rings.length).toBeLessThan(5);
    expect(rings.some(({ board }) => board)).toBe(true);
  });

  test('more tasks than a notification holds become "every"', async () => {
    const rings = heard(bell);
    bell.ring({ log: Array.from({ length: 5_000 }, (_, i) => 2_000_000_000 + i) });
    await eventually(() => expect(rings).toEqual([{ board: false, log: 'every' }]));
  });

  test('rings in full each second, and when its connection was cut and is back', async () => {
    const floor = await openBell(database.url, { floorMs: 50 });
    const floorRings = heard(floor);
    await eventually(() => expect(floorRings.length).toBeGreaterThan(2));
    await floor.close();

    const rings = heard(bell);
    await database.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'signalbox-bell' and datname = current_database()`);
    await eventually(() => expect(rings).toContainEqual({ board: true, log: 'every' }));
    await eventually(() => {
      bell.ring({ log: [7] });
      expect(rings).toContainEqual({ board: false, log: [7] });
    });
  });

  test('foreign noise on the channel makes everybody look', async () => {
    const rings = heard(bell);
    await database.db.execute(sql`select pg_notify('signalbox', 'hello')`);
    await eventually(() => expect(rings).toEqual([{ board: true, log: 'every' }]));
  });
});

test('a small COPY takes no 40 ms: Nagle is off', async () => {
  await database.db.execute(sql`create table parcel (content text)`);
  const times: number[] = [];
  for (let i = 0; i < 15; i += 1) {
    const before = performance.now();
    const copy: Writable = await database.db.$client`copy parcel from stdin`.writable();
    copy.end('one line\n');
    await once(copy, 'finish');
    times.push(performance.now() - before);
  }
  // With Nagle every one takes 40 ms: a quarter of them without is enough, whatever the machine does meanwhile.
  times.sort((x, y) => x - y);
  expect(times[3]).toBeLessThan(30);
});
