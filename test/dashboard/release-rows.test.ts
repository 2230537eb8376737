import { describe, expect, test } from 'vitest';
import { filterReleases, releaseRows } from '../../dashboard/console/releases/release-rows.ts';
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
const everything = { card: 'total', productId: null, text: '', archived: false } as const;

describe('rows of the Releases table', () => {
  test('newest first, with the state that the rule derives', () => {
    const rows = releaseRows(
      board([release(1, { package: 'present' }), release(2), release(3, { package: 'downloading' })], [host(1, 1, 1)]),
      may,
      0,
    );
    expect(rows.map(({ release: { id }, state }) => [id, state])).toEqual([
      [3, 'downloading'],
      [2, 'available'],
      [1, 'installed'],
    ]);
  });

  test('installed n of m counts the hosts of environments that follow the product', () => {
    const hosts = [host(1, 1, 1), host(2, 1, null), host(3, 2, null), host(4, 1, 1, { life: 'retired' })];
    const [row] = releaseRows(board([release(1)], hosts), may, 0);
    expect([row?.installedOn, row?.hosts]).toEqual([1, 2]);
  });

  test('an action that is not allowed says why', () => {
    const [, present, absent] = releaseRows(
      board([release(3, { package: 'downloading' }), release(2, { package: 'present' }), release(1)]),
      may,
      0,
    );
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
      releaseRows({ ...board(present), recalls: Object.fromEntries(recalls.map((one) => [one.id, one])) }, may, 9);
    expect(
      rows([{ ...recall, except: [...recall.except] }]).map((row) => [row.recall?.id, row.installRefusal]),
    ).toEqual([
      [undefined, null],
      [7, 'It is recalled (recall 7: leaks). Revert the recall, or install another release.'],
    ]);
    const reverted = { ...recall, except: [], revertedAt: 6, revertedBy: 'Ana', revertReason: 'fixed' };
    expect(rows([reverted]).map(({ installRefusal }) => installRefusal)).toEqual([null, null]);
  });

  test('an installed release whose package is gone can be downloaded again and not installed', () => {
    const [row] = releaseRows(board([release(1)], [host(1, 1, 1)]), may, 0);
    expect([row?.state, row?.downloadRefusal, row?.installRefusal === null]).toEqual(['installed', null, false]);
  });

  test('a missing role comes before any other reason', () => {
    const [row] = releaseRows(board([release(1)]), () => 'you are viewer', 0);
    expect([row?.downloadRefusal, row?.installRefusal]).toEqual(['you are viewer', 'you are viewer']);
  });
});

describe('filters of the Releases table', () => {
  const rows = releaseRows(
    board([
      release(1, { package: 'present' }),
      release(2),
      release(3, { archivedAt: 5 }),
      release(4, { channels: ['canary'], labels: { hotfix: 'yes' } }),
    ]),
    may,
    0,
  );

  test('archived releases are neither listed nor counted unless asked for', () => {
    expect(filterReleases(rows, everything).cards).toEqual({ total: 3, available: 2, downloaded: 1, installed: 0 });
    expect(filterReleases(rows, { ...everything, archived: true }).cards.total).toBe(4);
  });

  test('a card leaves the rows it counts, and the cards keep their numbers', () => {
    const filtered = filterReleases(rows, { ...everything, card: 'downloaded' });
    expect(filtered.rows.map(({ release: { id } }) => id)).toEqual([1]);
    expect(filtered.cards.total).toBe(3);
  });

  test('text finds version, channel, product and label', () => {
    const found = (text: string) => filterReleases(rows, { ...everything, text }).rows.map(({ release: { id } }) => id);
    expect([found('4.2.2'), found('CANARY'), found('hotfix=yes karios'), found('nothing')]).toEqual([
      [2],
      [4],
      [4],
      [],
    ]);
  });
});
