import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { incidentViews } from '../../../db/queries/steering-views.ts';
import { acknowledgeIncident } from '../../../server/services/incident/acknowledge.ts';
import { escalateToOthers } from '../../../server/services/incident/escalate.ts';
import { listIncidents } from '../../../server/services/incident/list.ts';
import { resolveIncident } from '../../../server/services/incident/resolve.ts';
import { showIncident } from '../../../server/services/incident/show.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { retryJob } from '../../../server/services/job/retry.ts';
import { endDownload } from '../../../server/services/release/download.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { startRollback } from '../../../server/services/rollback/start.ts';
import { rollouts } from '../../support/rollout.ts';
import { until } from '../../support/until.ts';
import { declareFleet, openWorld, publish, type World } from '../../support/world.ts';

let world: World;
let rollout: ReturnType<typeof rollouts>;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
  rollout = rollouts(world);
});
afterEach(() => world.clear());
afterAll(() => world.close());

async function ready(): Promise<void> {
  await declareFleet(world, { targets: 3 });
  await publish(world, ['1.0.0', '2.0.0']);
  await rollout.download([1, 2]);
}

const incidents = () => incidentViews(world.ctx.db, {});
const show = (id: number) => showIncident.run(world.ctx, world.operator, { id });

describe('an incident is opened', () => {
  test('when a job halts, while its other hosts are still at work, and once only', async () => {
    await ready();
    const id = await rollout.install(1, [1, 2, 3], { maxParallel: 2 });
    const [first, second] = await rollout.deliver();
    await rollout.fail(first!);
    expect(await rollout.job(id)).toMatchObject({ status: 'running' });
    expect(await incidents()).toMatchObject([
      { jobId: id, status: 'open', owner: null, cause: { code: 'job_halted' } },
    ]);
    await rollout.fail(second!);
    expect(await rollout.job(id)).toMatchObject({ status: 'failed' });
    expect(await incidents()).toHaveLength(1);
  });

  test('when a job ends failed within its budget', async () => {
    await ready();
    await rollout.install(1, [1, 2, 3], { maxFailures: { count: 3 } });
    await rollout.finish([2]);
    expect((await incidents())[0]?.cause).toMatchObject({
      code: 'job_failed',
      sentence: 'The install of 1.0.0 (job 3) failed: 1 host failed.',
    });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['is refused', () => demoteRelease.run(world.ctx, world.operator, { id: 1, channel: 'stable', reason: 'bad' })],
    ['is cancelled', () => cancelJob.run(world.ctx, world.operator, { id: 3 })],
  ])('never when a job %s without a failure', async (_what, end) => {
    await ready();
    const id = await rollout.install(1, [1, 2, 3]);
    await end();
    await rollout.finish();
    expect((await rollout.job(id)).endedAt).not.toBeNull();
    expect(await incidents()).toEqual([]);
  });

  test('never by a download: its release says why it failed', async () => {
    await declareFleet(world, { targets: 1 });
    await publish(world, ['1.0.0']);
    const { id } = await requestDownload.run(world.ctx, world.operator, { id: 1 });
    await endDownload(world.ctx, id, { status: 'failed', problem: { code: 'digest_mismatch', sentence: 'another' } });
    expect(await rollout.job(id)).toMatchObject({ status: 'failed' });
    expect(await incidents()).toEqual([]);
  });
});

