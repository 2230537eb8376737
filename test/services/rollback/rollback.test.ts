import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { holdsStanding } from '../../../db/queries/holds.ts';
import { incidentViews } from '../../../db/queries/steering-views.ts';
import { jobViews, taskViews } from '../../../db/queries/views.ts';
import { hostHistory, release } from '../../../db/schema/index.ts';
import { channelsFollowed } from '../../../db/queries/catalog.ts';
import { chooseAutomaticInstall } from '../../../server/domain/automatic-install.ts';
import { newClient } from '../../../server/domain/client.ts';
import { enqueueDue, sweepJobs } from '../../../server/services/engine/due.ts';
import { releaseHold } from '../../../server/services/hold/release.ts';
import { noteUnreachable } from '../../../server/services/host/contact.ts';
import { retryJob } from '../../../server/services/job/retry.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { previewRollback } from '../../../server/services/rollback/preview.ts';
import { startRollback } from '../../../server/services/rollback/start.ts';
import { findOrder } from '../../../server/services/task/order.ts';
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

/** Three hosts on 1.0.0, then 2.0.0 that fails on the hosts in `bad`. Answers with the job of 2.0.0. */
async function troubled(bad: number[], plan = many): Promise<number> {
  await declareFleet(world, { targets: 3 });
  await publish(world, ['1.0.0', '2.0.0']);
  await rollout.download([1, 2]);
  await rollout.install(1, [1, 2, 3]);
  await rollout.finish();
  world.time.now += 60_000;
  const id = await rollout.install(2, [1, 2, 3], plan);
  await rollout.finish(bad);
  return id;
}

const preview = (id: number, more = {}) => previewRollback.run(world.ctx, world.operator, { id, ...more });
const start = (id: number, more = {}) =>
  startRollback.run(world.ctx, world.operator, { id, reason: 'line 1 is down', ...more });
const standing = () => holdsStanding(world.ctx.db, world.time.now);
const incidents = () => incidentViews(world.ctx.db, {});

describe('what a host remembers', () => {
  test('is what succeeded there, and a task never lets the known-good release be pruned', async () => {
    const id = await troubled([1]);
    const rows = await world.ctx.db.select().from(hostHistory).where(eq(hostHistory.hostId, 1));
    expect(rows).toMatchObject([{ releaseId: 1, healthy: true }]);
    const [task] = await taskViews(world.ctx.db, [4]);
    expect(task).toMatchObject({ jobId: id, hostId: 1 });
    expect((await findOrder(world.ctx, 4))?.keep).toMatchObject({ version: '1.0.0' });
  });

  test('is no longer good once somebody rolled it back', async () => {
    const id = await troubled([]);
    await start(id, { hostIds: [2], includeHealthy: true });
    const rows = await world.ctx.db
      .select()
      .from(hostHistory)
      .where(eq(hostHistory.hostId, 2))
      .orderBy(hostHistory.releaseId);
    expect(rows.map(({ releaseId, healthy }) => [releaseId, healthy])).toEqual([
      [1, true],
      [2, false],
    ]);
  });
});

