import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { takeDueFeeds } from '../../../db/queries/releases.ts';
import { recordFeedCheck } from '../../../server/services/feed/record-check.ts';
import { activities, apply, differenceOf, everything, plan, views } from '../../support/fleet.ts';
import { openWorld, publish, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.clear());
afterAll(() => world.close());

const ssh = {
  address: '10.0.0.1',
  user: 'deploy',
  identity: 'id_ed25519',
  hostKeys: ['SHA256:Zb0J5qXyqvYHcZr0m5o8l1E7bq6yQ2t1YxN0pV3kQ9c'],
};
const product = { name: 'orders', channels: ['dev', 'stable'], entryChannels: ['stable'] };
const environment = { name: 'plant', subscriptions: { orders: 'stable' } };
const host = { name: 'line-1', environment: 'plant', root: '/srv/a', ssh };
const fleet = { products: [product], environments: [environment], hosts: [host] };

describe('a fleet file', () => {
  test('creates products, channels, environments and hosts, each told once by whom it was applied', async () => {
    await apply(world, fleet);
    const { products, channels, environments, hosts } = await views(world);
    expect(products).toMatchObject([{ name: 'orders', versioning: 'semver', revision: 1 }]);
    expect(channels.map(({ name }) => name)).toEqual(['dev', 'stable']);
    expect(environments).toMatchObject([{ name: 'plant', installerMethod: 'managed', channels: { 1: 'stable' } }]);
    expect(hosts).toMatchObject([{ name: 'line-1', role: 'target', life: 'active', liveness: 'unknown' }]);
    expect((await activities(world)).map(({ kind, entity, actor }) => `${kind} ${entity.id} ${actor}`)).toEqual([
      'product.declared 1 Ana',
      'channel.declared 1 Ana',
      'channel.declared 2 Ana',
      'environment.declared 1 Ana',
      'host.declared 1 Ana',
    ]);
  });

  test('applied again changes nothing: no activity, no revision', async () => {
    await apply(world, fleet);
    const before = await everything(world);
    const again = await apply(world, fleet);
    expect(new Set(again.changes.map(({ action }) => action))).toEqual(new Set(['keep']));
    expect(await everything(world)).toEqual(before);
  });

  test('shows the difference first, with lines, and changes nothing by that', async () => {
    const before = await everything(world);
    const shown = await plan(
      world,
      'products:\n  - name: orders\n    channels: [stable]\n    entryChannels: [stable]\nhosts: []\n',
    );
    expect(shown.changes.map(({ action, kind, name, line }) => [action, kind, name, line])).toEqual([
      ['create', 'product', 'orders', 2],
      ['create', 'channel', 'orders/stable', 3],
    ]);
    expect(shown.applied).toBe(false);
    expect(await everything(world)).toEqual(before);
  });

  test('is known by its path however that is typed', async () => {
    await apply(world, fleet, { file: 'fleet.yaml' });
    expect(differenceOf(await apply(world, fleet, { file: './fleet.yaml' }))).toEqual([]);
  });

  test('in the repository applies, and applies again without a change', async () => {
    const text = await readFile('examples/fleet.yaml', 'utf8');
    expect(differenceOf(await apply(world, text))).toHaveLength(12);
    expect(differenceOf(await apply(world, text))).toEqual([]);
  });

  test('may refer to what another file declares', async () => {
    await apply(world, { products: [product] }, { file: 'products.yaml' });
    await apply(world, { environments: [environment] }, { file: 'plants.yaml' });
    await apply(world, { hosts: [host] }, { file: 'hosts.yaml' });
    expect((await views(world)).environments[0]?.channels).toEqual({ 1: 'stable' });
  });

  test('that grows and shrinks keeps what it declares no more, and says so', async () => {
    await apply(world, fleet);
    const result = await apply(world, { products: [product], environments: [environment], hosts: [] });
    expect(result.unmanaged).toEqual([{ kind: 'host', name: 'line-1' }]);
    expect((await views(world)).hosts).toHaveLength(1);
  });

  test('applied twenty times at once is applied once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => apply(world, fleet)));
    const { products, channels, hosts } = await views(world);
    expect([products, channels, hosts].flat().map(({ revision }) => revision)).toEqual([1, 1, 1, 1]);
    expect(await activities(world)).toHaveLength(5);
  });

  test('and others at once, each with hosts of its own, all get in', async () => {
    await apply(world, { products: [product], environments: [environment] }, { file: 'base.yaml' });
    const own = (i: number) => ({ hosts: [{ ...host, name: `line-${i}` }] });
    await Promise.all(Array.from({ length: 20 }, (_, i) => apply(world, own(i), { file: `f${i}.yaml` })));
    expect((await views(world)).hosts).toHaveLength(20);
  });
});

