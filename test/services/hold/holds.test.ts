import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HoldScope } from '../../../server/domain/holds.ts';
import { createHold, type CreateHold } from '../../../server/services/hold/create.ts';
import { listHolds } from '../../../server/services/hold/list.ts';
import { releaseHold } from '../../../server/services/hold/release.ts';
import { previewInstall } from '../../../server/services/install/preview.ts';
import { advanceJob } from '../../../server/services/job/advance.ts';
import { activities } from '../../support/fleet.ts';
import {
  deliver,
  hostsOf,
  install,
  jobOf,
  passTime,
  readyFleet,
  succeed,
  tasksOf,
} from '../../support/rollout-in-hand.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
});
beforeEach(async () => {
  await world.clear();
  await readyFleet(world, { hosts: { plant: ['a-1', 'a-2'], lab: ['b-1'] } });
});
afterAll(() => world.close());

const all = [1, 2, 3];
const put = (scope: HoldScope, more: Partial<CreateHold> = {}) =>
  createHold.run(world.ctx, world.operator, { scope, reason: 'Q3 close', strict: false, ...more });
const release = (id: number) => releaseHold.run(world.ctx, world.operator, { id });
const list = (state: 'standing' | 'all' = 'standing') => listHolds.run(world.ctx, world.operator, { state, limit: 10 });

describe('a hold stops what it covers, and nothing else', () => {
  const scopes: [what: string, scope: HoldScope, goOn: string[]][] = [
    ['everything', {}, []],
    ['the product', { product: 'orders' }, []],
    ['the channel', { channel: 'stable' }, []],
    ['the channel of the product', { product: 'orders', channel: 'stable' }, []],
    ['another channel', { channel: 'dev' }, ['a-1', 'a-2', 'b-1']],
    ['one environment', { environment: 'plant' }, ['b-1']],
    ['one host', { host: 'a-1' }, ['a-2', 'b-1']],
    ['one host of its environment', { environment: 'plant', host: 'a-1' }, ['a-2', 'b-1']],
  ];

  test.each(scopes)('%s', async (_what, scope, goOn) => {
    const { id } = await put(scope);
    const job = await install(world, all);
    expect(await hostsOf(world, await deliver(world))).toEqual(goOn);
    const tasks = await tasksOf(world);
    for (const name of ['a-1', 'a-2', 'b-1'].filter((host) => !goOn.includes(host))) {
      expect(tasks[name]).toMatchObject({ status: 'pending', problem: { code: 'held', holds: [String(id)] } });
      expect(tasks[name]?.problem?.sentence).toContain(`hold ${id} "Q3 close" (Ana) until it is released`);
    }
    const waits = goOn.length === 0;
    expect(await jobOf(world, job)).toMatchObject(
      waits ? { status: 'waiting', problem: { code: 'held' } } : { status: 'running', problem: null },
    );
    expect((await list()).items).toMatchObject([{ id, stopsJobs: goOn.length === 3 ? [] : [job] }]);
  });
});

