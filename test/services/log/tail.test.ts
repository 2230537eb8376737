import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sql } from 'drizzle-orm';
import { openBell, type Bell } from '../../../db/bell.ts';
import { logStart } from '../../../db/cursor.ts';
import { readAfter, settledCursor } from '../../../db/queries/activities.ts';
import { loadBoard } from '../../../db/queries/board.ts';
import { tail, type TailOptions } from '../../../db/tail.ts';
import { transact } from '../../../db/transact.ts';
import type { AnyActivity } from '../../../server/domain/activity.ts';
import { apply, emptyBoard } from '../../../server/domain/board.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { makeHosts, raise, tell, touch, wholeLog } from './fleet-writer.ts';
import { eventually } from '../../support/eventually.ts';

let database: TestDatabase;
let bell: Bell;

beforeEach(async () => {
  database = await freshDatabase({ max: 20 });
  bell = await openBell(database.url);
});
afterEach(async () => {
  await bell.close();
  await database.drop();
});

/** Follows until everything committed has arrived, then stops. `restart`: also stops, and begins anew, at random points. */
function follow(options: Partial<TailOptions> & { restart?: boolean } = {}) {
  const seen: AnyActivity[] = [];
  let cursor = options.from ?? logStart;
  let ending = new AbortController();
  let finished = false;
  let pieces = 0;
  const run = async () => {
    while (!finished) {
      ending = new AbortController();
      pieces += 1;
      await tail({
        db: database.db,
        bell,
        limit: 70,
        ...options,
        from: cursor,
        signal: ending.signal,
        onBatch(activities, to) {
          seen.push(...activities);
          cursor = to;
          if (options.restart && Math.random() < 0.2) ending.abort();
        },
      });
    }
  };
  const running = run();
  return {
    seen,
    pieces: () => pieces,
    async until(count: number) {
      await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(count));
    },
    async stop() {
      finished = true;
      ending.abort();
      await running;
    },
  };
}

describe('twelve writers with slow, waiting and rolled back transactions', () => {
  test('no reader skips or repeats an activity, wherever it was restarted, and the fold is the tables', async () => {
    const { db } = database;
    const hosts = await makeHosts(db, 30);
    const steady = follow();
    const restarted = follow({ restart: true });
    const any = () => hosts[Math.floor(Math.random() * hosts.length)] as number;

    const undone = new Error('undone');
    const write = async (turn: number) => {
      const [first, second] = [any(), any()];
      await transact({ db, bell }, async (tx) => {
        await touch(tx, first, turn);
        if (turn % 40 === 0) await tx.execute(sql`select pg_sleep(0.03)`);
        if (turn % 3 === 0 && second !== first) await touch(tx, second, turn);
        if (turn % 10 === 0) throw undone;
      }).catch((error: unknown) => {
        if (error !== undone) throw error;
      });
    };
    await Promise.all(
      Array.from({ length: 12 }, async (_, writer) => {
        for (let turn = 1; turn <= 200; turn += 1) await write(turn + writer);
      }),
    );

    const written = await wholeLog(db);
    expect(written.length).toBeGreaterThan(2_000);
    await Promise.all([steady.until(written.length), restarted.until(written.length)]);
    await Promise.all([steady.stop(), restarted.stop()]);
    expect(steady.seen.map(({ cursor }) => cursor)).toEqual(written);
    expect(restarted.seen.map(({ cursor }) => cursor)).toEqual(written);
    expect(restarted.pieces()).toBeGreaterThan(5);

    const folded = steady.seen.reduce(apply, emptyBoard());
    const loaded = await loadBoard(db);
    expect(folded).toEqual(loaded);
  });
});