describe('an incident', () => {
  async function failed(): Promise<{ id: number; jobId: number }> {
    await ready();
    await rollout.install(1, [1, 2, 3]);
    await rollout.finish();
    await rollout.install(2, [1, 2, 3]);
    await rollout.finish([1]);
    return (await incidents())[0]!;
  }

  test('is acknowledged once, and its owner is who did', async () => {
    const { id } = await failed();
    const taken = await acknowledgeIncident.run(world.ctx, world.operator, { id });
    expect(taken).toMatchObject({ status: 'acknowledged', owner: 'Ana', acknowledgedBy: 'Ana' });
    await expect(acknowledgeIncident.run(world.ctx, world.operator, { id })).rejects.toMatchObject({
      code: 'stale',
      reason: 'already_acknowledged',
      message: expect.stringContaining('Ana'),
    });
  });

  test('calls others as often as somebody escalates it, and stays as it is', async () => {
    const { id } = await failed();
    const called = await escalateToOthers.run(world.ctx, world.operator, { id, reason: 'line 2 stands still' });
    expect(called).toMatchObject({ status: 'open', escalatedBy: 'Ana', escalatedAt: world.time.now });
    world.time.now += 60_000;
    expect(await escalateToOthers.run(world.ctx, world.operator, { id })).toMatchObject({
      escalatedAt: world.time.now,
    });
    expect((await show(id)).timeline.filter(({ kind }) => kind === 'incident.escalated')).toMatchObject([
      { actor: 'Ana', detail: { reason: 'line 2 stands still' } },
      { actor: 'Ana', detail: {} },
    ]);
  });

  test('is resolved with what ended it, acknowledged on the way', async () => {
    const { id } = await failed();
    const ended = await resolveIncident.run(world.ctx, world.operator, { id, resolution: 'disk replaced' });
    expect(ended).toMatchObject({ status: 'resolved', acknowledgedBy: 'Ana', resolution: 'disk replaced' });
    await expect(resolveIncident.run(world.ctx, world.operator, { id, resolution: 'again' })).rejects.toMatchObject({
      reason: 'already_resolved',
    });
    const open = await listIncidents.run(world.ctx, world.operator, { status: 'open', limit: 10 });
    expect(open.items).toEqual([]);
  });

  test('that nobody knows is not found', async () => {
    await expect(show(9)).rejects.toMatchObject({ code: 'not_found' });
    await expect(acknowledgeIncident.run(world.ctx, world.operator, { id: 9 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('follows the recovery: retries and rollbacks of its job, asked for and ended', async () => {
    const { id, jobId } = await failed();
    const again = await retryJob.run(world.ctx, world.operator, { id: jobId, statuses: ['failed'] });
    await rollout.finish([1]);
    const { started } = await startRollback.run(world.ctx, world.operator, { id: jobId, reason: 'line 1 is down' });
    await rollout.finish();
    const rollback = started[0]!.id;
    const shown = await until('the settled log', async () => {
      const now = await show(id);
      return now.timeline.some(({ kind, entity }) => kind === 'job.ended' && entity.id === rollback) && now;
    });
    expect(shown.jobs.map((job) => [job.id, job.kind, job.status])).toEqual([
      [jobId, 'install', 'failed'],
      [again.id, 'install', 'failed'],
      [rollback, 'rollback', 'succeeded'],
    ]);
    const noted = shown.timeline.filter(({ kind, entity }) => kind === 'incident.noted' && entity.id === id);
    expect(noted.map(({ detail }) => [detail.job, detail.jobKind, detail.status])).toEqual([
      [again.id, 'install', 'queued'],
      [again.id, 'install', 'failed'],
      [rollback, 'rollback', 'queued'],
      [rollback, 'rollback', 'succeeded'],
    ]);
    expect(shown.timeline.map(({ kind }) => kind)).toContain('hold.created');
    expect(shown.timeline.map(({ kind }) => kind)).not.toContain('task.step');
    expect(shown.timeline.map(({ at }) => at)).toEqual(shown.timeline.map(({ at }) => at).toSorted((a, b) => a - b));
  });

  test('that was resolved is open again when its rollback finds no way back', async () => {
    await ready();
    const jobId = await rollout.install(1, [1]);
    await rollout.finish([1]);
    const id = (await incidents())[0]!.id;
    await resolveIncident.run(world.ctx, world.operator, { id, resolution: 'looks fine' });
    await startRollback.run(world.ctx, world.operator, { id: jobId, reason: 'it is not' });
    expect(await incidents()).toMatchObject([
      { id, status: 'open', resolvedAt: null, resolution: null, cause: { code: 'no_known_good' } },
    ]);
  });
});
