import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openSessionLocks } from '../../../db/session-lock.ts';
import { findTask, orphanedTasks, workerLockClass } from '../../../db/queries/tasks.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { takeOverTasks } from '../../../server/services/task/lease.ts';
import type { Held } from '../../../server/services/task/start.ts';
import { holdTask } from '../../../server/worker/hold-task.ts';
import { installOn, runsOn } from '../../support/install.ts';
import { until } from '../../support/until.ts';
import { declareFleet, openWorld, type World } from '../../support/world.ts';

const leaseMs = 300;
let world: World;
let job: number;
let held: Held;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0', SIGNALBOX_LEASE_MS: String(leaseMs) });
});
beforeEach(async () => {
  await world.clear();
  await declareFleet(world, { targets: 1 });
  job = await installOn(world, [1]);
  held = (await runsOn(world, job))[0] as Held;
});
afterAll(() => world.close());

function hold(shutdown = new AbortController().signal) {
  const hold = holdTask(world.ctx, held, shutdown);
  onTestFinished(() => hold.release());
  return hold;
}

const leaseUntil = async () => (await findTask(world.ctx.db, held.taskId))?.leaseUntil ?? 0;
const orphans = async () => (await orphanedTasks(world.ctx.db, world.time.now, 10)).map(({ id }) => id);

describe('who holds a task', () => {
  test('keeps its lease alive, and only until it lets go', async () => {
    const holding = hold();
    world.time.now += leaseMs;
    await until('the lease is renewed', async () => (await leaseUntil()) === world.time.now + leaseMs);
    holding.release();
    expect(holding.signal.aborted).toBe(false);
  });

  test('is told when another has taken it, and asks no more', async () => {
    const holding = hold();
    await takeOverTasks(world.ctx, 'worker-2', 1);
    await until('it is told', () => holding.signal.aborted);
    expect(holding.signal.reason).toMatchObject({ message: 'the task has another holder' });
  });

  test('lets go when its process stops', () => {
    const stop = new AbortController();
    const holding = hold(stop.signal);
    stop.abort();
    expect(holding.signal.aborted).toBe(true);
  });
});

describe('a request to cancel', () => {
  test('is passed on until it has been done, and then no more', async () => {
    const holding = hold();
    let asked = 0;
    holding.onCancel(() => {
      asked += 1;
      return asked < 3 ? Promise.reject(new Error('the line is gone')) : Promise.resolve();
    });
    await cancelJob.run(world.ctx, world.operator, { id: job });
    await until('it is passed on three times', () => asked === 3);
    const beats = await leaseUntil();
    world.time.now += 1;
    await until('the next beat', async () => (await leaseUntil()) > beats);
    expect(asked).toBe(3);
  });

  test('waits for somebody who can pass it on', async () => {
    const holding = hold();
    await cancelJob.run(world.ctx, world.operator, { id: job });
    world.time.now += 1;
    await until('a beat', async () => (await leaseUntil()) === world.time.now + leaseMs);
    let asked = false;
    holding.onCancel(() => Promise.resolve(void (asked = true)));
    await until('it is passed on', () => asked);
  });

  test('that was heard of while nobody could pass it on goes out with the next line, not with the next beat', async () => {
    const holding = hold();
    await cancelJob.run(world.ctx, world.operator, { id: job });
    world.time.now += 1;
    await until('a beat', async () => (await leaseUntil()) === world.time.now + leaseMs);
    holding.release(); // no beat comes any more
    let asked = 0;
    await until('a line passes it on', () => {
      holding.onCancel(() => Promise.resolve(void (asked += 1)));
      return asked > 0;
    });
  });

  test('that hangs on the way to the host does not cost the lease', async () => {
    const holding = hold();
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = false;
    holding.onCancel(() => ((asked = true), promise));
    await cancelJob.run(world.ctx, world.operator, { id: job });
    await until('it is under way', () => asked);
    world.time.now += leaseMs;
    await until('the lease is renewed', async () => (await leaseUntil()) === world.time.now + leaseMs);
    resolve();
  });
});

describe('a running task', () => {
  test('has a worker as long as that worker’s lock is held, and none the moment it is free', async () => {
    const locks = openSessionLocks(world.url, 'worker-1');
    onTestFinished(() => locks.close());
    const release = await locks.hold(workerLockClass, 'worker-1');
    expect(await orphans()).toEqual([]);
    await release();
    expect(await orphans()).toEqual([held.taskId]);
  });

  test('has none once the worker’s connection is cut, and has it again when the worker is back', async () => {
    const locks = openSessionLocks(world.url, 'worker-1');
    onTestFinished(() => locks.close());
    await locks.hold(workerLockClass, 'worker-1');
    await world.ctx.db.$client`
      select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'worker-1-locks'`;
    expect(await orphans()).toEqual([held.taskId]);
    await until('the lock is back', async () => (await orphans()).length === 0);
  });

  test('has none when its lease has run out, though the lock is held by a process that sleeps', async () => {
    const locks = openSessionLocks(world.url, 'worker-1');
    onTestFinished(() => locks.close());
    await locks.hold(workerLockClass, 'worker-1');
    world.time.now += leaseMs + 1;
    expect(await orphans()).toEqual([held.taskId]);
  });
});
