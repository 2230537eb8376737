import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { noteReported } from '../../../server/services/host/contact.ts';
import { activities, apply, differenceOf, everything, plan, views } from '../../support/fleet.ts';
import { endAll, installOn, runsOn } from '../../support/install.ts';
import { openWorld, publish, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
});
beforeEach(() => world.clear());
afterAll(() => world.close());

const product = { name: 'orders', channels: ['dev', 'stable'], entryChannels: ['stable'] };
const environment = { name: 'plant', subscriptions: { orders: 'stable' } };
const host = (name: string, place = 'plant') => ({ name, environment: place, root: `/srv/${name}`, local: true });
const fleet = { products: [product], environments: [environment], hosts: [host('line-1'), host('line-2')] };
const prune = { prune: true };
const nothing = { hosts: [] };

describe('prune', () => {
  test('removes what the file created and declares no more, and leaves a tombstone of each', async () => {
    await apply(world, fleet);
    const shown = [
      '- host line-1',
      '- host line-2',
      '- environment plant',
      '- channel orders/dev',
      '- channel orders/stable',
      '- product orders',
    ];
    expect(differenceOf(await plan(world, nothing, prune))).toEqual(shown);
    expect(differenceOf(await apply(world, nothing, prune))).toEqual(shown);
    expect(await views(world)).toEqual({ products: [], channels: [], environments: [], hosts: [] });
    expect((await activities(world)).slice(6).map(({ kind, entity, view }) => [kind, entity.revision, view])).toEqual(
      ['host', 'host', 'environment', 'channel', 'channel', 'product'].map((kind) => [
        `${kind}.removed`,
        2,
        expect.objectContaining({ removed: true, revision: 2 }),
      ]),
    );
  });

  test('is not what an empty file asks for', async () => {
    await apply(world, fleet);
    await expect(apply(world, '', prune)).rejects.toMatchObject({ code: 'invalid_fleet' });
  });

  test('leaves what another file created', async () => {
    await apply(world, fleet);
    await apply(world, { hosts: [host('line-3')] }, { file: 'other.yaml' });
    await apply(world, { ...fleet, hosts: [] }, prune);
    expect((await views(world)).hosts.map(({ name }) => name)).toEqual(['line-3']);
  });

  test('of an environment waits for hosts of other files', async () => {
    await apply(world, fleet);
    await apply(world, { hosts: [host('line-3')] }, { file: 'other.yaml' });
    await refused({ products: [product] }, /environment plant cannot be removed, line-3 belongs to it/);
  });

  test('of an environment waits for a host that the same file puts there', async () => {
    await apply(world, fleet);
    await refused({ products: [product], hosts: [host('line-1')] }, /environment plant cannot be removed, line-1/);
  });

  test('takes an environment and a product whose followers go or leave in the same file', async () => {
    await apply(world, { ...fleet, environments: [environment, { name: 'lab', subscriptions: { orders: 'dev' } }] });
    await apply(world, { environments: [{ name: 'lab' }], hosts: [host('line-1', 'lab')] }, prune);
    const { products, environments, hosts } = await views(world);
    expect([products, environments, hosts].map((all) => all.length)).toEqual([0, 1, 1]);
    expect(environments[0]).toMatchObject({ name: 'lab', channels: {} });
  });

  test('is refused for a product or channel that environments follow', async () => {
    await apply(world, fleet);
    await refused({ ...fleet, products: [] }, /product orders cannot be removed, plant follows it/);
    await apply(world, { environments: [{ name: 'lab', subscriptions: { orders: 'dev' } }] }, { file: 'lab.yaml' });
    const fewer = { ...product, channels: ['stable'] };
    await refused({ ...fleet, products: [fewer] }, /channel orders\/dev cannot be removed, lab follows it/);
  });

  test('is refused for a product that has releases, and a channel that was promoted to', async () => {
    await apply(world, { products: [product] });
    await publish(world, ['1.0.0']);
    await refused(nothing, /channel orders\/stable cannot be removed, releases have been promoted to it/);
    await refused(nothing, /product orders cannot be removed, it has releases/);
    const fewer = { ...product, channels: ['dev'], entryChannels: ['dev'] };
    await refused({ products: [fewer] }, /orders\/stable/);
    expect(differenceOf(await apply(world, { products: [{ ...product, channels: ['stable'] }] }, prune))).toEqual([
      '- channel orders/dev',
    ]);
  });

  test('takes a product that hosts still report, and the hosts show it no more', async () => {
    await apply(world, fleet);
    await noteReported(world.ctx, 1, [{ hostId: 1, reported: { version: '0.9.0', digest: 'abcdef12' } }]);
    await noteReported(world.ctx, 1, [{ hostId: 2, reported: null }]);
    await apply(world, { environments: [{ name: 'plant' }], hosts: fleet.hosts }, prune);
    const { hosts } = await views(world);
    expect(hosts.map(({ reported, revision }) => [reported, revision])).toEqual([
      [[], 3],
      [[], 1],
    ]);
  });

  test('retires a host that jobs tell of, whom no file owns then', async () => {
    await apply(world, fleet);
    await endAll(world, await installOn(world, [1]));
    const rest = { ...fleet, hosts: [] };
    const shown = ['~ host line-1: life', '- host line-2'];
    expect(differenceOf(await plan(world, rest, prune))).toEqual(shown);
    expect(differenceOf(await apply(world, rest, prune))).toEqual(shown);
    expect((await views(world)).hosts).toMatchObject([{ name: 'line-1', life: 'retired' }]);
    expect(differenceOf(await apply(world, rest, prune))).toEqual([]);
    await refused({ products: [product] }, /plant cannot be removed, line-1 belongs to it \(hosts that jobs tell of/);
  });

  test('brings a retired host back when a file declares it again, which owns it from then on', async () => {
    await apply(world, fleet);
    await endAll(world, await installOn(world, [1]));
    await apply(world, { ...fleet, hosts: [] }, prune);
    const back = { hosts: [host('line-1')] };
    expect(differenceOf(await apply(world, back, { file: 'other.yaml' }))).toEqual(['~ host line-1: life, managedBy']);
    await expect(apply(world, fleet)).rejects.toMatchObject({ message: expect.stringContaining('other.yaml') });
    await apply(world, nothing, { file: 'other.yaml', prune: true });
    expect((await views(world)).hosts[0]).toMatchObject({ life: 'retired' });
  });

  test('is refused for a host with a task that runs or waits, and everything else in the file with it', async () => {
    await apply(world, fleet);
    const job = await installOn(world, [1, 2], { waves: [{ count: 1 }, { count: 2 }] });
    await runsOn(world, job);
    await refused({ ...fleet, hosts: [host('line-2')] }, /host line-1 cannot be removed, job 2 has a task on it/);
    await refused({ ...fleet, hosts: [host('line-1')] }, /host line-2 cannot be removed, job 2 has a task on it/);
    await endAll(world, job);
    await apply(world, { ...fleet, hosts: [host('line-1')] }, prune);
  });
});

/** By plan and apply alike, and nothing is changed. */
async function refused(content: object, why: RegExp): Promise<void> {
  const before = await everything(world);
  for (const ask of [plan, apply]) {
    const refusal = await ask(world, { ...content }, prune).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'refused', reason: 'in_use' });
    const { errors } = refusal as { errors: { message: string }[] };
    expect(errors.map(({ message }) => message)).toContainEqual(expect.stringMatching(why));
  }
  expect(await everything(world)).toEqual(before);
}