describe('a rollback', () => {
  test('covers the affected hosts and says why; healthy ones are left out', async () => {
    const id = await troubled([1]);
    await noteUnreachable(world.ctx, 2, { code: 'timeout', sentence: 'no answer' });
    const { hosts, jobs, refusal, stuck } = await preview(id);
    expect(
      hosts.map(({ name, causes, chosen, outcome, target }) => [name, causes, chosen, outcome, target?.version]),
    ).toEqual([
      ['line-1', ['failed'], true, 'install', '1.0.0'],
      ['line-2', ['unreachable'], true, 'install', '1.0.0'],
      ['line-3', [], false, 'refuse', undefined],
    ]);
    expect(hosts[2]!.reason).toMatchObject({ code: 'not_affected' });
    expect(jobs).toMatchObject([{ version: '1.0.0', hosts: 2 }]);
    expect({ refusal, stuck }).toEqual({ refusal: null, stuck: [] });
  });

  test('takes a healthy host only when somebody names it and says so', async () => {
    const id = await troubled([1]);
    await expect(start(id, { hostIds: [3] })).rejects.toMatchObject({ code: 'refused', reason: 'not_affected' });
    const { started } = await start(id, { hostIds: [3], includeHealthy: true });
    expect(started).toMatchObject([{ kind: 'rollback', version: '1.0.0', parentJobId: id, counts: { pending: 1 } }]);
  });

  test('brings its hosts back, then bars what it undid on them and nowhere else', async () => {
    const id = await troubled([1]);
    const { started, contained } = await start(id);
    expect(contained).toBeNull();
    expect(await standing()).toEqual([]);
    await rollout.finish();
    expect(await rollout.job(started[0]!.id)).toMatchObject({ status: 'succeeded', counts: { succeeded: 1 } });
    expect(await standing()).toMatchObject([
      {
        scope: { product: 'orders', host: 'line-1' },
        owner: 'Ana',
        reason: '2.0.0 was rolled back',
        bar: { release: { version: '2.0.0', sequence: 2 }, liftOnNewer: false },
        until: null,
      },
    ]);
    await expect(start(id)).rejects.toMatchObject({ reason: 'nothing_affected' });
  });

  test('leaves a host alone that the runner has restored, and settles what it is meant to run', async () => {
    const id = await troubled([1]);
    await rollout.report(1, '1.0.0');
    expect((await preview(id)).hosts[0]).toMatchObject({ outcome: 'skip', reason: { code: 'already_there' } });
    const { started } = await start(id);
    await rollout.finish();
    expect(await rollout.job(started[0]!.id)).toMatchObject({ status: 'succeeded', counts: { skipped: 1 } });
    expect((await preview(id)).hosts[0]).toMatchObject({ causes: [], chosen: false });
    expect(await standing()).toHaveLength(1);
  });

  test('is one job for each release that hosts go back to', async () => {
    await declareFleet(world, { targets: 2 });
    await publish(world, ['1.0.0', '1.1.0', '2.0.0']);
    await rollout.download([1, 2, 3]);
    await rollout.install(1, [1]);
    await rollout.install(2, [2]);
    await rollout.finish();
    const id = await rollout.install(3, [1, 2], many);
    await rollout.finish([1, 2]);
    const { started } = await start(id);
    expect(started.map(({ version, counts }) => [version, counts.pending])).toEqual([
      ['1.0.0', 1],
      ['1.1.0', 1],
    ]);
  });

  test('to a demoted release is allowed, with a warning', async () => {
    const id = await troubled([1]);
    await demoteRelease.run(world.ctx, world.operator, { id: 1, channel: 'stable', reason: 'old' });
    expect((await preview(id)).hosts[0]?.warnings).toMatchObject([{ code: 'demoted_rollback' }]);
    const { started } = await start(id);
    await rollout.finish();
    expect(await rollout.job(started[0]!.id)).toMatchObject({ status: 'succeeded' });
  });

  test('needs no package on the server while the host has the release still', async () => {
    const id = await troubled([1]);
    await world.ctx.db.update(release).set({ package: 'absent' }).where(eq(release.version, '1.0.0'));
    expect((await preview(id)).hosts[0]).toMatchObject({ outcome: 'install', onHost: true });
  });

  test('across a required release is refused', async () => {
    const id = await troubled([1]);
    await world.ctx.db.update(release).set({ required: true }).where(eq(release.version, '2.0.0'));
    await expect(start(id)).rejects.toMatchObject({ reason: 'rollback_blocked' });
  });

  test('is not rolled back, and a second one of the same hosts waits for the first', async () => {
    const id = await troubled([1]);
    const { started } = await start(id);
    await expect(start(started[0]!.id)).rejects.toMatchObject({ reason: 'rollback_of_rollback' });
    await expect(start(id)).rejects.toMatchObject({ reason: 'rolling_back' });
  });

  test('asked for twice at the same instant is made once', async () => {
    const id = await troubled([1]);
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => start(id)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await jobViews(world.ctx.db, {})).toHaveLength(5);
  });

  test('of a host that is no part of the job is refused', async () => {
    const id = await troubled([1]);
    await expect(start(id, { hostIds: [99] })).rejects.toMatchObject({ reason: 'not_in_job' });
  });

  test('that is tried again stays a rollback, to the same release', async () => {
    const id = await troubled([1]);
    const { started } = await start(id);
    await rollout.finish([1]);
    const again = await retryJob.run(world.ctx, world.operator, { id: started[0]!.id });
    expect(again).toMatchObject({ kind: 'rollback', version: '1.0.0', parentJobId: started[0]!.id });
    await rollout.finish();
    expect(await rollout.job(again.id)).toMatchObject({ status: 'succeeded' });
    expect((await standing()).filter(({ bar }) => bar)).toHaveLength(1);
  });
});

