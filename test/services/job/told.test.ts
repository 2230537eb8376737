import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobViews } from '../../../db/queries/views.ts';
import { noteLive, noteUnreachable } from '../../../server/services/host/contact.ts';
import { advanceJob } from '../../../server/services/job/advance.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { pauseJob } from '../../../server/services/job/pause.ts';
import { resumeJob } from '../../../server/services/job/resume.ts';
import { endTask } from '../../../server/services/task/end.ts';
import type { Held } from '../../../server/services/task/start.ts';
import type { JobPlan } from '../../../server/domain/views.ts';
import { activities } from '../../support/fleet.ts';
import { endAll, installOn, runsOn } from '../../support/install.ts';
import { declareFleet, openWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
});
beforeEach(() => world.clear());
afterAll(() => world.close());

async function install(hosts: number, plan: Partial<JobPlan> = {}): Promise<number> {
  await declareFleet(world, { targets: hosts });
  return installOn(
    world,
    Array.from({ length: hosts }, (_, i) => i + 1),
    { waves: [{ ppm: 1_000_000 }], ...plan },
  );
}

const job = async (id: number) => (await jobViews(world.ctx.db, [id]))[0]!;
const fail = (held: Held | undefined) =>
  endTask(world.ctx, held!, { status: 'failed', problem: { code: 'hook_failed', sentence: 'exit 3' }, restored: true });
const succeed = (held: Held | undefined) =>
  endTask(world.ctx, held!, { status: 'succeeded', problem: null, restored: false });

/** What the log says of the job, one after the other; what repeats itself once. */
async function told(id: number): Promise<string[]> {
  const kinds = (await activities(world))
    .filter(({ entity }) => entity.kind === 'job' && entity.id === id)
    .map(({ kind }) => kind.replace('job.', ''));
  return kinds.filter((kind, i) => kind !== kinds[i - 1]);
}

describe('the log of a job', () => {
  test('tells an install from request to end', async () => {
    const id = await install(2);
    await endAll(world, id);
    expect(await told(id)).toEqual(['requested', 'started', 'progressed', 'ended']);
  });

  test('says paused once, who did it, and resumed only when somebody resumed it', async () => {
    const id = await install(2, { maxParallel: 1 });
    const [held] = await runsOn(world, id);
    await pauseJob.run(world.ctx, world.operator, { id });
    const { problem } = await job(id);
    for (let i = 0; i < 2; i += 1) await advanceJob(world.ctx, id);
    await succeed(held);
    expect(await told(id)).toEqual(['requested', 'started', 'progressed', 'paused', 'progressed']);
    expect(await job(id)).toMatchObject({ status: 'paused', problem });
    expect(problem?.sentence).toContain('Ana');
    await resumeJob.run(world.ctx, world.operator, { id });
    await endAll(world, id);
    expect((await told(id)).slice(4)).toEqual(['progressed', 'resumed', 'progressed', 'ended']);
  });

  test('of one that was paused before it began does not say that it started', async () => {
    const id = await install(1);
    await pauseJob.run(world.ctx, world.operator, { id });
    await advanceJob(world.ctx, id);
    expect(await told(id)).toEqual(['requested', 'paused']);
    await resumeJob.run(world.ctx, world.operator, { id });
    await endAll(world, id);
    expect((await told(id)).slice(2)).toEqual(['resumed', 'started', 'progressed', 'ended']);
  });

  test('says cancelling, and never resumed, while running tasks come to their end', async () => {
    const id = await install(4, { maxParallel: 2 });
    const [first, second] = await runsOn(world, id);
    await cancelJob.run(world.ctx, world.operator, { id });
    await succeed(first);
    await succeed(second);
    expect(await told(id)).toEqual(['requested', 'started', 'progressed', 'cancelling', 'progressed', 'ended']);
    expect(await job(id)).toMatchObject({ status: 'cancelled', problem: null });
  });

  test('says halted once, and the reason stays to the end', async () => {
    const id = await install(4, { maxParallel: 3 });
    const held = await runsOn(world, id);
    await fail(held[0]);
    await succeed(held[1]);
    await succeed(held[2]);
    expect(await told(id)).toEqual(['requested', 'started', 'progressed', 'halted', 'progressed', 'ended']);
    expect(await job(id)).toMatchObject({ status: 'failed', problem: { code: 'over_budget' } });
  });

  test('of one that waits says what for, and resumed when it goes on', async () => {
    const id = await install(2, { waves: [{ count: 1 }, { count: 2 }], bakeMs: 60_000 });
    const [held] = await runsOn(world, id);
    await noteLive(world.ctx, 1);
    await succeed(held);
    world.time.now += 60_000;
    await endAll(world, id);
    expect(await told(id)).toEqual(['requested', 'started', 'progressed', 'waiting', 'resumed', 'progressed', 'ended']);
    expect(await job(id)).toMatchObject({ status: 'succeeded', problem: null });
  });

  test('tells each thing that it waits for', async () => {
    const id = await install(2, { waves: [{ count: 1 }, { count: 2 }], bakeMs: 60_000 });
    const [held] = await runsOn(world, id);
    await noteLive(world.ctx, 1);
    await succeed(held);
    await noteUnreachable(world.ctx, 1, { code: 'timeout', sentence: 'no answer' });
    await advanceJob(world.ctx, id);
    await advanceJob(world.ctx, id);
    const waits = (await activities(world)).filter(({ kind }) => kind === 'job.waiting');
    expect(waits.map(({ view }) => (view as { problem: { code: string } }).problem.code)).toEqual([
      'baking',
      'not_steady',
    ]);
  });
});

describe('a release that is demoted', () => {
  const demote = () => world.ctx.db.$client`update channel_entry set demoted_at = now()`;

  test('while its job waits ends the job with that reason, not with what it waited for', async () => {
    const id = await install(2, { waves: [{ count: 1 }, { count: 2 }], bakeMs: 60_000 });
    const [held] = await runsOn(world, id);
    await noteLive(world.ctx, 1);
    await succeed(held);
    expect(await job(id)).toMatchObject({ status: 'waiting', problem: { code: 'baking' } });
    await demote();
    await advanceJob(world.ctx, id);
    expect(await job(id)).toMatchObject({
      status: 'failed',
      problem: { code: 'demoted' },
      counts: { succeeded: 1, not_started: 1 },
    });
  });

  test('while a task runs is still the reason when that task has ended', async () => {
    const id = await install(2, { maxParallel: 1 });
    const [held] = await runsOn(world, id);
    await demote();
    await advanceJob(world.ctx, id);
    expect(await job(id)).toMatchObject({ status: 'running', problem: { code: 'demoted' } });
    await succeed(held);
    expect(await job(id)).toMatchObject({ status: 'failed', problem: { code: 'demoted' } });
    expect(await told(id)).toEqual(['requested', 'started', 'progressed', 'halted', 'ended']);
  });
});
