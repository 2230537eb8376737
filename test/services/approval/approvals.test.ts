import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { enqueueDue } from '../../../server/services/engine/due.ts';
import { breakGlass } from '../../../server/services/approval/break-glass.ts';
import { decideApproval, type Decide } from '../../../server/services/approval/decide.ts';
import { listApprovals } from '../../../server/services/approval/list.ts';
import { showApproval } from '../../../server/services/approval/show.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { previewInstall } from '../../../server/services/install/preview.ts';
import { advanceJob } from '../../../server/services/job/advance.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { sweepJobs } from '../../../server/services/engine/due.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { incident, channelEntry } from '../../../db/schema/index.ts';
import { activities, apply } from '../../support/fleet.ts';
import { personOf, regrant } from '../../support/people.ts';
import {
  deliver,
  fleetFile,
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
let ana: Actor;
let ben: Actor;
let cem: Actor;

const hour = 3_600_000;
const hosts = { plant: ['a-1', 'a-2'], lab: ['b-1'] };
const labels = { plant: { tier: 'gold' } };
const rule = {
  name: 'production',
  match: { actions: ['install'], environmentLabels: [{ key: 'tier', values: ['gold'] }] },
  required: 2,
  roles: ['approver'],
};

beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
});
beforeEach(async () => {
  await world.clear();
  await readyFleet(world, { hosts, labels, approvals: [rule] });
  ana = await personOf(world, 'Ana', 'operator', 'approver');
  ben = await personOf(world, 'Ben', 'approver');
  cem = await personOf(world, 'Cem', 'approver');
});
afterAll(() => world.close());

const asked = async (hostIds = [1, 2], actor = ana) => {
  const job = await install(world, hostIds, undefined, actor);
  await world.take('job.advance');
  return job;
};
const decide = async (actor: Actor, verdict: Decide['verdict'] = 'approve', reason?: string) => {
  const { answer, approval } = await decideApproval.run(world.ctx, actor, { id: 1, verdict, reason });
  return [answer.code, approval.state];
};
const state = async () => (await approvalViews(world.ctx.db, [1]))[0];
const rule1 = (change: object) => apply(world, fleetFile({ hosts, labels, approvals: [{ ...rule, ...change }] }));

describe('a plan that a rule wants others to agree to', () => {
  test('waits for them, starts nothing meanwhile, and says who and until when', async () => {
    const job = await asked();
    expect(await jobOf(world, job)).toMatchObject({
      status: 'waiting_approval',
      problem: { code: 'approval_pending', until: world.time.now + 8 * hour },
    });
    await sweepJobs(world.ctx);
    expect(await deliver(world)).toEqual([]);
    expect(await state()).toMatchObject({ state: 'pending', required: 2, roles: ['approver'], requester: 'Ana' });
    expect((await activities(world)).filter(({ jobId }) => jobId === job).map(({ kind }) => kind)).toEqual([
      'job.requested',
      'task.created',
      'task.created',
      'approval.requested',
      'job.waiting',
    ]);
  });

  test('runs once the last of them has agreed', async () => {
    const job = await asked();
    expect(await decide(ben)).toEqual(['recorded', 'pending']);
    expect(await deliver(world)).toEqual([]);
    expect(await decide(cem)).toEqual(['recorded', 'approved']);
    expect((await jobOf(world, job)).status).toBe('queued');
    const held = await deliver(world);
    expect(await hostsOf(world, held)).toEqual(['a-1', 'a-2']);
    for (const one of held) await succeed(world, one);
    expect(await jobOf(world, job)).toMatchObject({ status: 'succeeded', problem: null });
    expect(await state()).toMatchObject({ state: 'approved', approvedBy: ['Ben', 'Cem'], endedBy: 'Cem' });
  });

  test('elsewhere needs nobody, nor does one that changes nothing', async () => {
    expect((await jobOf(world, await asked([3]))).status).toBe('queued');
    const preview = (hostIds: number[]) => previewInstall.run(world.ctx, ana, { releaseId: 1, hostIds });
    expect((await preview([1, 3])).approval).toMatchObject({ rule: 'production', required: 2, roles: ['approver'] });
    expect((await preview([3])).approval).toBeNull();
  });

  test('is shown with its hosts, what changes, its waves, and every click with its answer', async () => {
    await asked();
    await decide(ana);
    await decide(ben, 'approve', 'looks good');
    const shown = await showApproval.run(world.ctx, ana, { id: 1 });
    expect(shown.plan).toMatchObject({ waves: [2], environments: ['plant'] });
    expect(shown.plan.hosts).toMatchObject([{ name: 'a-1', fromVersion: null, toVersion: '1.0.0', changes: true }, {}]);
    expect(shown.plan.hash.startsWith(shown.approval.planHash)).toBe(true);
    expect(shown.decisions.map(({ by, reason, result }) => [by, reason, result.code])).toEqual([
      ['Ana', null, 'own_request'],
      ['Ben', 'looks good', 'recorded'],
    ]);
    expect(shown.plan.notes).toEqual([{ version: '1.0.0', notes: '', required: false }]);
    const { items } = await listApprovals.run(world.ctx, ana, { state: 'pending', limit: 10 });
    expect(items).toMatchObject([{ id: 1, plan: { hosts: 2, waves: [2], environments: ['plant'] } }]);
  });
});

