import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lastGlass } from '../../../db/queries/approvals.ts';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { channelEntry, host, release } from '../../../db/schema/index.ts';
import { exactPlan } from '../../../server/services/approval/exact-plan.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { previewInstall } from '../../../server/services/install/preview.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { retryJob } from '../../../server/services/job/retry.ts';
import { previewRollback } from '../../../server/services/rollback/preview.ts';
import { startRollback } from '../../../server/services/rollback/start.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { activities, apply } from '../../support/fleet.ts';
import { personOf, regrant } from '../../support/people.ts';
import { fleetFile } from '../../support/rollout-in-hand.ts';
import { rollouts } from '../../support/rollout.ts';
import { openWorld, publish, type World } from '../../support/world.ts';

let world: World;
let rollout: ReturnType<typeof rollouts>;
let root: Actor;
let eve: Actor;

const hosts = { plant: ['line-1', 'line-2'] };
const agreed = { name: 'production', match: { actions: ['install', 'rollback'] }, required: 1, roles: ['approver'] };
const atOnce = { waves: [{ ppm: 1_000_000 }] };
const breakGlass = { reason: 'the line stands still' };

beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
  rollout = rollouts(world);
});
beforeEach(async () => {
  await world.clear();
  await apply(world, fleetFile({ hosts }));
  root = await personOf(world, 'Root', 'admin');
  eve = await personOf(world, 'Eve', 'operator');
});
afterAll(() => world.close());

const markRequired = (version: string) =>
  world.ctx.db.update(release).set({ required: true }).where(eq(release.version, version));
const jobs = async () => (await jobViews(world.ctx.db, {})).length;
const kinds = async (jobId: number) =>
  (await activities(world)).filter((line) => line.jobId === jobId).map(({ kind }) => kind);
/** The next plans wait for an approval and stand under a strict hold. */
async function close(): Promise<void> {
  await apply(world, fleetFile({ hosts, approvals: [agreed] }));
  await createHold.run(world.ctx, world.operator, { scope: {}, reason: 'Q3 close', strict: true });
}
async function expectUsedGlass(jobId: number): Promise<void> {
  const { hash } = await exactPlan(world.ctx.db, jobId);
  expect(await lastGlass(world.ctx.db, jobId)).toMatchObject({
    by: 'Root',
    reason: 'the line stands still',
    planHash: hash,
    openedAt: world.time.now,
    usedAt: world.time.now,
  });
}

