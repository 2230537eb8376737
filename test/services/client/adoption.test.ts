import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { showAdoption } from '../../../server/services/channel/adoption.ts';
import { checkNow } from '../../../server/services/client/check.ts';
import { noteDeploy } from '../../../server/services/client/deploy.ts';
import { listClients } from '../../../server/services/client/list.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { noteLive } from '../../../server/services/host/contact.ts';
import { showMatrix } from '../../../server/services/matrix/show.ts';
import { setRequired } from '../../../server/services/release/set-required.ts';
import { rollouts } from '../../support/rollout.ts';
import { declareSubscribers } from '../../support/subscribers.ts';
import { openWorld, publish, type World } from '../../support/world.ts';

const HOUR_MS = 3_600_000;
let world: World;
let rollout: ReturnType<typeof rollouts>;
beforeAll(async () => {
  world = await openWorld();
  rollout = rollouts(world);
});
/** `plant` has two hosts that run 1.0.0 and one that runs nothing, `shop` runs 2.0.0 by KOTS, `new` has never looked. */
beforeEach(async () => {
  await world.clear();
  const managed = ['line-1', 'line-2', 'line-3'];
  await declareSubscribers({ world }, { shop: 'kots-1.128', new: 'kots-1.128' }, { managed });
  await publish(world, ['1.0.0', '2.0.0', '3.0.0']);
  await rollout.download([1, 3]);
  for (const id of [1, 2]) {
    await noteLive(world.ctx, id);
    await rollout.report(id, '1.0.0');
  }
  const shop = await clientOf('shop');
  await checkNow.run(world.ctx, world.operator, { id: shop });
  await noteDeploy.run(world.ctx, world.operator, { id: shop, version: '2.0.0', outcome: 'succeeded' });
});
afterAll(() => world.close());

const clientOf = async (name: string) =>
  (await listClients.run(world.ctx, world.operator, {})).items.find(({ environment }) => environment === name)!.id;
const adoption = () => showAdoption.run(world.ctx, world.operator, { id: 1 });
const matrix = (input: Partial<Parameters<typeof showMatrix.run>[2]> = {}) =>
  showMatrix.run(world.ctx, world.operator, { limit: 100, ...input });

describe('adoption', () => {
  test('says which release how many environments and hosts run, how far behind, how old', async () => {
    world.time.now += HOUR_MS;
    const { releases, head } = await adoption();
    expect(head).toBe('3.0.0');
    expect(releases).toMatchObject([
      { version: '3.0.0', environments: 0, hosts: 0, behind: 0, ageMs: HOUR_MS },
      { version: '2.0.0', environments: 1, hosts: 0, behind: 1, ageMs: HOUR_MS, presence: 'active' },
      { version: '1.0.0', environments: 1, hosts: 2, behind: 2, inactiveHosts: 0 },
      { version: null, environments: 2, hosts: 1, inactiveHosts: 1, behind: null, ageMs: null },
    ]);
  });

  test('shows who is silent for a day as inactive, and who was never heard of as that', async () => {
    world.time.now += 24 * HOUR_MS;
    await noteLive(world.ctx, 1);
    const { releases, environments } = await adoption();
    expect(releases).toMatchObject([
      {},
      { version: '2.0.0', inactiveEnvironments: 1, presence: 'inactive' },
      { version: '1.0.0', hosts: 2, inactiveHosts: 1, presence: 'active' },
      { version: null, inactiveEnvironments: 2, presence: 'never_seen' },
    ]);
    expect(environments.map(({ name, presence }) => [name, presence])).toEqual([
      ['new', 'never_seen'],
      ['plant', 'active'],
      ['shop', 'inactive'],
    ]);
  });
});

describe('the matrix', () => {
  const cells = async () => Object.fromEntries((await matrix()).items.map(({ name, cells: [cell] }) => [name, cell]));

  test('says what runs where, what is next, and what blocks it', async () => {
    expect(await cells()).toMatchObject({
      new: { runs: [{ version: null }], next: null, blocked: { code: 'at_next_check' }, presence: 'never_seen' },
      plant: { next: '3.0.0', head: '3.0.0', blocked: null },
      shop: { runs: [{ version: '2.0.0', behind: 1 }], next: '3.0.0', blocked: null },
    });
    await setRequired.run(world.ctx, world.operator, { id: 2, required: true });
    expect((await cells())['plant']).toMatchObject({ blocked: { code: 'required_first' } });
  });

  test('names the hold that stands in the way of a managed environment, and of no other', async () => {
    await createHold.run(world.ctx, world.operator, { scope: {}, reason: 'Q3 close', strict: false });
    const shown = await cells();
    expect(shown['plant']?.blocked).toMatchObject({ code: 'held', sentence: expect.stringContaining('Q3 close') });
    expect(shown['shop']?.blocked).toBeNull();
  });

  test('comes in pages of environments, none twice and none left out', async () => {
    const first = await matrix({ limit: 2 });
    const second = await matrix({ limit: 2, after: first.next ?? '' });
    expect([first, second].flatMap(({ items }) => items.map(({ name }) => name))).toEqual(['new', 'plant', 'shop']);
    expect(second.next).toBeNull();
  });
});
