import { describe, expect, test } from 'vitest';
import { approvalActions } from '../../dashboard/console/approvals/approval-words.ts';
import { plannedChanges, plannedWaves } from '../../dashboard/console/approvals/plan-waves.ts';
import { emptyHoldForm, readHoldForm, readInstant, stoppedBy } from '../../dashboard/console/holds/hold-form.ts';
import { holdsOfJob, holdsOnHost, holdsOnRelease, stoppedHosts } from '../../dashboard/console/holds/holds-at.ts';
import { incidentInCard, recoveryJobs } from '../../dashboard/console/incidents/incident-words.ts';
import { mergedViews } from '../../dashboard/console/parts/merged-views.ts';
import { permissionRows } from '../../dashboard/console/people/action-words.ts';
import { releaseRows } from '../../dashboard/console/releases/release-rows.ts';
import {
  backTo,
  listedHosts,
  rollbackLabel,
  rollbackRefusal,
} from '../../dashboard/console/rollback/rollback-summary.ts';
import type { RollbackHost } from '../../dashboard/console/rollback/rollback-summary.ts';
import { viewArrived } from '../../dashboard/console/shell/arrival.ts';
import { holdsInForce } from '../../dashboard/live/holds.ts';
import { ACTIONS } from '../../server/domain/permission.ts';
import type { ApprovalView, JobView } from '../../server/domain/views.ts';
import { consoleStory } from '../support/console-story.ts';
import { tellSteering } from '../support/console-steering.ts';

const now = Date.UTC(2026, 10, 25, 14);
const told = consoleStory(60, now);
tellSteering(told, now);
const { board } = told.story;
const job = (id: number) => board.jobs[id] as JobView;

describe('a new hold', () => {
  const form = { ...emptyHoldForm('Ana'), reason: 'Audit' };

  test('needs a reason and an owner, and an end after its start', () => {
    expect(readHoldForm(form, board, 'utc', now).problems).toEqual({});
    expect(Object.keys(readHoldForm({ ...form, reason: ' ', owner: '' }, board, 'utc', now).problems)).toEqual([
      'reason',
      'owner',
    ]);
    const late = { ...form, startsAt: '2026-11-25T16:00', expiresAt: '2026-11-25T15:00' };
    expect(readHoldForm(late, board, 'utc', now).problems.expiresAt).toBe('It would end before it starts.');
    expect(
      readHoldForm({ ...form, expiresAt: '2026-11-25T13:59' }, board, 'utc', now).problems.expiresAt,
    ).toBeDefined();
  });

  test('reads its times in the zone that they are shown in', () => {
    expect(readInstant('2026-11-25T14:00', 'utc')).toBe(now);
    expect(readInstant('', 'utc')).toBeNull();
    expect(readInstant('tomorrow', 'utc')).toBeUndefined();
  });

  test('a host that nobody declared is not held silently', () => {
    expect(readHoldForm({ ...form, host: 'nowhere' }, board, 'utc', now).problems.host).toBe(
      'There is no host nowhere.',
    );
  });

  test('says whom it stops: hosts of its scope, and jobs with pending hosts among them', () => {
    const host = board.hosts[21];
    if (!host) throw new Error('the story has no host 21');
    const { hosts, jobs } = stoppedBy(board, { host: host.name });
    expect([hosts.map(({ id }) => id), jobs.map(({ id }) => id)]).toEqual([[21], [43]]);
    expect(stoppedBy(board, { product: 'edge-agent' }).hosts).toEqual([]);
    expect(stoppedBy(board, {}).hosts).toHaveLength(60);
  });
});

