import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startInstall } from '../../../server/services/install/start.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { noteLive } from '../../../server/services/host/contact.ts';
import { endTask } from '../../../server/services/task/end.ts';
import { startTask } from '../../../server/services/task/start.ts';
import { advanceJob } from '../../../server/services/job/advance.ts';
import { apply, everything, plan, views } from '../../support/fleet.ts';
import { endAll, installOn, runsOn } from '../../support/install.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
});
beforeEach(async () => {
  await world.clear();
  await apply(world, fleet());
});
afterAll(() => world.close());

const line1 = { name: 'line-1', environment: 'plant', root: '/srv/a', local: true };
const line2 = { ...line1, name: 'line-2' };
/** The fleet with other words about line-1, the host that a task runs on, or line-2, which its job has yet to reach. */
const fleet = (of1: object = {}, of2: object = {}) => ({
  products: [{ name: 'orders', channels: ['stable'], entryChannels: ['stable'] }],
  environments: [{ name: 'plant', subscriptions: { orders: 'stable' } }, { name: 'lab' }],
  hosts: [
    { ...line1, ...of1 },
    { ...line2, ...of2 },
  ],
});

const moves: [what: string, change: object, whileRunning: RegExp, whilePending: RegExp | null][] = [
  [
    'environment',
    { environment: 'lab' },
    /its environment cannot change now, a task of job 2 runs/,
    /job 2 has yet to/,
  ],
  ['role', { role: 'management' }, /its role cannot change now/, /its role cannot change now/],
  ['life', { life: 'maintenance' }, /its life cannot change now/, /its life cannot change now/],
  ['root', { root: '/srv/b' }, /its root cannot change now/, null],
  [
    'connection',
    {
      local: undefined,
      ssh: { address: '10.0.0.9', user: 'a', identity: 'b', hostKeys: [`SHA256:${'a'.repeat(43)}`] },
    },
    /its connection cannot change now/,
    null,
  ],
];

test.each(moves)(
  'the %s of a host stays while it would pull the host from under a job',
  async (_what, change, whileRunning, whilePending) => {
    const job = await installOn(world, [1, 2], { waves: [{ count: 1 }, { count: 2 }] });
    await runsOn(world, job);
    await refused(fleet(change), whileRunning, 13);
    if (whilePending) await refused(fleet({}, change), whilePending, 17);
    else await apply(world, fleet({}, change));
    await endAll(world, job);
    await apply(world, fleet(change, change));
  },
);

test('labels, and a life that becomes active, may change at any time', async () => {
  const job = await installOn(world, [1, 2]);
  await runsOn(world, job);
  await apply(world, fleet({ labels: { line: '1' } }));
  expect((await views(world)).hosts[0]).toMatchObject({ labels: { line: '1' } });
});

test('a task that starts while its host is being moved is seen, whoever comes first', async () => {
  for (let round = 0; round < 4; round += 1) {
    await world.clear();
    await apply(world, fleet());
    const job = await installOn(world, [1]);
    await advanceJob(world.ctx, job);
    const [message] = await world.take('task.run');
    const [started, moved] = await Promise.allSettled([
      startTask(world.ctx, message?.taskId ?? 0, 'worker-1'),
      apply(world, fleet({ root: '/srv/b' })),
    ]);
    expect(started).toMatchObject({ status: 'fulfilled', value: { taskId: 1 } });
    const root = (await everything(world)).rows.hosts[0]?.root;
    // Moved before the start, or refused since it runs: never moved under a running task.
    expect(root).toBe(moved.status === 'fulfilled' ? '/srv/b' : '/srv/a');
    if (moved.status === 'rejected') expect(moved.reason).toMatchObject({ reason: 'in_use' });
  }
});

test('a host that is taken out of service while its wave bakes is waited for, by name, and bakes anew once it is back', async () => {
  const job = await installOn(world, [1, 2], { waves: [{ count: 1 }, { count: 2 }], bakeMs: 60_000 });
  const [first] = await runsOn(world, job);
  await noteLive(world.ctx, 1);
  await endTask(world.ctx, first!, { status: 'succeeded', problem: null, restored: false });
  await apply(world, fleet({ life: 'maintenance' }));
  world.time.now += 120_000;
  await look();
  expect(await shown(job)).toMatchObject({
    status: 'waiting',
    problem: {
      code: 'not_steady',
      sentence: 'The bake of wave 1 starts again when line-1 is live and out of ERROR. line-1 is in maintenance.',
    },
  });
  await apply(world, fleet());
  await look();
  expect(await shown(job)).toMatchObject({ problem: { code: 'baking', until: world.time.now + 60_000 } });
  world.time.now += 60_000;
  expect(await runsOn(world, job)).toHaveLength(1);
});

const shown = async (id: number) => (await jobViews(world.ctx.db, [id]))[0];

/** What waits for the scheduler. */
async function look(): Promise<void> {
  for (const { jobId } of await world.take('job.advance')) await advanceJob(world.ctx, jobId);
}

async function refused(content: object, why: RegExp, line: number): Promise<void> {
  const before = await everything(world);
  for (const ask of [plan, apply]) {
    await expect(ask(world, { ...content })).rejects.toMatchObject({
      code: 'refused',
      reason: 'in_use',
      errors: [{ path: `fleet.yaml:${line}`, message: expect.stringMatching(why) }],
    });
  }
  expect(await everything(world)).toEqual(before);
}

test('a host that is moved or removed while an install asks for it is either in the job or moved, never both', async () => {
  for (const change of [{ environment: 'lab' }, null]) {
    for (let round = 0; round < 3; round += 1) {
      await world.clear();
      await apply(world, fleet());
      await endAll(world, await installOn(world, [2]));
      const wanted = change ? fleet(change) : { ...fleet(), hosts: [line2] };
      const [asked, applied] = await Promise.allSettled([
        startInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: [1] }),
        apply(world, wanted, { prune: true }),
      ]);
      expect([asked.status, applied.status].sort()).toEqual(['fulfilled', 'rejected']);
      for (const outcome of [asked, applied]) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'Refusal' });
      }
    }
  }
});
