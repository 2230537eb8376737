import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply, differenceOf } from '../../support/fleet.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const HOSTS = 10_000;
/** As people write it: one block per host. */
const fleet = (count = HOSTS) =>
  [
    'products: [{ name: orders, channels: [stable], entryChannels: [stable] }]',
    'environments:',
    ...Array.from({ length: 100 }, (_, i) => `  - { name: plant-${i}, subscriptions: { orders: stable } }`),
    count === 0 ? 'hosts: []' : 'hosts:',
    ...Array.from({ length: count }, (_, i) => host(i)),
  ].join('\n');
const host = (i: number) => `  - name: line-${i}
    environment: plant-${i % 100}
    root: /opt/signalbox
    ssh:
      address: 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}
      user: deploy
      identity: id_ed25519
      hostKeys: ['SHA256:Zb0J5qXyqvYHcZr0m5o8l1E7bq6yQ2t1YxN0pV3kQ9c']`;

test('10 000 hosts are declared and removed in seconds, each by one file', { timeout: 120_000 }, async () => {
  const changes = async (text: string, prune = false) => {
    const start = performance.now();
    const { length } = differenceOf(await apply(world, text, { prune }));
    // Measured on two shared cores: 1 s to parse, 2 s more to create.
    expect(performance.now() - start).toBeLessThan(30_000);
    return length;
  };
  expect(await changes(fleet())).toBe(HOSTS + 102);
  expect(await changes(fleet())).toBe(0);
  expect(await changes(fleet(0), true)).toBe(HOSTS);
});