describe('where a hold is seen', () => {
  const holds = holdsInForce(board, now);
  const ids = (list: readonly { id: number }[]) => list.map(({ id }) => id).sort();

  test('on releases of its product; a bar on the release that it bars alone', () => {
    const rows = releaseRows(board, Object.values(board.releases), () => null, now);
    const held = (version: string) => ids(rows.find(({ release }) => release.version === version)?.holds ?? []);
    expect(held('4.2.1')).toEqual([1, 2, 3]);
    expect(held('4.2.0')).toEqual([1, 2]);
    expect(ids(holdsOnRelease(board, holds, { productId: 2, version: '1.8.3', channels: ['stable'] }))).toEqual([2]);
  });

  test('on hosts of its environment, and on the host that it names', () => {
    const host = (name: string) => Object.values(board.hosts).find((one) => one.name === name);
    const named = host('db-12');
    const web = host('web-05');
    if (!named || !web) throw new Error('the story lacks a host');
    expect(ids(holdsOnHost(board, holds, named))).toContain(2);
    expect(ids(holdsOnHost(board, holds, web))).toEqual([3]);
  });

  test('on the job that waits for it, and on one whose single hosts are held', () => {
    expect(ids(holdsOfJob(board, job(46)))).toEqual([1]);
    expect(ids(holdsOfJob(board, job(42), [2]))).toEqual([2]);
    expect(ids(holdsOfJob(board, job(46), [1, 2, 999]))).toEqual([1, 2]);
  });

  test('in the preview of an install, with the hosts that would wait, also where the board lacks it', () => {
    const host = (hostId: number, holds: string[] | null) => ({
      hostId,
      name: `h${hostId}`,
      role: 'target' as const,
      wave: 1,
      fromVersion: null,
      outcome: 'install' as const,
      reason: null,
      heldBy: holds && { code: 'held', sentence: 'Stopped.', holds },
      windowClosed: null,
    });
    const groups = stoppedHosts(board, [host(1, ['1']), host(2, ['1', '2']), host(3, null), host(4, ['99'])]);
    expect(groups.map(({ hold, hosts }) => [hold?.id ?? null, hosts.map(({ hostId }) => hostId)])).toEqual([
      [1, [1, 2]],
      [2, [2]],
      [null, [4]],
    ]);
  });
});

describe('the buttons of a request for approval', () => {
  const approval = board.approvals[7] as ApprovalView;
  const person = (name: string, ...roles: ('viewer' | 'operator' | 'approver' | 'admin')[]) => ({
    name,
    kind: 'person' as const,
    grants: roles.map((role) => ({ role })),
  });
  const refusals = (who: ReturnType<typeof person>, change: Partial<ApprovalView> = {}) =>
    approvalActions({ ...approval, ...change }, who).map(({ refusal }) => refusal);

  test('an approver may approve and reject, and not cancel what somebody else asked for', () => {
    expect(refusals(person('Dora', 'approver'))).toEqual([null, null, expect.stringContaining('Chandra Rao')]);
  });

  test('admin is no approver, but may cancel', () => {
    expect(refusals(person('Ana', 'admin'))).toEqual([
      'Only a person who is approver may decide this request.',
      'Only a person who is approver may decide this request.',
      null,
    ]);
  });

  test('the requester does not approve, unless the rule lets them, but may reject and cancel', () => {
    const own = person('Chandra Rao', 'approver');
    expect(refusals(own)).toEqual([expect.stringContaining('your own request'), null, null]);
    expect(refusals(own, { allowSelf: true })[0]).toBeNull();
  });

  test('who approved already does not do so twice, but may still reject', () => {
    expect(refusals(person('Ben Okafor', 'approver')).slice(0, 2)).toEqual([
      'You have approved it already: another person has to.',
      null,
    ]);
  });

  test('after the end nothing is left to press, and who decided is named', () => {
    const ended = refusals(person('Dora', 'approver'), { state: 'rejected', endedBy: 'Ben Okafor' });
    expect(new Set(ended)).toEqual(new Set(['The request is rejected already (Ben Okafor).']));
  });

  test('a token never decides', () => {
    const token = { ...person('ci', 'approver'), kind: 'token' as const };
    expect(approvalActions(approval, token)[0]?.refusal).toBe('Only a person who is approver may decide this request.');
  });
});

describe('the exact plan', () => {
  const host = (hostId: number, wave: number, fromVersion: string | null, changes = true) => ({
    hostId,
    name: `h${hostId}`,
    role: 'target' as const,
    environmentId: 1,
    wave,
    fromVersion,
    toVersion: '2.0.0',
    changes,
  });
  const hosts = [host(1, 2, '1.0.0'), host(2, 1, null), host(3, 2, '1.0.0'), host(4, 2, '2.0.0', false)];

  test('by wave and by change, what stays apart', () => {
    expect(plannedWaves({ hosts }).map(({ number, hosts: members }) => [number, members.length])).toEqual([
      [1, 1],
      [2, 3],
    ]);
    expect(plannedChanges({ hosts })).toEqual({
      changes: [
        { from: '1.0.0', to: '2.0.0', count: 2 },
        { from: null, to: '2.0.0', count: 1 },
      ],
      unchanged: 1,
    });
  });
});

