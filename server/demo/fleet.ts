import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { canaryProduct, product } from './releases.ts';
import { generateSshKey } from './ssh-keys.ts';
import { startSshHost, type RunningSshHost } from './start-ssh-host.ts';

export interface DemoHost {
  name: string;
  environment: string;
  role: 'management' | 'target';
  running: RunningSshHost;
}

/** Plants run the order service and are updated by hand. */
const plants = {
  'plant-a': { management: 1, targets: 7 },
  'plant-b': { management: 1, targets: 5 },
} as const;

/** Customers that deploy by themselves: what a demotion means to each of them differs. */
const customers = {
  'customer-c': { method: 'kots', version: '1.128.2' },
  'customer-d': { method: 'kots', version: '1.124.0' },
  'customer-e': 'embedded-cluster',
  'customer-f': 'helm',
} as const;

/** They run the gauge reader and are updated by themselves: labs by its canary channel, the field by what has passed there. */
const followers = {
  'lab-1': { channel: 'canary', tier: 'test', targets: 1 },
  'lab-2': { channel: 'canary', tier: 'test', targets: 1 },
  field: { channel: 'stable', tier: 'production', targets: 2 },
} as const;

const environments = {
  ...plants,
  ...Object.fromEntries(Object.entries(followers).map(([name, { targets }]) => [name, { management: 0, targets }])),
};

/** Hosts that have the scanner driver which 4.3.0 asks for. The others are where its installation really fails. */
const withoutDriver = 'plant-a-line-2';

/** Starts every host as a process of its own: real SSH on loopback, each with its key, port and root folder. */
export async function startHosts(folder: string, keysFolder: string): Promise<DemoHost[]> {
  const identity = generateSshKey('signalbox demo');
  await mkdir(keysFolder, { recursive: true });
  await writeFile(join(keysFolder, 'demo'), identity.privateKey, { mode: 0o600 });
  const planned = Object.entries(environments).flatMap(([environment, { management, targets }]) => [
    ...names(`${environment}-mgmt`, management).map((name) => ({ name, environment, role: 'management' as const })),
    ...names(`${environment}-line`, targets).map((name) => ({ name, environment, role: 'target' as const })),
  ]);
  const hosts: DemoHost[] = [];
  for (const plan of planned) {
    const running = await startSshHost({ folder: join(folder, plan.name), authorizedKey: identity.publicKey });
    if (plan.name !== withoutDriver) await writeFile(join(running.root, 'scanner-driver'), '7\n');
    hosts.push({ ...plan, running });
  }
  return hosts;
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${i + 1}`);
}

/** A minute of health on both labs promotes a release; trouble for a fifth of a soak of 20 s or more on one recalls it. */
const pipeline = {
  excludeWeekends: false,
  expectsHealth: true,
  unhealthyThreshold: 0.2,
  recall: 'forward',
  stages: [
    {
      source: 'canary',
      target: 'stable',
      kind: 'canary',
      filters: [{ withLabel: { key: 'tier', values: ['test'] } }],
      promoteWhenHealthy: { needed: '100%', duration: '1m' },
      recallWhenUnhealthy: { needed: 1, duration: '20s' },
    },
  ],
};

export const isPlant = (environment: string): boolean => environment in plants;

/** The fleet file of the demo, as an operator would write it. `feeds`: the address of each product's index. */
export function fleetYaml(feeds: Readonly<Record<string, string>>, signingKey: string, hosts: readonly DemoHost[]) {
  return stringify({
    products: [
      {
        name: product,
        versioning: 'semver',
        feed: { http: feeds[product] },
        signingKeys: [signingKey],
        signatureRequired: true,
        channels: ['canary', 'stable'],
        entryChannels: ['stable'],
      },
      {
        name: canaryProduct,
        versioning: 'semver',
        feed: { http: feeds[canaryProduct] },
        signingKeys: [signingKey],
        signatureRequired: true,
        channels: ['canary', 'stable'],
        entryChannels: ['canary'],
        pipeline,
      },
    ],
    environments: [
      ...Object.keys(plants).map((name) => ({
        name,
        labels: { site: name.slice('plant-'.length) },
        subscriptions: { [product]: 'stable' },
      })),
      ...Object.entries(followers).map(([name, { channel, tier }]) => ({
        name,
        labels: { tier },
        updatePolicy: 'auto',
        subscriptions: { [canaryProduct]: channel },
      })),
      ...Object.entries(customers).map(([name, installer]) => ({
        name,
        installer,
        checkEvery: '30s',
        subscriptions: { [product]: 'stable' },
      })),
    ],
    approvals: [
      // Whoever asks for an install in plant B needs somebody else who agrees to exactly that plan.
      { name: 'plant-b', match: { actions: ['install'], environmentLabels: [{ key: 'site', values: ['b'] }] } },
    ],
    hosts: hosts.map(({ name, environment, role, running }) => ({
      name,
      environment,
      role,
      root: running.root,
      ssh: {
        address: running.address,
        port: running.port,
        user: running.user,
        identity: 'demo',
        hostKeys: [running.fingerprint],
      },
    })),
  });
}
