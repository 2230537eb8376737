import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect, type Database } from '../../../db/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../support/until.ts';

/** The database ends connections at the worst moments: the process lives, everybody is told, and the pool is whole again. */
const POOL = 4;
let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await freshDatabase();
  await database.db.execute(sql`create table mark (tx int not null, part int not null)`);
});
afterAll(() => database.drop());
beforeEach(() => {
  db = connect(database.url, { max: POOL });
});
afterEach(() => db.$client.end({ timeout: 1 }));

const cut = () =>
  database.db.execute(sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and application_name = 'signalbox' and pid <> pg_backend_pid()`);

/**
 * All connections of the pool answer again. The driver gives what the database said last to whoever comes first over a new
 * connection (porsager/postgres #1208), so the first look may still be refused; none may hang.
 */
async function poolIsWhole(): Promise<void> {
  const ask = async () => (await db.execute<{ one: number }>(sql`select 1 as one, pg_sleep(0.01)`))[0]?.one;
  await until('every connection', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 4 * POOL }, ask));
    return answers.every(({ status }) => status === 'fulfilled');
  });
}

describe('connections that the database ends', () => {
  test('while statements run: each is rejected, none hangs', async () => {
    for (let round = 0; round < 10; round += 1) {
      const running = Array.from({ length: 3 * POOL }, () => db.execute(sql`select pg_sleep(0.2)`));
      const settled = Promise.allSettled(running);
      await db.execute(sql`select 1`).catch(() => undefined);
      await cut();
      const outcomes = await settled;
      expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
      await poolIsWhole();
    }
  });

  test('in the middle of transactions: no half of one is ever committed', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 25; round += 1) {
      const running = Array.from({ length: 2 * POOL }, (_, n) =>
        db.transaction(async (tx) => {
          const id = round * 100 + n;
          for (let part = 0; part < 6; part += 1) {
            await tx.execute(sql`insert into mark values (${id}, ${part})`);
            await tx.execute(sql`select pg_sleep(${(n % 3) * 0.004})`);
          }
        }),
      );
      const settled = Promise.allSettled(running);
      await cut();
      await settled;
      await poolIsWhole();
    }
    const halves = await database.db.execute<{ tx: number; parts: number }>(
      sql`select tx, count(*)::int as parts from mark group by tx having count(*) <> 6`,
    );
    expect([...halves]).toEqual([]);
  });

  test(
    'again and again, under traffic that never pauses: every statement and every transaction ends',
    { timeout: 60_000 },
    async () => {
      const cuts = 25;
      let done = false;
      let begun = 0;
      const failures: unknown[] = [];
      const work = async (id: number) => {
        // What a transaction says after its connection was lost must not end the process, nor be said to another session.
        await db.transaction(async (tx) => {
          await tx.execute(sql`insert into mark values (${id}, 0), (${id}, 1), (${id}, 2)`);
          await pause(id % 4);
          await tx.execute(sql`insert into mark values (${id}, 3), (${id}, 4), (${id}, 5)`);
        });
      };
      const traffic = Array.from({ length: 3 * POOL }, async (_, n) => {
        while (!done) {
          const id = 100_000 + (begun += 1);
          await (n % 3 === 0 ? work(id) : db.execute(sql`select ${id}::int`)).catch((error: Error) =>
            failures.push(((error.cause ?? error) as { code?: unknown }).code ?? error),
          );
        }
      });
      for (let round = 0; round < cuts; round += 1) {
        const enough = begun + 40;
        await until('traffic', () => begun > enough);
        await cut();
      }
      done = true;
      await Promise.all(traffic);
      expect(failures.length).toBeGreaterThan(0);
      // Not CONNECT_TIMEOUT, which is how a connection ends that never flushes again.
      const lost = ['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED', 'ECONNRESET', 'EPIPE', '57P01'];
      expect(failures.filter((code) => !lost.includes(String(code)))).toEqual([]);
      const halves = await database.db.execute(sql`select tx from mark group by tx having count(*) <> 6`);
      expect([...halves]).toEqual([]);
    },
  );

  test('while nothing runs: the next statements go over new ones', async () => {
    for (let round = 0; round < 10; round += 1) {
      await poolIsWhole();
      await cut();
      await poolIsWhole();
    }
  });
});