describe('transactions that end in another order than they began', () => {
  test('a reader that goes by sequence number loses what commits late; the tail waits for it', async () => {
    const { db } = database;
    const [a, b] = (await makeHosts(db, 2)) as [number, number];
    const start = await settledCursor(db);
    const bySequence = async (last: number) => {
      const rows = await db.execute<{ seq: string }>(sql`select seq from activity where seq > ${last} order by seq`);
      return rows.map(({ seq }) => Number(seq));
    };
    const lastSeen = Math.max(...(await bySequence(0)));

    const late = await begin((tx) => touch(tx, a, 1));
    await db.transaction((tx) => touch(tx, b, 2));
    const naive = await bySequence(lastSeen);
    expect(naive).toEqual([lastSeen + 2]);
    expect(await readAfter(db, start, 10)).toEqual({ activities: [], to: start, more: true });

    await late.commit();
    expect(await bySequence(Math.max(...naive))).toEqual([]);
    const page = await readAfter(db, start, 10);
    expect(page.activities.map(({ entity }) => entity.id)).toEqual([a, b]);
    expect(page.more).toBe(false);
  });

  test('a transaction that waited for another stands before it in the log with a newer revision, and the fold is right', async () => {
    const { db } = database;
    const [contended, other] = (await makeHosts(db, 2)) as [number, number];
    const start = await settledCursor(db);

    const first = await begin((tx) => touch(tx, other, 1));
    await db.transaction((tx) => touch(tx, contended, 2));
    await first.also((tx) => touch(tx, contended, 3));
    await first.commit();

    const { activities } = await readAfter(db, start, 10);
    const revisions = activities.filter(({ entity }) => entity.id === contended).map(({ entity }) => entity.revision);
    expect(revisions).toEqual([3, 2]);
    const board = activities.reduce(apply, emptyBoard());
    expect(board.hosts[contended]).toMatchObject({ revision: 3, lastContactAt: 3 });
    expect(board.hosts).toEqual((await loadBoard(db)).hosts);
  });

  test('a change that is read again behind the removal of its host does not bring the host back', async () => {
    const { db } = database;
    const [doomed, other] = (await makeHosts(db, 2)) as [number, number];
    const removal = await begin((tx) => touch(tx, other, 1));
    const bystander = await begin((tx) => tx.execute(sql`select pg_current_xact_id()`));
    await db.transaction((tx) => touch(tx, doomed, 2));
    await removal.also(async (tx) => {
      await raise(tx, doomed, 3);
      const [view] = (await db.execute<{ view: object }>(
        sql`select view from activity where entity_id = ${doomed} and entity_revision = 2 and entity_kind = 'host'`,
      )) as unknown as [{ view: { id: number } }];
      await tx.execute(sql`
        insert into activity (at, kind, entity_kind, entity_id, entity_revision, actor, host_id, view)
        values (now(), 'host.removed', 'host', ${doomed}, 3, 'tester', ${doomed},
          ${JSON.stringify({ ...view.view, revision: 3, removed: true })}::jsonb)`);
      await tx.execute(sql`delete from host where id = ${doomed}`);
    });
    await removal.commit();

    const board = await loadBoard(db);
    await bystander.commit();
    const replayed = await readAfter(db, board.cursor, 10);
    expect(replayed.activities.map(({ entity }) => [entity.id, entity.revision])).toEqual([[doomed, 2]]);
    replayed.activities.reduce(apply, board);
    expect(board.hosts[doomed]).toMatchObject({ removed: true });
  });

  /** A transaction that stays open between steps. */
  async function begin(step: (tx: Parameters<typeof touch>[0]) => Promise<unknown>) {
    const steps: ((tx: Parameters<typeof touch>[0]) => Promise<unknown>)[] = [];
    let wake: () => void = () => undefined;
    let done = false;
    const started = Promise.withResolvers<void>();
    const ended = database.db.transaction(async (tx) => {
      await step(tx);
      started.resolve();
      while (!done || steps.length > 0) {
        const next = steps.shift();
        if (next) await next(tx);
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    });
    ended.catch(started.reject);
    await started.promise;
    return {
      also: (more: (tx: Parameters<typeof touch>[0]) => Promise<unknown>) =>
        new Promise<void>((resolve, reject) => {
          steps.push((tx) => more(tx).then(() => resolve(), reject));
          wake();
        }),
      commit: async () => {
        done = true;
        wake();
        await ended;
      },
    };
  }
});

describe('a tail in trouble', () => {
  test('goes on where it was after every connection was cut, without a gap or a repeat', async () => {
    const { db } = database;
    const [id] = (await makeHosts(db, 1)) as [number];
    const errors: unknown[] = [];
    const reader = follow({ onError: (error) => errors.push(error) });
    await reader.until(2);
    for (let cut = 0; cut < 3; cut += 1) {
      await transact({ db, bell }, (tx) => touch(tx, id, cut));
      await db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`);
      await eventually(() => transact({ db, bell }, (tx) => touch(tx, id, cut)));
    }
    await reader.until(8);
    await reader.stop();
    expect(reader.seen.map(({ cursor }) => cursor)).toEqual(await wholeLog(db));
  });

  test('gives a batch again when its taker failed', async () => {
    const { db } = database;
    const [id] = (await makeHosts(db, 1)) as [number];
    const start = await settledCursor(db);
    await db.transaction((tx) => touch(tx, id, 1));
    const ending = new AbortController();
    const taken: number[] = [];
    await tail({
      db,
      bell,
      from: start,
      signal: ending.signal,
      onBatch(activities) {
        taken.push(activities.length);
        if (taken.length === 1) throw new Error('not now');
        ending.abort();
      },
    });
    expect(taken).toEqual([1, 1]);
  });

  test('names the open transaction that holds it back', async () => {
    const { db } = database;
    const [a, b] = (await makeHosts(db, 2)) as [number, number];
    const stalls: unknown[] = [];
    const release = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    const open = db.transaction(async (tx) => {
      await tx.execute(sql`set local application_name = 'dawdler'`);
      await raise(tx, a, 1);
      opened.resolve();
      await release.promise;
    });
    await opened.promise;
    const reader = follow({ stallMs: 50, onStall: (stall) => stalls.push(stall) });
    await transact({ db, bell }, (tx) => touch(tx, b, 1));
    await eventually(() => expect(stalls).toContainEqual(expect.objectContaining({ application: 'dawdler' })));
    release.resolve();
    await open;
    await reader.until(4);
    await reader.stop();
  });

  test('asks for a new beginning when the log ends before its cursor', async () => {
    const { db } = database;
    const [id] = (await makeHosts(db, 1)) as [number];
    const rewound = vi.fn(() => settledCursor(db));
    const reader = follow({ from: '4611686018427387904.1', onRewound: rewound });
    await eventually(() => expect(rewound).toHaveBeenCalledTimes(1));
    await transact({ db, bell }, (tx) => touch(tx, id, 1));
    await reader.until(1);
    await reader.stop();
    expect(reader.seen).toHaveLength(1);
  });
});

test('a fact reaches a reader in another process by its ring: nobody has to look again', async () => {
  const { db } = database;
  const [id] = (await makeHosts(db, 1)) as [number];
  const [away, home] = await Promise.all([1, 2].map(() => openBell(database.url, { floorMs: 60_000 })));
  let arrived = 0;
  const ending = new AbortController();
  const from = await settledCursor(db);
  // The floor of this bell is a minute: within the patience of this test only a ring can have brought it.
  const reading = tail({
    db,
    bell: away as Bell,
    from,
    signal: ending.signal,
    onBatch: (batch) => void (arrived += batch.length),
  });
  for (let i = 1; i <= 5; i += 1) {
    await transact({ db, bell: home as Bell }, (tx) => touch(tx, id, i));
    await eventually(() => expect(arrived).toBe(i));
  }
  ending.abort();
  await reading;
  await Promise.all([away?.close(), home?.close()]);
});

test('the views of one change are appended in the order given', async () => {
  const { db } = database;
  const hosts = await makeHosts(db, 3_000);
  const page = await readAfter(db, logStart, 5_000);
  expect(page.activities.slice(1).map(({ entity }) => entity.id)).toEqual(hosts);
  await expect(db.transaction((tx) => tell(tx, hosts.slice(0, 1), 1))).rejects.toThrow();
});
