import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobViews } from '../../../db/queries/views.ts';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { listAutomatic } from '../../../server/services/automatic/list.ts';
import { enqueueDue, sweepJobs } from '../../../server/services/engine/due.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { listHolds } from '../../../server/services/hold/list.ts';
import { releaseHold } from '../../../server/services/hold/release.ts';
import { previewInstall } from '../../../server/services/install/preview.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { pausePipeline } from '../../../server/services/pipeline/pause.ts';
import { breakGlass } from '../../../server/services/approval/break-glass.ts';
import { decideApproval } from '../../../server/services/approval/decide.ts';
import { startRollback } from '../../../server/services/rollback/start.ts';
import { endDownload } from '../../../server/services/release/download.ts';
import { personOf } from '../../support/people.ts';
import { HOUR, MINUTE, pipelines, type Pipelines } from '../../support/pipeline.ts';
import { rollouts } from '../../support/rollout.ts';
import { openWorld, start, type World } from '../../support/world.ts';

let world: World;
let line: Pipelines;
let rollout: ReturnType<typeof rollouts>;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0', SIGNALBOX_PIPELINE_MS: String(HOUR) });
});
beforeEach(async () => {
  await world.clear();
  line = pipelines(world);
  rollout = rollouts(world);
});
afterAll(() => world.close());

/** 2026-03-02 is a Monday, and the tests begin at 08:00: the window opens at 22:00. */
const night = { timeZone: 'UTC', windows: [{ days: ['mon', 'tue'], start: '22:00', end: '02:00' }] };
const opens = Date.parse('2026-03-02T22:00:00Z');
const closes = Date.parse('2026-03-03T02:00:00Z');

const fleet = (environment: object, more: object = {}, product: object = {}) => ({
  products: [
    { name: 'orders', channels: ['dev', 'stable'], entryChannels: ['dev'], feed: { folder: '/srv/feed' }, ...product },
  ],
  environments: [{ name: 'plant', subscriptions: { orders: 'dev' }, updatePolicy: 'auto', ...environment }],
  hosts: [1, 2].map((n) => ({ name: `line-${n}`, environment: 'plant', root: `/srv/${n}`, local: true })),
  ...more,
});
const jobs = async () => (await jobViews(world.ctx.db, {})).filter(({ kind }) => kind !== 'download');
const told = async () =>
  (await jobs()).map(({ kind, version, status, requestedBy, problem }) =>
    [kind, version, status, requestedBy, problem?.code].filter(Boolean).join(' '),
  );
const why = async () =>
  (await listAutomatic.run(world.ctx, world.operator, { limit: 10 })).items.map(({ host, target, reasons }) =>
    [host, target ?? '-', ...reasons.map(({ code }) => code)].join(' '),
  );
/** Packages that were asked for arrive. */
async function arrive(): Promise<void> {
  for (const { jobId } of await world.take('release.download')) {
    await endDownload(world.ctx, jobId, { status: 'succeeded', hooks: {} });
  }
  await line.look();
}