describe('a job that is held', () => {
  test('goes on by itself when the hold is released, and nobody is shown as stopped any more', async () => {
    const { id } = await put({ host: 'a-1' });
    const job = await install(world, all);
    for (const held of await deliver(world)) await succeed(world, held);
    expect(await jobOf(world, job)).toMatchObject({ status: 'waiting', problem: { code: 'held' } });
    await release(id);
    const [last] = await deliver(world);
    expect((await tasksOf(world))['a-1']).toMatchObject({ status: 'running', problem: null });
    await succeed(world, last!);
    expect((await jobOf(world, job)).status).toBe('succeeded');
    expect((await list()).items).toEqual([]);
    expect((await list('all')).items).toMatchObject([{ id, releasedBy: 'Ana', stopsJobs: [] }]);
  });

  test('goes on at the very instant at which the hold runs out, and not before', async () => {
    const expiresAt = world.time.now + 60_000;
    await put({ product: 'orders' }, { expiresAt });
    const job = await install(world, all);
    expect(await deliver(world)).toEqual([]);
    expect(await jobOf(world, job)).toMatchObject({ problem: { code: 'held', until: expiresAt } });
    expect(await passTime(world, 59_999)).toEqual([]);
    expect(await passTime(world, 1)).toHaveLength(3);
    expect((await list()).items).toEqual([]);
  });

  test('waits for the last of several holds, and names them all', async () => {
    await put({}, { expiresAt: world.time.now + 1_000 });
    await put({ product: 'orders' }, { expiresAt: world.time.now + 5_000, owner: 'Ben' });
    const job = await install(world, all);
    await deliver(world);
    expect(await jobOf(world, job)).toMatchObject({ problem: { owners: ['Ana', 'Ben'], holds: ['1', '2'] } });
    expect(await passTime(world, 1_000)).toEqual([]);
    expect(await passTime(world, 4_000)).toHaveLength(3);
  });

  test('has hosts that go on one after the other as their holds run out', async () => {
    await put({ host: 'a-1' }, { expiresAt: world.time.now + 1_000 });
    await put({ host: 'a-2' }, { expiresAt: world.time.now + 2_000 });
    await install(world, [1, 2]);
    expect(await deliver(world)).toEqual([]);
    expect(await hostsOf(world, await passTime(world, 1_000))).toEqual(['a-1']);
    expect(await hostsOf(world, await passTime(world, 1_000))).toEqual(['a-2']);
  });

  test('is stopped before the worker takes a host, though it was sent for before the hold was put', async () => {
    await install(world, [1]);
    for (const { jobId } of await world.take('job.advance')) await advanceJob(world.ctx, jobId);
    await put({ host: 'a-1' });
    expect(await deliver(world)).toEqual([]);
    expect((await tasksOf(world))['a-1']).toMatchObject({ status: 'pending', problem: { code: 'held' } });
  });

  test('lets what runs go on to its end', async () => {
    const job = await install(world, [1, 2], { waves: [{ ppm: 1_000_000 }], maxParallel: 1 });
    const [first] = await deliver(world);
    await put({});
    expect(await deliver(world)).toEqual([]);
    expect((await tasksOf(world))['a-1']?.status).toBe('running');
    await succeed(world, first!);
    expect(await jobOf(world, job)).toMatchObject({ status: 'waiting', counts: { succeeded: 1, pending: 1 } });
  });
});

describe('a hold', () => {
  test('that begins later stops nothing before its instant', async () => {
    await put({}, { startsAt: world.time.now + 1_000 });
    await install(world, [1]);
    expect(await deliver(world)).toHaveLength(1);
    world.time.now += 1_000;
    await install(world, [2]);
    expect(await deliver(world)).toEqual([]);
  });

  test('is shown by the preview on the hosts that it covers', async () => {
    await put({ environment: 'lab' });
    const { hosts, refusal } = await previewInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: all });
    expect(hosts.map(({ name, heldBy }) => [name, heldBy?.code ?? null])).toEqual([
      ['a-1', null],
      ['a-2', null],
      ['b-1', 'held'],
    ]);
    expect(refusal).toBeNull();
  });

  test('is told when it is put and released, once each', async () => {
    const { id } = await put({ host: 'a-1' }, { owner: 'Ben' });
    await release(id);
    const told = (await activities(world)).filter(({ entity }) => entity.kind === 'hold');
    expect(told.map(({ kind, actor, entity }) => [kind, actor, entity.revision])).toEqual([
      ['hold.created', 'Ana', 1],
      ['hold.released', 'Ana', 2],
    ]);
    await expect(release(id)).rejects.toMatchObject({ code: 'stale', reason: 'already_released' });
    await expect(release(99)).rejects.toMatchObject({ code: 'not_found' });
  });

  const refused: [what: string, scope: HoldScope, more: Partial<CreateHold>, problem: object][] = [
    ['of a product that is not there', { product: 'odrers' }, {}, { code: 'not_found' }],
    ['of a channel that is not there', { channel: 'nightly' }, {}, { code: 'not_found' }],
    ['of an environment that is not there', { environment: 'moon' }, {}, { code: 'not_found' }],
    ['of a host that is not there', { host: 'a-9' }, {}, { code: 'not_found' }],
    ['that could cover nothing', { environment: 'lab', host: 'a-1' }, {}, { reason: 'covers_nothing' }],
    ['that is over before it begins', {}, { expiresAt: 1 }, { reason: 'never_in_force' }],
    ['without a reason', {}, { reason: ' ' }, { reason: 'reason_missing' }],
    ['that nobody answers for', {}, { owner: '' }, { reason: 'owner_missing' }],
  ];
  test.each(refused)('%s is refused', async (_what, scope, more, problem) => {
    await expect(put(scope, more)).rejects.toMatchObject(problem);
    expect((await list('all')).items).toEqual([]);
  });
});
