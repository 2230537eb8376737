import { describe, expect, test } from 'vitest';
import { releaseRows } from '../../dashboard/console/releases/release-rows.ts';
import { emptyBoard } from '../../server/domain/board.ts';
import type { Board } from '../../server/domain/board.ts';
import type { HostView, RecallView, ReleaseView } from '../../server/domain/views.ts';
import { ALWAYS_OPEN } from '../../server/domain/windows.ts';

function release(id: number, more: Partial<ReleaseView> = {}): ReleaseView {
  return {
    id,
    revision: 1,
    productId: 1,
    version: `4.2.${id}`,
    digest: 'd',
    size: 10,
    notes: '',
    labels: {},
    required: false,
    archivedAt: null,
    publishedAt: id,
    package: 'absent',
    received: 0,
    downloadedAt: null,
    downloadProblem: null,
    conflict: null,
    channels: ['stable'],
    demotions: [],
    ...more,
  };
}

function host(id: number, environmentId: number, releaseId: number | null, more: Partial<HostView> = {}): HostView {
  return {
    id,
    revision: 1,
    name: `h${id}`,
    environmentId,
    role: 'target',
    labels: {},
    life: 'active',
    liveness: 'live',
    livenessSince: 0,
    livenessProblem: null,
    lastContactAt: 0,
    reported: releaseId ? [{ productId: 1, releaseId, version: 'x', at: 0 }] : [],
    ...more,
  };
}

function board(releases: ReleaseView[], hosts: HostView[] = []): Board {
  const environment = {
    revision: 1,
    labels: {},
    installerMethod: 'managed',
    installerVersion: null,
    updatePolicy: 'manual',
    approveVia: 'slack',
    checkEveryMs: 14_400_000,
    windows: ALWAYS_OPEN,
    recallWaitsForWindow: false,
  } as const;
  return {
    ...emptyBoard(),
    products: {
      1: { id: 1, revision: 1, name: 'karios', versioning: 'semver', feedCheckedAt: null, feedProblem: null },
    },
    environments: {
      1: { ...environment, id: 1, name: 'prod', channels: { 1: 'stable' } },
      2: { ...environment, id: 2, name: 'other', channels: {} },
    },
    releases: Object.fromEntries(releases.map((view) => [view.id, view])),
    hosts: Object.fromEntries(hosts.map((view) => [view.id, view])),
  };
}
const may = () => null;
const rowsOf = (of: Board, permission: Parameters<typeof releaseRows>[2] = may, now = 0) =>
  releaseRows(of, Object.values(of.releases), permission, now);

describe('rows of the Releases table', () => {
  test('in the order of the list, with the state that the rule derives', () => {
    const rows = rowsOf(
      board([release(1, { package: 'present' }), release(2), release(3, { package: 'downloading' })], [host(1, 1, 1)]),
    );
    expect(rows.map(({ release: { id }, state }) => [id, state])).toEqual([
      [1, 'installed'],
      [2, 'available'],
      [3, 'downloading'],
    ]);
  });

  test('installed n of m counts the hosts of environments that follow the product', () => {
    const hosts = [host(1, 1, 1), host(2, 1, null), host(3, 2, null), host(4, 1, 1, { life: 'retired' })];
    const [row] = rowsOf(board([release(1)], hosts));
    expect([row?.installedOn, row?.hosts]).toEqual([1, 2]);
  });

  test('an action that is not allowed says why', () => {
    const [absent, present] = rowsOf(board([release(2, { package: 'present' }), release(1)]));
    expect([present?.downloadRefusal, present?.installRefusal]).toEqual([
      'The verified package is already on the server.',
      null,
    ]);
    expect([absent?.downloadRefusal, absent?.installRefusal]).toEqual([
      null,
      'Download it first: installing needs the verified package on the server.',
    ]);
  });

  test('a release under a recall says so and is not installed, whatever else; reverted or excluded it is free', () => {
    const recall = {
      ...{
        id: 7,
        revision: 1,
        productId: 1,
        range: { from: '4.2.1' },
        except: ['4.2.3'],
        strategy: { type: 'forward' },
      },
      ...{ reason: 'leaks', openedAt: 5, openedBy: 'Ana', evaluationId: null, rollOffAll: true, ownEnvironments: [] },
      ...{ revertedAt: null, revertedBy: null, revertReason: null },
    } as const satisfies RecallView;
    const present = [1, 3].map((id) => release(id, { package: 'present' }));
    const rows = (recalls: RecallView[]) =>
      rowsOf({ ...board(present), recalls: Object.fromEntries(recalls.map((one) => [one.id, one])) }, may, 9);
    expect(
      rows([{ ...recall, except: [...recall.except] }]).map((row) => [row.recall?.id, row.installRefusal]),
    ).toEqual([
      [7, 'It is recalled (recall 7: leaks). Revert the recall, or install another release.'],
      [undefined, null],
    ]);
    const reverted = { ...recall, except: [], revertedAt: 6, revertedBy: 'Ana', revertReason: 'fixed' };
    expect(rows([reverted]).map(({ installRefusal }) => installRefusal)).toEqual([null, null]);
  });

  test('an installed release whose package is gone can be downloaded again and not installed', () => {
    const [row] = rowsOf(board([release(1)], [host(1, 1, 1)]));
    expect([row?.state, row?.downloadRefusal, row?.installRefusal === null]).toEqual(['installed', null, false]);
  });

  test('a missing role comes before any other reason', () => {
    const [row] = rowsOf(board([release(1)]), () => 'you are viewer');
    expect([row?.downloadRefusal, row?.installRefusal]).toEqual(['you are viewer', 'you are viewer']);
  });
});