describe('an environment that is updated by itself', () => {
  test('gets the newest release as an ordinary job, its package with it, and then stays', async () => {
    await line.declare(fleet({}));
    await line.publish(['1.0.0', '1.1.0']);
    await line.settle();
    expect(await why()).toEqual(['line-1 1.1.0 not_downloaded', 'line-2 1.1.0 not_downloaded']);
    await arrive();
    expect(await told()).toEqual(['install 1.1.0 queued signalbox']);
    await rollout.finish();
    await line.look();
    expect(await told()).toEqual(['install 1.1.0 succeeded signalbox']);
    expect(await why()).toEqual(['line-1 - up_to_date', 'line-2 - up_to_date']);
  });

  test('tries a release once on a host, until a person tries it there', async () => {
    await line.declare(fleet({}));
    await line.publish(['1.0.0']);
    await line.settle();
    await arrive();
    await rollout.finish([1, 2]);
    // What failed left nothing on the hosts.
    await line.report(1, null);
    await line.report(2, null);
    await line.pass(3 * HOUR);
    expect(await told()).toEqual(['install 1.0.0 failed signalbox over_budget']);
    expect(await why()).toEqual(['line-1 1.0.0 already_tried', 'line-2 1.0.0 already_tried']);
    await startInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: [1] });
    const [, mine] = await jobs();
    await cancelJob.run(world.ctx, world.operator, { id: mine!.id });
    await line.look();
    expect((await told()).at(-1)).toBe('install 1.0.0 queued signalbox');
    expect((await jobs()).at(-1)?.counts.pending).toBe(1);
  });

  test('waits for its window, says so, and starts at that instant', async () => {
    await line.declare(fleet({ maintenance: night }));
    await line.publish(['1.0.0']);
    await line.settle();
    await arrive();
    expect(await why()).toEqual(['line-1 1.0.0 window_closed', 'line-2 1.0.0 window_closed']);
    await line.pass(opens - 1 - world.time.now);
    expect(await told()).toEqual([]);
    await line.pass(1);
    expect(await told()).toEqual(['install 1.0.0 queued signalbox']);
  });

  test('is stopped by holds, by a pause and by who works on the host, each with its reason', async () => {
    await line.declare(fleet({}, {}, { pipeline: {} }));
    await line.publish(['1.0.0', '2.0.0']);
    await rollout.download([1, 2]);
    await createHold.run(world.ctx, world.operator, { scope: { host: 'line-1' }, reason: 'x', strict: false });
    await startInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: [2] });
    await line.settle();
    expect(await why()).toEqual(['line-1 2.0.0 held', 'line-2 2.0.0 blocked_by_job']);
    await pausePipeline.run(world.ctx, world.operator, { id: 1, reason: 'audit' });
    await line.settle();
    expect(await why()).toEqual(['line-1 - pipeline_paused', 'line-2 - pipeline_paused']);
    expect(await told()).toHaveLength(1);
  });

  test('asks for approval like anybody, and says that it waits', async () => {
    await line.declare(fleet({}, { approvals: [{ name: 'all' }] }));
    await line.publish(['1.0.0']);
    await rollout.download([1]);
    await line.settle();
    await line.look();
    expect(await told()).toEqual(['install 1.0.0 waiting_approval signalbox approval_pending']);
    expect((await why())[0]).toBe('line-1 1.0.0 already_tried approval_pending blocked_by_job');
  });

  test('keeps what soaks there: a stream of newer releases does not starve the soak, a hotfix passes', async () => {
    const stage = {
      source: 'dev',
      target: 'stable',
      kind: 'canary',
      promoteWhenHealthy: { needed: 1, duration: '1d' },
    };
    await line.declare(fleet({}, {}, { pipeline: { stages: [stage] } }));
    await line.publish(['1.0.0']);
    await rollout.download([1]);
    await line.settle();
    const [first] = await rollout.deliver();
    await rollout.succeed(first!);
    await line.publish(['1.1.0']);
    await rollout.download([2]);
    await line.look();
    // The host that has not got there goes to what soaks, not past it.
    await rollout.finish();
    await line.look();
    expect(await told()).toEqual(['install 1.0.0 succeeded signalbox']);
    expect(await why()).toEqual(['line-1 1.1.0 pinned_by_canary', 'line-2 1.1.0 pinned_by_canary']);
    await line.publish(['1.2.0'], { severity: 'hotfix' });
    await rollout.download([3]);
    await line.look();
    expect((await told()).at(-1)).toBe('install 1.2.0 queued signalbox');
  });
});

test('nothing that moves by itself undoes a rollback, look after look, until a person releases its hold', async () => {
  await line.declare(fleet({}, { hosts: [{ name: 'line-1', environment: 'plant', root: '/srv/1', local: true }] }));
  for (const [version, bad] of [
    ['1.0.0', []],
    ['2.0.0', [1]],
  ] as const) {
    await line.publish([version]);
    await line.settle();
    await arrive();
    await rollout.finish(bad);
    await line.pass(HOUR);
  }
  const [, failed] = await jobs();
  await startRollback.run(world.ctx, world.operator, { id: failed!.id, reason: 'line 1 is down' });
  await rollout.finish();
  const before = [
    'install 1.0.0 succeeded signalbox',
    'install 2.0.0 failed signalbox over_budget',
    'rollback 1.0.0 succeeded Ana',
  ];
  expect(await told()).toEqual(before);
  for (let hour = 0; hour < 50; hour += 1) {
    if (hour === 25) await line.publish(['3.0.0']);
    await line.pass(HOUR);
    await arrive();
    await sweepJobs(world.ctx);
    expect(await rollout.deliver()).toEqual([]);
    expect(await told()).toEqual(before);
    expect((await why())[0]).toContain('held');
  }
  const { items } = await listHolds.run(world.ctx, world.operator, { state: 'standing', limit: 10 });
  expect(items).toMatchObject([{ scope: { product: 'orders', host: 'line-1' } }]);
  await releaseHold.run(world.ctx, world.operator, { id: items[0]!.id, reason: '3.0.0 has the fix' });
  await line.look();
  await arrive();
  await rollout.finish();
  expect(await told()).toEqual([...before, 'install 3.0.0 succeeded signalbox']);
});

