import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { decideApproval } from '../../../server/services/approval/decide.ts';
import { showApproval } from '../../../server/services/approval/show.ts';
import { startPath } from '../../../server/services/install/path.ts';
import { previewInstall } from '../../../server/services/install/preview.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { advanceJob } from '../../../server/services/job/advance.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { editRelease } from '../../../server/services/release/edit.ts';
import { setRequired } from '../../../server/services/release/set-required.ts';
import { previewRollback } from '../../../server/services/rollback/preview.ts';
import { approvalFacts } from '../../../server/services/slack/approval-facts.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { apply } from '../../support/fleet.ts';
import { personOf } from '../../support/people.ts';
import { atOnce, fleetFile } from '../../support/rollout-in-hand.ts';
import { rollouts } from '../../support/rollout.ts';
import { openWorld, publish, type World } from '../../support/world.ts';

const HOUR_MS = 3_600_000;
let world: World;
let rollout: ReturnType<typeof rollouts>;
let ana: Actor;
const hosts = { plant: ['line-1', 'line-2'] };

/** line-1 runs 1.0.0, line-2 runs 2.0.0, which must not be skipped; 3.0.0 is wanted on both. */
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
  rollout = rollouts(world);
});
beforeEach(async () => {
  await world.clear();
  await apply(world, fleetFile({ hosts }));
  ana = await personOf(world, 'Ana', 'operator');
  await publish(world, ['1.0.0', '2.0.0', '3.0.0']);
  await rollout.download([1, 2, 3]);
  await rollout.install(1, [1]);
  await rollout.install(2, [2]);
  await rollout.finish();
  await setRequired.run(world.ctx, ana, { id: 2, required: true });
});
afterAll(() => world.close());

const wanted = { releaseId: 3, hostIds: [1, 2], plan: atOnce };
const startIt = async () => (await startPath.run(world.ctx, ana, wanted)).jobs;
const job = async (id: number) => (await jobViews(world.ctx.db, [id]))[0]!;
const runs = async () => {
  const rows = await world.ctx.db.$client<{ version: string }[]>`
    select reported_version as version from host_product order by host_id`;
  return rows.map(({ version }) => version);
};

describe('an install that would skip a required release', () => {
  test('is refused, and its preview offers the way over it, with all notes between', async () => {
    await expect(startInstall.run(world.ctx, ana, wanted)).rejects.toMatchObject({ reason: 'required_first' });
    expect(await previewInstall.run(world.ctx, ana, wanted)).toMatchObject({
      refusal: { code: 'required_first' },
      passable: true,
      path: {
        legs: [
          { version: '2.0.0', hosts: 1 },
          { version: '3.0.0', hosts: 2 },
        ],
        refusal: null,
      },
      notes: [
        { version: '3.0.0', required: false },
        { version: '2.0.0', required: true },
      ],
    });
    const straight = { releaseId: 3, hostIds: [2] };
    expect(await previewInstall.run(world.ctx, ana, straight)).toMatchObject({ refusal: null, path: null });
    await expect(startPath.run(world.ctx, ana, straight)).rejects.toMatchObject({ reason: 'no_path' });
  });

  test('is read about by whoever has to agree: all notes on the way, in the console and for the card', async () => {
    await apply(world, {
      ...fleetFile({ hosts }),
      approvals: [{ name: 'two', match: {}, required: 1, roles: ['admin'] }],
    });
    await setRequired.run(world.ctx, ana, { id: 2, required: false });
    await editRelease.run(world.ctx, ana, { id: 2, notes: 'Migrates.' });
    await startInstall.run(world.ctx, ana, wanted);
    const notes = [
      { version: '3.0.0', notes: '', required: false },
      { version: '2.0.0', notes: 'Migrates.', required: false },
    ];
    expect((await showApproval.run(world.ctx, ana, { id: 1 })).plan.notes).toEqual(notes);
    expect((await approvalFacts(world.ctx, 1))?.notes).toEqual(notes);
  });

  test('goes as one plan of two jobs: the second waits for the first, says so, and goes by itself', async () => {
    const [first, second] = await startIt();
    expect([first, second]).toMatchObject([
      { version: '2.0.0', afterJobId: null, counts: { pending: 1 } },
      { version: '3.0.0', afterJobId: first!.id, counts: { pending: 2 } },
    ]);
    const held = await rollout.deliver();
    expect(held).toHaveLength(1);
    expect(await job(second!.id)).toMatchObject({
      status: 'waiting',
      problem: { code: 'after_job', sentence: `Job ${first!.id} brings 2.0.0 first, which must not be skipped.` },
    });
    await rollout.succeed(held[0]!);
    await rollout.finish();
    expect([(await job(first!.id)).status, (await job(second!.id)).status]).toEqual(['succeeded', 'succeeded']);
    expect(await runs()).toEqual(['3.0.0', '3.0.0']);
  });

  test('does not go on when the first job fails: the second is cancelled with the reason, and nothing of it ran', async () => {
    const [first, second] = await startIt();
    const [held] = await rollout.deliver();
    await rollout.fail(held!);
    await rollout.finish();
    expect(await job(first!.id)).toMatchObject({ status: 'failed' });
    expect(await job(second!.id)).toMatchObject({ status: 'cancelled', counts: { not_started: 2, succeeded: 0 } });
    expect(await runs()).toEqual(['1.0.0', '2.0.0']);
    const incidents = await world.ctx.db.$client`select job_id from incident`;
    expect(incidents).toEqual([{ job_id: first!.id }]);
  });

  test('is taken back as a whole by cancelling its first job', async () => {
    const [first, second] = await startIt();
    await cancelJob.run(world.ctx, ana, { id: first!.id });
    await rollout.finish();
    expect([(await job(first!.id)).status, (await job(second!.id)).status]).toEqual(['cancelled', 'cancelled']);
  });
});