describe('every click has its answer', () => {
  test('one’s own, a second one, without the role, and after the end', async () => {
    await asked();
    const eve = await personOf(world, 'Eve', 'operator');
    expect(await decide(ana)).toEqual(['own_request', 'pending']);
    expect(await decide(eve)).toEqual(['not_eligible', 'pending']);
    expect(await decide(ben, 'cancel')).toEqual(['not_eligible', 'pending']);
    expect(await decide(ben)).toEqual(['recorded', 'pending']);
    expect(await decide(ben)).toEqual(['already_approved_by_you', 'pending']);
    expect(await decide(cem)).toEqual(['recorded', 'approved']);
    expect(await decide(eve, 'reject')).toEqual(['already_approved', 'approved']);
    const { decisions } = await showApproval.run(world.ctx, ana, { id: 1 });
    expect(decisions).toHaveLength(7);
  });

  test('a reject ends it, also by who approved before, and is said with its reason', async () => {
    const job = await asked();
    await decide(ben);
    expect(await decide(ben, 'reject', 'wrong build')).toEqual(['recorded', 'rejected']);
    expect(await jobOf(world, job)).toMatchObject({
      status: 'cancelled',
      problem: { code: 'approval_rejected' },
      counts: { not_started: 2 },
    });
    expect(await state()).toMatchObject({ endedBy: 'Ben', endReason: 'wrong build' });
    expect(await decide(cem)).toEqual(['already_rejected', 'rejected']);
    expect(await world.ctx.db.select().from(incident)).toEqual([]);
  });

  test('the requester takes it back, and so does an operator', async () => {
    const job = await asked();
    expect(await decide(ana, 'cancel')).toEqual(['recorded', 'cancelled']);
    expect((await jobOf(world, job)).status).toBe('cancelled');
    await asked();
    const eve = await personOf(world, 'Eve', 'operator');
    const { approval } = await decideApproval.run(world.ctx, eve, { id: 2, verdict: 'cancel' });
    expect(approval.state).toBe('cancelled');
  });

  test('cancelling the job takes its request back, whoever does it', async () => {
    const job = await asked();
    await cancelJob.run(world.ctx, world.operator, { id: job });
    expect((await jobOf(world, job)).status).toBe('cancelled');
    expect(await state()).toMatchObject({ state: 'cancelled', endedBy: 'Ana' });
    expect(await decide(ben)).toEqual(['already_cancelled', 'cancelled']);
  });

  test('people of one name are two people', async () => {
    await asked();
    expect(await decide(await personOf(world, 'Ben', 'approver'))).toEqual(['recorded', 'pending']);
    expect(await decide(ben)).toEqual(['recorded', 'approved']);
  });

  test('eligible is who has the role now, not who had it when they signed in', async () => {
    await asked();
    await regrant(world, ben, 'operator');
    expect(await decide(ben)).toEqual(['not_eligible', 'pending']);
    await regrant(world, ben, 'approver');
    expect(await decide(ben)).toEqual(['recorded', 'pending']);
  });

  test('a role for another environment does not count for this one', async () => {
    await rule1({ required: 1, match: {} });
    await asked([1, 3]);
    const narrow = await personOf(world, 'Dia', { role: 'approver', environment: 'plant' });
    const wide = { ...narrow, grants: [{ role: 'approver' as const }] };
    expect(await decide(wide)).toEqual(['not_eligible', 'pending']);
  });

  test('a token never decides, whatever it may do', async () => {
    await asked();
    const token: Actor = { kind: 'token', id: 1, name: 'token ci', grants: [{ role: 'approver' }, { role: 'admin' }] };
    await expect(decide(token)).rejects.toMatchObject({ code: 'not_permitted', reason: 'person_only' });
    await expect(breakGlass.run(world.ctx, token, { id: 1, reason: 'x' })).rejects.toMatchObject({
      code: 'not_permitted',
    });
  });

  test('there is no request of that number', async () => {
    await expect(decide(ben)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('time', () => {
  test('a request expires at its instant: the job is cancelled, and that is no incident', async () => {
    const job = await asked();
    await decide(ben);
    expect(await passTime(world, 8 * hour - 1)).toEqual([]);
    expect((await jobOf(world, job)).status).toBe('waiting_approval');
    await passTime(world, 1);
    expect(await jobOf(world, job)).toMatchObject({ status: 'cancelled', problem: { code: 'approval_expired' } });
    expect(await state()).toMatchObject({ state: 'expired', endedAt: world.time.now, endedBy: null });
    expect(await world.ctx.db.select().from(incident)).toEqual([]);
  });

  test('a click at that instant finds it expired, before any clock has looked', async () => {
    const job = await asked();
    world.time.now += 8 * hour;
    expect(await decide(ben)).toEqual(['already_expired', 'expired']);
    expect((await jobOf(world, job)).status).toBe('cancelled');
  });

  test('an approved plan that does not start in time is expired', async () => {
    await createHold.run(world.ctx, world.operator, { scope: {}, reason: 'Q3 close', strict: false });
    const job = await asked();
    await decide(ben);
    await decide(cem);
    expect(await deliver(world)).toEqual([]);
    expect(await jobOf(world, job)).toMatchObject({ status: 'waiting', problem: { code: 'held' } });
    await passTime(world, hour - 1);
    expect((await jobOf(world, job)).status).toBe('waiting');
    await passTime(world, 1);
    expect(await jobOf(world, job)).toMatchObject({ status: 'cancelled', problem: { code: 'approval_expired' } });
    expect(await decide(ben)).toEqual(['already_expired', 'expired']);
  });

  test('what has started goes on after that, and its request stays approved', async () => {
    const job = await install(world, [1, 2], { waves: [{ count: 1 }, { count: 2 }] }, ana);
    await decide(ben);
    await decide(cem);
    const [first] = await deliver(world);
    world.time.now += 2 * hour;
    await succeed(world, first!);
    const [second] = await deliver(world);
    await succeed(world, second!);
    expect((await jobOf(world, job)).status).toBe('succeeded');
    expect((await state())?.state).toBe('approved');
  });
});

describe('a plan that can no longer run as it was agreed to', () => {
  const demote = () => world.ctx.db.update(channelEntry).set({ demotedAt: world.time.now });
  const changes: [what: string, change: () => Promise<unknown>, why: RegExp][] = [
    ['its release is demoted', demote, /demoted/],
    [
      'a host is another machine',
      () => {
        const file = fleetFile({ hosts, labels, approvals: [rule] });
        return apply(world, { ...file, hosts: file.hosts.map((host) => ({ ...host, root: `/other/${host.name}` })) });
      },
      /hosts are others/,
    ],
  ];

  test.each(changes)('is superseded when %s, pending or approved', async (_what, change, why) => {
    const pending = await asked([1]);
    const approved = await asked([2]);
    for (const actor of [ben, cem]) await decideApproval.run(world.ctx, actor, { id: 2, verdict: 'approve' });
    await world.take('job.advance');
    await change();
    expect(await decide(ben)).toEqual(['already_superseded', 'superseded']);
    await sweepJobs(world.ctx);
    expect(await deliver(world)).toEqual([]);
    for (const job of [pending, approved]) {
      expect(await jobOf(world, job)).toMatchObject({ status: 'cancelled', problem: { code: 'approval_superseded' } });
    }
    for (const view of await approvalViews(world.ctx.db, [1, 2])) {
      expect(view).toMatchObject({ state: 'superseded', endReason: expect.stringMatching(why) as string });
    }
    expect(await world.ctx.db.select().from(incident)).toEqual([]);
  });

  test('is so at once when a fleet file moves a host', async () => {
    const job = await asked([1]);
    const file = fleetFile({ hosts, labels, approvals: [rule] });
    await apply(world, { ...file, hosts: file.hosts.map((host) => ({ ...host, root: '/elsewhere' })) });
    await deliver(world);
    expect((await jobOf(world, job)).status).toBe('cancelled');
    expect((await state())?.state).toBe('superseded');
  });

  test('does not start though it was sent for before the change', async () => {
    await asked();
    await decide(ben);
    await decide(cem);
    for (const { jobId } of await world.take('job.advance')) await advanceJob(world.ctx, jobId);
    await demote();
    expect(await deliver(world)).toEqual([]);
    expect((await state())?.state).toBe('superseded');
  });
});

describe('break-glass', () => {
  let root: Actor;
  beforeEach(async () => {
    root = await personOf(world, 'Root', 'admin');
  });
  const open = (id: number, more: object = {}, actor = root) =>
    breakGlass.run(world.ctx, actor, { id, reason: 'the line stands still', ...more });

  test('lets a plan pass approval and holds, once, and says so everywhere', async () => {
    await createHold.run(world.ctx, world.operator, { scope: {}, reason: 'Q3 close', strict: true });
    const job = await asked();
    expect(await open(job)).toMatchObject({ brokenGlass: { by: 'Root', reason: 'the line stands still' } });
    expect(await hostsOf(world, await deliver(world))).toEqual(['a-1', 'a-2']);
    expect(await state()).toMatchObject({ state: 'superseded', brokenGlassBy: 'Root' });
    expect(await decide(ben)).toEqual(['already_superseded', 'superseded']);
    expect((await activities(world)).map(({ kind }) => kind)).toContain('approval.glass_broken');
    await expect(open(job)).rejects.toMatchObject({ reason: 'nothing_to_pass' });
  });

  test('passes a hold on a job that needs no approval; the next job waits again', async () => {
    await createHold.run(world.ctx, world.operator, { scope: {}, reason: 'Q3 close', strict: false });
    const job = await install(world, [3], undefined, ana);
    expect(await deliver(world)).toEqual([]);
    await open(job);
    const [held] = await deliver(world);
    await succeed(world, held!);
    expect((await jobOf(world, job)).status).toBe('succeeded');
    expect((await activities(world)).map(({ kind }) => kind)).toContain('job.glass_broken');
    await install(world, [3], undefined, ana);
    expect(await deliver(world)).toEqual([]);
  });

  test('is over after an hour: what has not started by then waits again', async () => {
    await createHold.run(world.ctx, world.operator, { scope: {}, reason: 'Q3 close', strict: false });
    const job = await install(world, [3], undefined, ana);
    await deliver(world);
    await world.take('task.run');
    await open(job);
    await world.take('job.advance');
    await world.take('task.run');
    await passTime(world, hour);
    expect(await jobOf(world, job)).toMatchObject({ status: 'waiting', problem: { code: 'held' } });
    expect((await tasksOf(world))['b-1']?.status).toBe('pending');
  });

  test('never passes a demotion', async () => {
    const job = await asked();
    await open(job);
    await world.ctx.db.update(channelEntry).set({ demotedAt: world.time.now });
    expect(await deliver(world)).toEqual([]);
    expect((await jobOf(world, job)).counts.running).toBe(0);
  });

  test('is for admins alone, with a reason, for the plan that they saw, where something is to be passed', async () => {
    const job = await asked();
    await expect(open(job, {}, ana)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(open(job, { reason: ' ' })).rejects.toMatchObject({ reason: 'reason_missing' });
    await expect(open(job, { planHash: '00000000' })).rejects.toMatchObject({ reason: 'break_glass_other_plan' });
    await expect(open(99)).rejects.toMatchObject({ code: 'not_found' });
    await expect(open(await install(world, [3], undefined, ana))).rejects.toMatchObject({ reason: 'nothing_to_pass' });
    await regrant(world, root, 'operator');
    await expect(open(job)).rejects.toMatchObject({ code: 'not_permitted' });
    await enqueueDue(world.ctx);
    expect(await deliver(world)).toHaveLength(1);
  });
});
