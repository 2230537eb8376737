import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { jobViews, taskViews } from '../../../db/queries/views.ts';
import { host } from '../../../db/schema/index.ts';
import { startPath } from '../../../server/services/install/path.ts';
import { previewInstall } from '../../../server/services/install/preview.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { retryJob } from '../../../server/services/job/retry.ts';
import { rollOffRecall } from '../../../server/services/recall/accept.ts';
import { setRequired } from '../../../server/services/release/set-required.ts';
import { startRollback } from '../../../server/services/rollback/start.ts';
import { endTask } from '../../../server/services/task/end.ts';
import type { Held } from '../../../server/services/task/start.ts';
import { recalls } from '../../support/recall.ts';
import { rollouts } from '../../support/rollout.ts';
import { declareFleet, openWorld, publish, type World } from '../../support/world.ts';

let world: World;
let rollout: ReturnType<typeof rollouts>;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
  rollout = rollouts(world);
});
afterEach(() => world.clear());
afterAll(() => world.close());

const many = { maxFailures: { count: 100 } };
const all = { waves: [{ ppm: 1_000_000 }], ...many };

async function ready(targets: number): Promise<void> {
  await declareFleet(world, { targets });
  await publish(world, ['1.0.0', '2.0.0']);
  await rollout.download([1, 2]);
}

const setLife = (name: string, life: 'active' | 'maintenance' | 'retired') =>
  world.ctx.db.update(host).set({ life }).where(eq(host.name, name));
const hostsOf = async (jobId: number) =>
  (await taskViews(world.ctx.db, {})).filter((task) => task.jobId === jobId).map(({ hostName }) => hostName);
const jobOf = async (id: number) => (await jobViews(world.ctx.db, [id]))[0]!;

/** As the worker ends it when the host says that nobody knows how its hook ended. */
const lose = (held: Held) =>
  endTask(world.ctx, held, {
    status: 'failed',
    problem: { code: 'lost', sentence: 'a hook was begun and nobody knows how it ended' },
    restored: false,
  });

describe('a host out of service', () => {
  const input = { releaseId: 1, hostIds: [1, 2, 3], plan: all };
  const maintenance = { host: 'line-2', code: 'in_maintenance', sentence: 'line-2 is in maintenance.' };
  const retired = { host: 'line-3', code: 'retired', sentence: 'line-3 is retired.' };

  test('refuses the install that names it, and is left out and told by one that says so', async () => {
    await ready(3);
    await setLife('line-2', 'maintenance');
    await setLife('line-3', 'retired');
    await expect(startInstall.run(world.ctx, world.operator, input)).rejects.toMatchObject({
      reason: 'in_maintenance',
    });
    const preview = await previewInstall.run(world.ctx, world.operator, { ...input, leaveOut: true });
    expect(preview).toMatchObject({ refusal: null, leftOut: [maintenance, retired], hosts: [{ name: 'line-1' }] });
    const job = await startInstall.run(world.ctx, world.operator, { ...input, leaveOut: true });
    expect(job.leftOut).toEqual([maintenance, retired]);
    expect(await hostsOf(job.id)).toEqual(['line-1']);
    await rollout.finish();
    expect(await jobOf(job.id)).toMatchObject({ status: 'succeeded', leftOut: [maintenance, retired] });
  });

  test('is not left out of a job that would have no other', async () => {
    await ready(1);
    await setLife('line-1', 'maintenance');
    const alone = { ...input, hostIds: [1], leaveOut: true };
    await expect(startInstall.run(world.ctx, world.operator, alone)).rejects.toMatchObject({
      reason: 'in_maintenance',
    });
  });

  test('is left out of a retry, which goes on with the others', async () => {
    await ready(3);
    const id = await rollout.install(1, [1, 2, 3], all);
    await rollout.finish([1, 2, 3]);
    await setLife('line-2', 'maintenance');
    const again = await retryJob.run(world.ctx, world.operator, { id });
    expect(again).toMatchObject({ parentJobId: id, leftOut: [maintenance] });
    expect(await hostsOf(again.id)).toEqual(['line-1', 'line-3']);
  });

  test('is left out of a rollback of what failed, and refuses one that names it', async () => {
    await ready(3);
    await rollout.install(1, [1, 2, 3], all);
    await rollout.finish();
    const id = await rollout.install(2, [1, 2, 3], all);
    await rollout.finish([1, 2]);
    await setLife('line-2', 'maintenance');
    const named = { id, hostIds: [1, 2], reason: 'down' };
    await expect(startRollback.run(world.ctx, world.operator, named)).rejects.toMatchObject({
      reason: 'in_maintenance',
    });
    const { started } = await startRollback.run(world.ctx, world.operator, { id, reason: 'down' });
    expect(started).toMatchObject([{ kind: 'rollback', leftOut: [maintenance] }]);
    expect(await hostsOf(started[0]!.id)).toEqual(['line-1']);
  });
});

