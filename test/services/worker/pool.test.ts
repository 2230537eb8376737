import { expect, test } from 'vitest';
import { Pool } from '../../../server/worker/pool.ts';

const forever = new AbortController().signal;
const noError = (error: unknown) => {
  throw error;
};

/** Work that ends when it is told to. */
function piece() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { end: resolve, fail: reject, work: () => promise };
}

test('no more runs at once than there is room for, though many wait and each takes time to prepare', async () => {
  const pool = new Pool(3);
  let running = 0;
  let most = 0;
  const begin = async () => {
    const slot = await pool.vacancy(forever);
    await pool.begin(
      slot,
      async () => {
        most = Math.max(most, (running += 1));
        await new Promise(setImmediate);
        return () => new Promise((resolve) => setImmediate(() => resolve(void (running -= 1))));
      },
      noError,
    );
  };
  await Promise.all(Array.from({ length: 40 }, begin));
  await pool.idle();
  expect({ most, running, room: pool.room }).toEqual({ most: 3, running: 0, room: 3 });
});

test('who waits longest is served first', async () => {
  const pool = new Pool(1);
  const slot = await pool.vacancy(forever);
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (who) => {
    const mine = await pool.vacancy(forever);
    order.push(who);
    mine();
  });
  expect(pool.tryTake()).toBeNull();
  slot();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2, 3]);
});

test('who stops waiting takes no room', async () => {
  const pool = new Pool(1);
  const slot = await pool.vacancy(forever);
  const stop = new AbortController();
  const leaving = pool.vacancy(stop.signal);
  const staying = pool.vacancy(forever);
  stop.abort(new Error('enough'));
  await expect(leaving).rejects.toThrow('enough');
  await expect(pool.vacancy(stop.signal)).rejects.toThrow('enough');
  slot();
  (await staying)();
  expect(pool.room).toBe(1);
});

test('room that is given back twice is given back once', () => {
  const pool = new Pool(2);
  const [first] = [pool.tryTake(), pool.tryTake()];
  first?.();
  first?.();
  expect(pool.room).toBe(1);
});

test('a preparation that fails or finds nothing gives its room back; the failure is the caller’s', async () => {
  const pool = new Pool(1);
  const none = await pool.begin(await pool.vacancy(forever), () => Promise.resolve(null), noError);
  const failing = pool.begin(await pool.vacancy(forever), () => Promise.reject(new Error('no')), noError);
  await expect(failing).rejects.toThrow('no');
  expect([none, pool.room]).toEqual([false, 1]);
});

test('work that fails tells its own listener, and gives its room back', async () => {
  const pool = new Pool(1);
  const { work, fail } = piece();
  const errors: unknown[] = [];
  expect(
    await pool.begin(
      await pool.vacancy(forever),
      () => Promise.resolve(work),
      (error) => errors.push(error),
    ),
  ).toBe(true);
  fail(new Error('lost'));
  await pool.idle();
  expect([errors, pool.room]).toEqual([[new Error('lost')], 1]);
});

test('idle waits for everything that runs, also for what begins meanwhile', async () => {
  const pool = new Pool(2);
  const [first, second] = [piece(), piece()];
  await pool.begin(await pool.vacancy(forever), () => Promise.resolve(first.work), noError);
  let idle = false;
  const waiting = pool.idle().then(() => (idle = true));
  await pool.begin(await pool.vacancy(forever), () => Promise.resolve(second.work), noError);
  first.end();
  await new Promise(setImmediate);
  expect(idle).toBe(false);
  second.end();
  await waiting;
  expect(pool.room).toBe(2);
});

test('says when somebody waits for room, and no longer when that one has it or has left', async () => {
  const pool = new Pool(1);
  const first = await pool.vacancy(forever);
  const leaves = new AbortController();
  const waits = pool.vacancy(leaves.signal);
  expect(pool.isWaitedFor).toBe(true);
  leaves.abort(new Error('left'));
  await expect(waits).rejects.toThrow('left');
  expect(pool.isWaitedFor).toBe(false);
  const next = pool.vacancy(forever);
  expect(pool.isWaitedFor).toBe(true);
  first();
  (await next)();
  expect([pool.isWaitedFor, pool.room]).toEqual([false, 1]);
});