describe('incidents and their recovery', () => {
  test('re-runs and rollbacks of the job belong to it, and those of these', () => {
    const family = { ...board, jobs: { ...board.jobs, 50: { ...job(45), id: 50, parentJobId: 45 } } };
    expect(recoveryJobs(family, 39).map(({ id }) => id)).toEqual([45, 50]);
    expect(recoveryJobs(board, 38)).toEqual([]);
  });

  test('what stands is open or acknowledged', () => {
    expect(incidentInCard({ status: 'acknowledged' }, 'standing')).toBe(true);
    expect(incidentInCard({ status: 'resolved' }, 'standing')).toBe(false);
    expect(incidentInCard({ status: 'open' }, 'acknowledged')).toBe(false);
  });
});

describe('the rollback dialog', () => {
  const host = (change: Partial<RollbackHost>): RollbackHost => ({
    hostId: 1,
    name: 'h1',
    role: 'target',
    reports: '2.0.0',
    liveness: 'live',
    causes: [],
    chosen: false,
    outcome: 'refuse',
    target: null,
    onHost: false,
    warnings: [],
    reason: null,
    ...change,
  });

  test('lists affected hosts, and healthy ones only once they are included', () => {
    const preview = {
      jobId: 1,
      from: { releaseId: 2, version: '2.0.0' },
      hosts: [host({ causes: ['failed'], chosen: true }), host({ hostId: 2, chosen: true }), host({ hostId: 3 })],
      jobs: [],
      stuck: [],
      refusal: null,
      passable: false,
    };
    expect(listedHosts(preview, false).map(({ hostId }) => hostId)).toEqual([1]);
    expect(listedHosts(preview, true).map(({ hostId }) => hostId)).toEqual([1, 2]);
  });

  test('says for each host what it goes back to', () => {
    const target = { releaseId: 1, version: '1.0.0' };
    expect(backTo(host({ outcome: 'install', target, onHost: true }))).toBe('1.0.0, still on the host');
    expect(backTo(host({ outcome: 'install', target }))).toBe('1.0.0, sent again');
    expect(backTo(host({ outcome: 'skip', target }))).toBe('1.0.0 already: nothing to do');
    expect(backTo(host({ reason: { code: 'no_known_good', sentence: 'None.' } }))).toBe('no known-good release');
  });

  test('is offered with the count of bad hosts, and not for a rollback', () => {
    expect([rollbackLabel(job(39)), rollbackRefusal(job(39))]).toEqual(['Roll back affected (2)', null]);
    expect(rollbackRefusal(job(45))).toBe('A rollback is not rolled back: install the release you want.');
    expect(rollbackRefusal(job(42))).toBe('No host of this job has failed so far.');
  });
});

describe('demotions in the Releases table', () => {
  const rows = releaseRows(board, Object.values(board.releases), () => null, now);
  const row = (version: string) => rows.find(({ release }) => release.version === version);

  test('a release that is demoted everywhere is un-demoted, one on no channel says why neither works', () => {
    expect([row('4.2.2')?.demoteLabel, row('4.2.2')?.demoteRefusal]).toEqual(['Un-demote', null]);
    expect([row('4.2.1')?.demoteLabel, row('4.2.1')?.demoteRefusal]).toEqual(['Demote', null]);
    expect(row('4.0.0')?.demoteRefusal).toBe('It is on no channel: there is nothing to demote.');
  });
});

describe('who may what', () => {
  const rows = permissionRows((action) => (action === 'fleet.apply' ? 'You are viewer.' : null));

  test('has a row for every action, judged by the permission table', () => {
    expect(rows.map(({ action }) => action)).toEqual(ACTIONS);
    const decide = rows.find(({ action }) => action === 'approval.decide');
    expect([decide?.roles, decide?.personOnly]).toEqual([
      { viewer: false, operator: true, approver: true, admin: true, reporter: false },
      true,
    ]);
    expect(rows.find(({ action }) => action === 'fleet.apply')?.mine).toBe('You are viewer.');
  });
});

describe('what has been asked for', () => {
  test('is done once the board has its revision', () => {
    const hold = board.holds[1];
    if (!hold) throw new Error('the story has no hold 1');
    expect(viewArrived(board, 'holds', hold)).toBe(true);
    expect(viewArrived(board, 'holds', { id: 1, revision: hold.revision + 1 })).toBe(false);
    expect(viewArrived(null, 'holds', hold)).toBe(false);
  });

  test('read and live views of one thing are one, the newer of the two', () => {
    const view = (id: number, revision: number, from: string) => ({ id, revision, from });
    const merged = mergedViews([view(1, 3, 'live'), view(2, 1, 'live')], [view(1, 2, 'read'), view(3, 1, 'read')]);
    expect(merged.map(({ id, from }) => [id, from])).toEqual([
      [3, 'read'],
      [2, 'live'],
      [1, 'live'],
    ]);
  });
});