describe('an install that would skip a required release', () => {
  beforeEach(async () => {
    await publish(world, ['1.0.0', '2.0.0', '3.0.0']);
    await rollout.download([1, 2, 3]);
    await rollout.install(1, [1, 2]);
    await rollout.finish();
    await markRequired('2.0.0');
  });
  const start = (more: object = { breakGlass }, actor = root) =>
    startInstall.run(world.ctx, actor, { releaseId: 3, hostIds: [1, 2], plan: atOnce, ...more });
  const preview = (more: object = {}) =>
    previewInstall.run(world.ctx, eve, { releaseId: 3, hostIds: [1, 2], plan: atOnce, ...more });

  test('is refused without break-glass, and the preview says that it would pass', async () => {
    expect(await preview()).toMatchObject({ refusal: { code: 'required_first' }, passable: true });
    await expect(start({})).rejects.toMatchObject({ code: 'refused', reason: 'required_first' });
    expect(await preview({ releaseId: 2 })).toMatchObject({ refusal: null, passable: false });
  });

  test('starts by break-glass, passes hold and approval too, and says so wherever the plan is', async () => {
    await close();
    const job = await start();
    expect(job).toMatchObject({ brokenGlass: { by: 'Root', reason: 'the line stands still' } });
    await expectUsedGlass(job.id);
    expect(await kinds(job.id)).toContain('approval.glass_broken');
    await rollout.finish();
    expect(await rollout.job(job.id)).toMatchObject({ status: 'succeeded', counts: { succeeded: 2 } });
    expect(await approvalViews(world.ctx.db, {})).toMatchObject([{ state: 'superseded', brokenGlassBy: 'Root' }]);
  });

  test('without an approval to wait for is told as the job’s own', async () => {
    const { id } = await start();
    expect(await kinds(id)).toContain('job.glass_broken');
    await rollout.finish();
    expect((await rollout.job(id)).status).toBe('succeeded');
  });

  test('is opened for one plan and one use: the next is refused again', async () => {
    await start({ hostIds: [1], breakGlass });
    await rollout.finish();
    await expect(start({ hostIds: [2] })).rejects.toMatchObject({ reason: 'required_first' });
    const failed = await start({ hostIds: [2], breakGlass });
    await rollout.finish([2]);
    await rollout.report(2, '1.0.0');
    await expect(retryJob.run(world.ctx, root, { id: failed.id })).rejects.toMatchObject({ reason: 'required_first' });
  });

  test('is for people who are admin now, with a reason, and leaves nothing behind otherwise', async () => {
    const before = await jobs();
    await expect(start({ breakGlass }, eve)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(start({ breakGlass }, world.operator)).rejects.toMatchObject({ code: 'not_permitted' });
    const token: Actor = { kind: 'token', id: 1, name: 'token ci', grants: [{ role: 'admin' }] };
    await expect(start({ breakGlass }, token)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(start({ breakGlass: { reason: ' ' } })).rejects.toMatchObject({ reason: 'reason_missing' });
    await regrant(world, root, 'operator');
    await expect(start()).rejects.toMatchObject({ code: 'not_permitted' });
    expect(await jobs()).toBe(before);
    expect((await activities(world)).filter(({ kind }) => kind.endsWith('glass_broken'))).toEqual([]);
  });

  test('is not started by break-glass where nothing required stands in the way', async () => {
    await expect(start({ releaseId: 2, breakGlass })).rejects.toMatchObject({ reason: 'nothing_to_pass' });
  });

  test('never passes a demotion, a package that is missing, or a host that is retired', async () => {
    await world.ctx.db.update(host).set({ life: 'retired' }).where(eq(host.name, 'line-2'));
    expect(await preview()).toMatchObject({ passable: false });
    await expect(start()).rejects.toMatchObject({ reason: 'retired' });
    await world.ctx.db.update(channelEntry).set({ demotedAt: world.time.now }).where(eq(channelEntry.releaseId, 3));
    expect(await preview({ hostIds: [1] })).toMatchObject({ refusal: { code: 'demoted' }, passable: false });
    await expect(start({ hostIds: [1], breakGlass })).rejects.toMatchObject({ reason: 'demoted' });
    await publish(world, ['4.0.0']);
    const missing = { releaseId: 4, hostIds: [1], breakGlass };
    expect(await preview(missing)).toMatchObject({ passable: false });
    await expect(start(missing)).rejects.toMatchObject({ reason: 'not_downloaded' });
  });
});

describe('a rollback that would undo a required release', () => {
  let failed: number;
  beforeEach(async () => {
    await publish(world, ['1.0.0', '2.0.0']);
    await rollout.download([1, 2]);
    await rollout.install(1, [1, 2]);
    await rollout.finish();
    world.time.now += 60_000;
    failed = await rollout.install(2, [1, 2], { maxFailures: { count: 100 } });
    await rollout.finish([1]);
    await markRequired('2.0.0');
  });
  const start = (more: object = { breakGlass }, actor = root) =>
    startRollback.run(world.ctx, actor, { id: failed, reason: 'line 1 is down', ...more });
  const preview = (more: object = {}) => previewRollback.run(world.ctx, eve, { id: failed, ...more });

  test('is refused without break-glass, and the preview says that it would pass', async () => {
    expect(await preview()).toMatchObject({ refusal: { code: 'rollback_blocked' }, passable: true });
    await expect(start({})).rejects.toMatchObject({ reason: 'rollback_blocked' });
  });

  test('starts by break-glass, passes hold and approval too, and is over after one use', async () => {
    await close();
    const { started } = await start();
    expect(started).toMatchObject([{ kind: 'rollback', version: '1.0.0', brokenGlass: { by: 'Root' } }]);
    await expectUsedGlass(started[0]!.id);
    expect(await kinds(started[0]!.id)).toContain('approval.glass_broken');
    await rollout.finish([1]);
    expect((await rollout.job(started[0]!.id)).status).toBe('failed');
    await expect(retryJob.run(world.ctx, root, { id: started[0]!.id })).rejects.toMatchObject({
      reason: 'break_glass_used',
    });
    await rollout.report(1, '2.0.0');
    await expect(start({})).rejects.toMatchObject({ reason: 'rollback_blocked' });
  });

  test('brings the host back', async () => {
    const { started } = await start();
    await rollout.finish();
    expect(await rollout.job(started[0]!.id)).toMatchObject({ status: 'succeeded', counts: { succeeded: 1 } });
  });

  test('is for people who are admin, with a reason', async () => {
    const before = await jobs();
    await expect(start({ breakGlass }, eve)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(start({ breakGlass }, world.operator)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(start({ breakGlass: { reason: '' } })).rejects.toMatchObject({ reason: 'reason_missing' });
    expect(await jobs()).toBe(before);
  });

  test('never passes a retired host, one that nobody affected, or a job that may go back anyway', async () => {
    await expect(start({ hostIds: [2], breakGlass })).rejects.toMatchObject({ reason: 'not_affected' });
    await world.ctx.db.update(release).set({ required: false });
    await expect(start()).rejects.toMatchObject({ reason: 'nothing_to_pass' });
    await markRequired('2.0.0');
    await world.ctx.db.update(host).set({ life: 'retired' }).where(eq(host.name, 'line-1'));
    expect(await preview({ hostIds: [1] })).toMatchObject({ refusal: { code: 'retired' }, passable: false });
    await expect(start({ hostIds: [1], breakGlass })).rejects.toMatchObject({ reason: 'retired' });
  });
});
