import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openSessionLocks, type SessionLocks } from '../../../db/session-lock.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

let opened = 0;
/** As a process has them: a connection of its own. Its name finds its backend. */
function open(): SessionLocks & { name: string } {
  opened += 1;
  const name = `holder-${opened}`;
  const locks = openSessionLocks(database.url, name);
  onTestFinished(() => locks.close());
  return { ...locks, name };
}

/** Ends the connection as a fail-over or an administrator would. */
async function cut({ name }: { name: string }): Promise<void> {
  const cut = await database.db.$client`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = ${`${name}-locks`}`;
  expect(cut).toHaveLength(1);
}

describe('a lock', () => {
  test('is held by one of many', async () => {
    const [first, second] = [open(), open()];
    const lock = await first.tryHold(1, 1);
    expect(lock).not.toBeNull();
    expect(await second.tryHold(1, 1)).toBeNull();
    await lock?.release();
    expect(await second.tryHold(1, 1)).not.toBeNull();
  });

  test('is given once to a process that asks for it many times at once', async () => {
    const locks = open();
    const asked = await Promise.all(Array.from({ length: 10 }, () => locks.tryHold(1, 2)));
    const given = asked.filter((lock) => lock !== null);
    expect(given).toHaveLength(1);
    await given[0]?.release();
    expect(await open().tryHold(1, 2)).not.toBeNull();
  });

  test('that is waited for does not keep the waiting process from others', async () => {
    const [first, second] = [open(), open()];
    const lock = await first.tryHold(1, 3);
    const waiting = second.hold(1, 3);
    expect(await second.tryHold(1, 4)).not.toBeNull();
    await lock?.release();
    expect(await waiting).toBeTypeOf('function');
    expect(await first.tryHold(1, 3)).toBeNull();
  });

  test('is free once its connection is cut, is taken again, and is then freed by one release', async () => {
    const [owner, other] = [open(), open()];
    const release = await owner.hold(1, 5);
    const again = await owner.hold(1, 'a text');
    await cut(owner);
    expect(await isFree(1, 5)).toBe(true);
    await until('the lock is held again', async () => !(await isFree(1, 5)));
    expect(await other.tryHold(1, 'a text')).toBeNull();
    await Promise.all([release(), again()]);
    expect(await other.tryHold(1, 5)).not.toBeNull();
    expect(await other.tryHold(1, 'a text')).not.toBeNull();
  });

  test('is not lost over a leadership that notices the cut first', async () => {
    const owner = open();
    await owner.hold(1, 6);
    expect(await owner.lead(2)).toBe(true);
    await cut(owner);
    await until('it leads again', () => owner.lead(2).catch(() => false));
    await until('it holds the lock again', async () => !(await isFree(1, 6)));
  });

  test('that somebody else took meanwhile is told as lost, and stays theirs', async () => {
    const [owner, other] = [open(), open()];
    const lock = await owner.tryHold(1, 7);
    expect(await other.tryHold(1, 8)).not.toBeNull();
    await cut(owner);
    const theirs = await other.tryHold(1, 7);
    expect(theirs).not.toBeNull();
    await until('the first is told', () => lock?.lost.aborted);
    await lock?.release();
    expect(await isFree(1, 7)).toBe(false);
  });

  test('of a process that is killed is free within 200 ms', async () => {
    const other = open();
    const took: number[] = [];
    for (let round = 0; round < 3 && Math.min(...took, Infinity) > 200; round += 1) {
      const script = fileURLToPath(new URL('../../support/hold-lock.ts', import.meta.url));
      const child = spawn(process.execPath, [script, database.url, '1', '9'], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      expect(await other.tryHold(1, 9)).toBeNull();
      const killed = performance.now();
      child.kill('SIGKILL');
      const lock = await until('the lock is free', () => other.tryHold(1, 9));
      took.push(performance.now() - killed);
      await lock.release();
    }
    // The best of three: a machine that does something else meanwhile is not what is measured.
    expect(Math.min(...took)).toBeLessThan(200);
  });
});

describe('of three that want to lead', () => {
  test('exactly one does, at every look, and another when it leaves', async () => {
    const three = [open(), open(), open()];
    const looks = await Promise.all(
      three.map(async (locks) => [await locks.lead(3), await locks.lead(3), await locks.lead(3)]),
    );
    expect(looks.filter(([first]) => first)).toHaveLength(1);
    for (const seen of looks) expect(new Set(seen).size).toBe(1);
    const leader = three[looks.findIndex(([first]) => first)] as (typeof three)[number];
    await leader.close();
    const rest = three.filter((locks) => locks !== leader);
    await until('another leads', async () => (await Promise.all(rest.map((locks) => locks.lead(3)))).some(Boolean));
    expect((await Promise.all(rest.map((locks) => locks.lead(3)))).filter(Boolean)).toHaveLength(1);
  });

  test('one that is cut off learns at its next look that another leads', async () => {
    const [first, second] = [open(), open()];
    expect(await first.lead(4)).toBe(true);
    expect(await second.lead(4)).toBe(false);
    await cut(first);
    expect(await second.lead(4)).toBe(true);
    expect(await first.lead(4).catch(() => false)).toBe(false);
    await until('it sees the other', async () => (await first.lead(4).catch(() => null)) === false);
  });
});

async function isFree(lockClass: number, key: number): Promise<boolean> {
  const [row] = await database.db.$client<{ held: boolean }[]>`
    select exists (select 1 from pg_locks where locktype = 'advisory' and granted
      and database = (select oid from pg_database where datname = current_database())
      and classid = ${lockClass} and objid = ${key}) as held`;
  return row?.held === false;
}
