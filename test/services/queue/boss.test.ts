import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PgBoss } from 'pg-boss';
import { pino } from 'pino';
import { makeEnqueue, startBoss, stopBoss, workQueue } from '../../../server/queue/boss.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

const log = pino({ level: 'silent' });
let database: TestDatabase;
let boss: PgBoss;

beforeEach(async () => {
  database = await freshDatabase();
  boss = await startBoss(database.url, { log, works: true });
});
afterEach(async () => {
  await stopBoss(boss, 1_000);
  await database.drop();
});

describe('a queue', () => {
  test('delivers what was committed, never what was rolled back', async () => {
    const enqueue = makeEnqueue(boss);
    const taken: number[] = [];
    await workQueue(boss, 'task.run', async ({ taskId }) => void taken.push(taskId), { log });
    await database.db
      .transaction(async (tx) => {
        await enqueue(tx, 'task.run', { taskId: 1 });
        throw new Error('undone');
      })
      .catch(() => undefined);
    await database.db.transaction((tx) => enqueue(tx, 'task.run', { taskId: 2 }));
    await eventually(() => expect(taken).toEqual([2]));
  });

  test('one message that fails in a batch is tried again; the others are done once', async () => {
    const enqueue = makeEnqueue(boss);
    const runs = new Map<number, number>();
    await database.db.transaction(async (tx) => {
      for (let taskId = 1; taskId <= 30; taskId += 1) await enqueue(tx, 'task.run', { taskId });
    });
    await workQueue(
      boss,
      'task.run',
      async ({ taskId }) => {
        const run = (runs.get(taskId) ?? 0) + 1;
        runs.set(taskId, run);
        if (taskId === 7 && run === 1) throw new Error('not now');
      },
      { log, workers: 1 },
    );
    await eventually(() => expect(runs.get(7)).toBe(2));
    expect([...runs.entries()].filter(([, count]) => count !== 1)).toEqual([[7, 2]]);
    expect(runs.size).toBe(30);
  });

  test('a delayed message comes not before its time', async () => {
    const enqueue = makeEnqueue(boss);
    let arrivedAt = 0;
    await workQueue(boss, 'job.advance', async () => void (arrivedAt = performance.now()), { log });
    const sentAt = performance.now();
    await database.db.transaction((tx) => enqueue(tx, 'job.advance', { jobId: 1 }, { delaySeconds: 1 }));
    await eventually(() => expect(arrivedAt).toBeGreaterThan(0));
    expect(arrivedAt - sentAt).toBeGreaterThan(900);
  });

  test('a message is handled long before the next poll', async () => {
    const enqueue = makeEnqueue(boss);
    let times: number[] = [];
    let sentAt = 0;
    await workQueue(boss, 'job.advance', async () => void times.push(performance.now() - sentAt), { log });
    // The best of three rounds: a machine that does something else meanwhile is not what is measured.
    let best = Infinity;
    for (let round = 0; round < 3 && best >= 300; round += 1) {
      times = [];
      for (let jobId = 1; jobId <= 9; jobId += 1) {
        sentAt = performance.now();
        await database.db.transaction((tx) => enqueue(tx, 'job.advance', { jobId }));
        await eventually(() => expect(times).toHaveLength(jobId));
      }
      best = Math.min(best, times.toSorted((a, b) => a - b)[4]!);
    }
    expect(best).toBeLessThan(300);
  });

  test('declares its queues anew without harm when another process starts', async () => {
    const second = await startBoss(database.url, { log, works: false });
    const names = (await second.getQueues()).map(({ name }) => name);
    expect(names).toContain('job.advance');
    await stopBoss(second, 1_000);
  });
});