describe('a path whose plans need approval', () => {
  let eve: Actor;
  beforeEach(async () => {
    eve = await personOf(world, 'Eve', 'approver');
    const agreed = { name: 'agreed', match: { actions: ['install'] }, required: 1, roles: ['approver'] };
    await apply(world, fleetFile({ hosts, approvals: [agreed] }));
  });
  const approve = async () => {
    const open = (await approvalViews(world.ctx.db, {})).filter(({ state }) => state === 'pending');
    for (const { id } of open) await decideApproval.run(world.ctx, eve, { id, verdict: 'approve' });
    return open.length;
  };

  test('asks for both at once; the second lapses only after it could have started', async () => {
    const [first, second] = await startIt();
    expect(await approve()).toBe(2);
    const [held] = await rollout.deliver();
    // Longer than an approval lets its plan wait, were there nothing to wait for.
    world.time.now += 2 * HOUR_MS;
    await advanceJob(world.ctx, second!.id);
    expect(await job(second!.id)).toMatchObject({ status: 'waiting', problem: { code: 'after_job' } });
    await rollout.succeed(held!);
    await rollout.finish();
    expect([(await job(first!.id)).status, (await job(second!.id)).status]).toEqual(['succeeded', 'succeeded']);
  });

  test('asks nobody any more for the second once the first has failed', async () => {
    const [first, second] = await startIt();
    const request = (await approvalViews(world.ctx.db, {})).find(({ jobId }) => jobId === first!.id);
    await decideApproval.run(world.ctx, eve, { id: request!.id, verdict: 'reject', reason: 'not today' });
    await rollout.finish();
    expect(await job(second!.id)).toMatchObject({ status: 'cancelled' });
    const left = await approvalViews(world.ctx.db, {});
    expect(left.map(({ state }) => state).sort()).toEqual(['cancelled', 'rejected']);
  });
});

describe('a rollback', () => {
  test('across a required release is refused with the reason, and break-glass is offered beside it', async () => {
    const [, second] = await startIt();
    await rollout.finish();
    await setRequired.run(world.ctx, ana, { id: 3, required: true });
    const preview = await previewRollback.run(world.ctx, ana, {
      id: second!.id,
      hostIds: [1, 2],
      includeHealthy: true,
    });
    expect(preview).toMatchObject({
      refusal: { code: 'rollback_blocked' },
      passable: true,
      hosts: [
        { outcome: 'refuse', reason: { code: 'rollback_blocked' } },
        { outcome: 'refuse', reason: { code: 'rollback_blocked' } },
      ],
    });
  });
});