describe('a host out of service is told by whatever should cover it', () => {
  const maintenance = { host: 'line-2', code: 'in_maintenance', sentence: 'line-2 is in maintenance.' };

  test('by each job of a path over required releases', async () => {
    await ready(3);
    await publish(world, ['3.0.0']);
    await rollout.download([3]);
    await rollout.install(1, [1, 2, 3], all);
    await rollout.finish();
    await setRequired.run(world.ctx, world.operator, { id: 2, required: true });
    await setLife('line-2', 'maintenance');
    const input = { releaseId: 3, hostIds: [1, 2, 3], plan: all, leaveOut: true };
    const { jobs } = await startPath.run(world.ctx, world.operator, input);
    expect(jobs.map(({ version, leftOut }) => [version, leftOut])).toEqual([
      ['2.0.0', [maintenance]],
      ['3.0.0', [maintenance]],
    ]);
    for (const { id } of jobs) expect(await hostsOf(id)).toEqual(['line-1', 'line-3']);
  });

  describe('by a roll-off', () => {
    /** Three hosts run 1.1.0, which is recalled while line-2 is as `life` says. */
    async function recalled(life: 'active' | 'maintenance') {
      const line = recalls(world);
      await declareFleet(world, { targets: 3 });
      await line.good(['1.1.0', '1.2.0']);
      for (const hostId of [1, 2, 3]) await line.report(hostId, '1.1.0');
      await setLife('line-2', life);
      const [job] = (await line.open({})).jobs;
      return job!;
    }

    test('that a recall starts', async () => {
      const job = await recalled('maintenance');
      expect(job.leftOut).toEqual([maintenance]);
      expect(await hostsOf(job.id)).toEqual(['line-1', 'line-3']);
    });

    test('that a person starts again, for all that was tried in vain', async () => {
      const { id } = await recalled('active');
      await rollout.fail((await rollout.deliver())[0]!);
      expect(await jobOf(id)).toMatchObject({ status: 'failed', counts: { failed: 1, not_started: 2 } });
      await setLife('line-2', 'maintenance');
      const { jobs } = await rollOffRecall.run(world.ctx, world.operator, { id: 1 });
      expect(jobs.map(({ leftOut }) => leftOut)).toEqual([[maintenance]]);
      expect(await hostsOf(jobs[0]!.id)).toEqual(['line-1', 'line-3']);
    });

    test('that is retried, beside one on which a hook was lost', async () => {
      const { id } = await recalled('active');
      await lose((await rollout.deliver())[0]!);
      await setLife('line-2', 'maintenance');
      const again = await retryJob.run(world.ctx, world.operator, { id });
      expect(again).toMatchObject({
        kind: 'roll-off',
        parentJobId: id,
        leftOut: [{ host: 'line-1', code: 'hook_lost' }, maintenance],
      });
      expect(await hostsOf(again.id)).toEqual(['line-3']);
    });
  });

  test('and a rollback that failed there is not tried again on it', async () => {
    await ready(1);
    await rollout.install(1, [1], all);
    await rollout.finish();
    const id = await rollout.install(2, [1], all);
    await rollout.finish([1]);
    const { started } = await startRollback.run(world.ctx, world.operator, { id, reason: 'down' });
    await rollout.finish([1]);
    await setLife('line-1', 'maintenance');
    await expect(retryJob.run(world.ctx, world.operator, { id: started[0]!.id })).rejects.toMatchObject({
      reason: 'in_maintenance',
      message: expect.stringMatching(/line-1 is in maintenance\. Put it into service/),
    });
  });
});

describe('a host on which a hook was lost', () => {
  test('is covered by a retry only when a person says that the hook is to be run again', async () => {
    await ready(2);
    const id = await rollout.install(1, [1, 2], all);
    // Workers take tasks in no order.
    const [first, second] = (await rollout.deliver()).toSorted((a, b) => a.taskId - b.taskId);
    await lose(first!);
    await rollout.fail(second!);
    const without = await retryJob.run(world.ctx, world.operator, { id });
    expect(without.leftOut).toMatchObject([
      { host: 'line-1', code: 'hook_lost', sentence: expect.stringMatching(/--rerun-hook/) },
    ]);
    expect(await hostsOf(without.id)).toEqual(['line-2']);
    await rollout.finish();
    const withIt = await retryJob.run(world.ctx, world.operator, { id, rerunHook: true });
    expect(withIt.leftOut).toEqual([]);
    expect(await hostsOf(withIt.id)).toEqual(['line-1', 'line-2']);
  });

  test('refuses a retry that has no other host', async () => {
    await ready(1);
    const id = await rollout.install(1, [1], all);
    await lose((await rollout.deliver())[0]!);
    await expect(retryJob.run(world.ctx, world.operator, { id })).rejects.toMatchObject({
      reason: 'hook_lost',
      message: expect.stringMatching(/how the hook on line-1 ended.*--rerun-hook/),
    });
    expect(await retryJob.run(world.ctx, world.operator, { id, rerunHook: true })).toMatchObject({ parentJobId: id });
  });
});