describe('without a way back', () => {
  /** The first install ever fails on line-1 while line-2 is at work and line-3 waits. */
  async function firstInstallFails(): Promise<number> {
    await declareFleet(world, { targets: 3 });
    await publish(world, ['1.0.0']);
    await rollout.download([1]);
    const id = await rollout.install(1, [1, 2, 3], { ...many, maxParallel: 2 });
    const held = await rollout.deliver();
    await rollout.fail(held[0]!, '1.0.0');
    return id;
  }

  test('nothing is installed: the running job is halted, the product held, an incident opened', async () => {
    const id = await firstInstallFails();
    const { started, contained, stuck } = await start(id, { hostIds: [1] });
    expect({ started, stuck }).toEqual({ started: [], stuck: ['line-1'] });
    expect(contained).toMatchObject({
      incident: { jobId: id, status: 'open', cause: { code: 'no_known_good' } },
      holds: [{ scope: { product: 'orders', environment: 'plant' }, owner: 'Ana', causeJobId: id, bar: null }],
    });
    expect(await rollout.job(id)).toMatchObject({
      problem: { code: 'halted' },
      counts: { failed: 1, running: 1, not_started: 1 },
    });
    await rollout.deliver();
    expect(await rollout.job(id)).toMatchObject({ status: 'running', problem: { code: 'halted' } });
  });

  test('the halted job fails when its last task has ended, and says why', async () => {
    const id = await firstInstallFails();
    await start(id, { hostIds: [1] });
    const [running] = (await taskViews(world.ctx.db, {})).filter(({ status }) => status === 'running');
    await rollout.succeed({ taskId: running!.id, fence: 1 });
    expect(await rollout.job(id)).toMatchObject({ status: 'failed', problem: { code: 'halted' } });
    expect(await incidents()).toHaveLength(1);
  });

  test('asking again puts no second hold and opens no second incident', async () => {
    const id = await firstInstallFails();
    await start(id, { hostIds: [1] });
    const second = await start(id, { hostIds: [1] });
    expect(second.contained?.holds).toEqual([]);
    expect(await standing()).toHaveLength(1);
    expect(await incidents()).toHaveLength(1);
  });

  test('a rollback that fails does the same', async () => {
    const id = await troubled([1]);
    const { started } = await start(id);
    await rollout.finish([1]);
    const rollback = started[0]!.id;
    expect(await rollout.job(rollback)).toMatchObject({ status: 'failed' });
    expect((await incidents()).map(({ jobId, cause }) => [jobId, cause.code])).toEqual([
      [id, 'job_failed'],
      [rollback, 'rollback_failed'],
    ]);
    const product = (await standing()).filter(({ bar }) => !bar);
    expect(product).toMatchObject([{ scope: { product: 'orders', environment: 'plant' }, owner: 'Ana' }]);
  });
});

describe('after a rollback', () => {
  /** What automation would do with line-1 now. */
  async function automation() {
    const channel = (await channelsFollowed(world.ctx.db, 1, [1])).get(1)!;
    return chooseAutomaticInstall(
      {
        updatePolicy: 'auto',
        product: 'orders',
        channelName: 'stable',
        channel,
        environment: 'plant',
        host: { name: 'line-1', life: 'active' },
        client: {
          ...newClient({ method: 'managed' }),
          deployed: { version: '1.0.0', sequence: 1, failed: false, required: false },
          downloaded: ['1.0.0', '2.0.0', '3.0.0'],
        },
        holds: await standing(),
        window: { open: true, nextOpen: null },
        pin: null,
        attempts: [],
        backOffMs: null,
        approvalMissing: false,
        busyWith: null,
      },
      world.time.now,
    );
  }

  test('nothing that automation does undoes it, tick after tick, until a person releases the hold', async () => {
    const id = await troubled([1]);
    await start(id);
    await rollout.finish();
    const jobs = (await jobViews(world.ctx.db, {})).length;
    for (let tick = 0; tick < 50; tick += 1) {
      world.time.now += 3_600_000;
      if (tick === 25) await publish(world, ['3.0.0']);
      expect((await automation()).reasons.map(({ code }) => code)).toEqual(['held']);
      await enqueueDue(world.ctx);
      await sweepJobs(world.ctx);
      expect(await rollout.deliver()).toEqual([]);
    }
    expect(await jobViews(world.ctx.db, {})).toHaveLength(jobs);
    const [bar] = await standing();
    await releaseHold.run(world.ctx, world.operator, { id: Number(bar!.id), reason: '3.0.0 has the fix' });
    expect(await automation()).toMatchObject({ target: '3.0.0', reasons: [] });
  });

  test('an install of what was rolled back waits on that host, whoever asked for it, before and after', async () => {
    const id = await troubled([1]);
    await start(id);
    await rollout.finish();
    const again = await retryJob.run(world.ctx, world.operator, { id });
    expect(await rollout.deliver()).toEqual([]);
    expect(await rollout.job(again.id)).toMatchObject({ status: 'waiting', problem: { code: 'held' } });
  });

  test('something newer may be installed there by a person', async () => {
    const id = await troubled([1]);
    await start(id);
    await rollout.finish();
    await publish(world, ['3.0.0']);
    await rollout.download([3]);
    const fix = await rollout.install(3, [1]);
    await rollout.finish();
    expect(await rollout.job(fix)).toMatchObject({ status: 'succeeded' });
  });
});