describe('maintenance windows of an environment', () => {
  const install = (more: object = {}) =>
    startInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: [1, 2], ...more });
  const ready = async (more: object = {}) => {
    await line.declare(fleet({ updatePolicy: 'manual', maintenance: night }, more));
    await line.publish(['1.0.0']);
    await rollout.download([1]);
  };

  test('keep an operator’s install waiting, which goes on by itself when one opens', async () => {
    await ready();
    const preview = await previewInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: [1] });
    expect(preview.hosts[0]?.windowClosed).toMatchObject({ code: 'window_closed', until: opens });
    await install();
    expect(await rollout.deliver()).toEqual([]);
    expect(await jobs()).toMatchObject([
      { status: 'waiting', windowOverride: null, problem: { code: 'window_closed', until: opens } },
    ]);
    world.time.now = opens - 1;
    await enqueueDue(world.ctx);
    expect(await rollout.deliver()).toEqual([]);
    world.time.now = opens;
    await enqueueDue(world.ctx);
    expect(await rollout.deliver()).toHaveLength(1);
  });

  test('let a task that runs go on when they close, and no other start', async () => {
    await ready();
    world.time.now = closes - MINUTE;
    await install({ plan: { waves: [{ ppm: 1_000_000 }], maxParallel: 1 } });
    const [running] = await rollout.deliver();
    world.time.now = closes;
    await rollout.succeed(running!);
    expect(await rollout.deliver()).toEqual([]);
    expect(await jobs()).toMatchObject([{ status: 'waiting', counts: { succeeded: 1, pending: 1 } }]);
  });

  test('are passed by an override with a reason, which the job shows', async () => {
    await ready();
    await install({ override: { reason: 'line 1 stands still' } });
    expect(await rollout.deliver()).toHaveLength(1);
    expect(await jobs()).toMatchObject([{ status: 'running', windowOverride: 'line 1 stands still' }]);
  });

  test('are named on the card: what is approved may start until that window ends', async () => {
    await ready({ approvals: [{ name: 'all' }] });
    const approver = await personOf(world, 'Ben', 'approver');
    const job = await install();
    const [card] = await approvalViews(world.ctx.db, {});
    expect(card).toMatchObject({ window: { from: opens, until: closes }, windowOverride: null });
    await decideApproval.run(world.ctx, approver, { id: card!.id, verdict: 'approve' });
    world.time.now = start + 5 * HOUR;
    await rollout.deliver();
    expect((await jobs())[0]?.status).toBe('waiting');
    world.time.now = opens;
    await enqueueDue(world.ctx);
    expect(await rollout.deliver()).toHaveLength(1);
    expect((await rollout.job(job.id)).status).toBe('running');
  });

  test('that pass unused let the approval expire', async () => {
    await ready({ approvals: [{ name: 'all' }] });
    const approver = await personOf(world, 'Ben', 'approver');
    await install();
    await createHold.run(world.ctx, world.operator, { scope: {}, reason: 'x', strict: false });
    await decideApproval.run(world.ctx, approver, { id: 1, verdict: 'approve' });
    world.time.now = closes;
    await enqueueDue(world.ctx);
    await rollout.deliver();
    expect(await approvalViews(world.ctx.db, {})).toMatchObject([{ state: 'expired' }]);
    expect((await jobs())[0]?.status).toBe('cancelled');
  });

  test('are passed by break-glass', async () => {
    await ready();
    const admin = await personOf(world, 'Ada', 'admin');
    const job = await install();
    await rollout.deliver();
    await breakGlass.run(world.ctx, admin, { id: job.id, reason: 'line 1 stands still' });
    expect(await rollout.deliver()).toHaveLength(1);
  });
});