describe('a change', () => {
  const changed: [what: string, to: object, shows: string[]][] = [
    ['versioning', { products: [{ ...product, versioning: 'sequence' }] }, ['~ product orders: versioning']],
    ['a feed', { products: [{ ...product, feed: { folder: '/srv/feed' } }] }, ['~ product orders: feed']],
    [
      'signing',
      { products: [{ ...product, signingKeys: [`RWQ${'a'.repeat(53)}`], signatureRequired: true }] },
      ['~ product orders: signingKeys, signatureRequired'],
    ],
    ['entry channels', { products: [{ ...product, entryChannels: ['dev'] }] }, ['~ product orders: entryChannels']],
    [
      'another channel',
      { products: [{ ...product, channels: ['dev', 'stable', 'canary'] }] },
      ['+ channel orders/canary'],
    ],
    ['labels', { environments: [{ ...environment, labels: { tier: 'gold' } }] }, ['~ environment plant: labels']],
    [
      'the installer',
      { environments: [{ ...environment, installer: { method: 'kots', version: '1.128.0' } }] },
      ['~ environment plant: installerMethod, installerVersion'],
    ],
    [
      'the update policy',
      { environments: [{ ...environment, updatePolicy: 'auto' }] },
      ['~ environment plant: updatePolicy'],
    ],
    [
      'what an environment follows',
      { environments: [{ ...environment, subscriptions: { orders: 'dev' } }] },
      ['~ environment plant: subscriptions'],
    ],
    [
      'that an environment follows nothing',
      { environments: [{ ...environment, subscriptions: {} }] },
      ['~ environment plant: subscriptions'],
    ],
    ['a role', { hosts: [{ ...host, role: 'management' }] }, ['~ host line-1: role']],
    ['labels of a host', { hosts: [{ ...host, labels: { line: '1' } }] }, ['~ host line-1: labels']],
    ['a root', { hosts: [{ ...host, root: '/srv/b' }] }, ['~ host line-1: root']],
    ['a life', { hosts: [{ ...host, life: 'maintenance' }] }, ['~ host line-1: life']],
    ['an address', { hosts: [{ ...host, ssh: { ...ssh, address: '10.0.0.2' } }] }, ['~ host line-1: connection']],
    [
      'a transport',
      { hosts: [{ name: 'line-1', environment: 'plant', root: '/srv/a', local: true }] },
      ['~ host line-1: connection'],
    ],
    [
      'the environment of a host',
      { environments: [environment, { name: 'lab' }], hosts: [{ ...host, environment: 'lab' }] },
      ['+ environment lab', '~ host line-1: environment'],
    ],
  ];

  test.each(changed)('of %s is shown, applied once, and nothing else is', async (_what, to, shows) => {
    await apply(world, fleet);
    const wanted = { ...fleet, ...to };
    expect(differenceOf(await plan(world, wanted))).toEqual(shows);
    expect(differenceOf(await apply(world, wanted))).toEqual(shows);
    expect((await activities(world)).slice(5)).toHaveLength(shows.length);
    expect(differenceOf(await apply(world, wanted))).toEqual([]);
  });

  test('says from what to what', async () => {
    await apply(world, fleet);
    const { changes } = await plan(world, { ...fleet, hosts: [{ ...host, role: 'management' }] });
    expect(changes.find(({ action }) => action === 'change')?.fields).toEqual([
      { field: 'role', from: 'target', to: 'management' },
    ]);
  });

  test('raises the revision of what changed by one, and the log carries the view', async () => {
    await apply(world, fleet);
    await apply(world, { ...fleet, environments: [{ ...environment, subscriptions: { orders: 'dev' } }] });
    expect((await activities(world)).at(-1)).toMatchObject({
      kind: 'environment.declared',
      entity: { revision: 2 },
      view: { channels: { 1: 'dev' } },
    });
  });

  test('to another feed makes it due at once, and forgets what was wrong with the old one', async () => {
    const from = (folder: string) => ({ ...fleet, products: [{ ...product, feed: { folder } }] });
    await apply(world, from('/srv/old'));
    expect(await due()).toEqual([1]);
    await recordFeedCheck(world.ctx, 1, { failed: { code: 'unreachable', sentence: 'no such folder' } });
    expect(await due()).toEqual([]);
    await apply(world, from('/srv/new'));
    expect(await due()).toEqual([1]);
    expect((await views(world)).products[0]).toMatchObject({ feedProblem: null });
  });

  const due = () =>
    world.ctx.db.transaction((tx) => takeDueFeeds(tx, world.time.now, world.time.now + world.ctx.config.feedCheckMs));

  test('to SemVer is refused while the catalog has labels that are none', async () => {
    await apply(world, { products: [{ ...product, versioning: 'sequence' }] });
    await publish(world, ['build-7', '1.0.0']);
    await expect(apply(world, { products: [product] })).rejects.toMatchObject({
      reason: 'in_use',
      message: expect.stringContaining('build-7'),
    });
  });
});

describe('what a file owns', () => {
  test('another file can neither change nor take', async () => {
    await apply(world, fleet);
    const before = await everything(world);
    for (const part of [{ products: [product] }, { environments: [environment] }, { hosts: [host] }]) {
      await expect(apply(world, part, { file: 'other.yaml' })).rejects.toMatchObject({
        code: 'invalid_fleet',
        message: expect.stringMatching(/other\.yaml:2: .*is declared by fleet\.yaml/),
      });
    }
    expect(await everything(world)).toEqual(before);
  });

  test('is not touched by another file that prunes', async () => {
    await apply(world, fleet);
    const result = await apply(world, { hosts: [] }, { file: 'other.yaml', prune: true });
    expect(result.changes).toEqual([]);
    expect((await views(world)).hosts).toHaveLength(1);
  });
});
