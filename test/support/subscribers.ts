import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Client as ApiClient } from '../../server/contracts/client.ts';
import { recordFeedCheck } from '../../server/services/feed/record-check.ts';
import { applyFleet } from '../../server/services/fleet/apply.ts';
import { packagePath } from '../../server/services/release/package-path.ts';
import { downstreamClient, type DownstreamClient } from './downstream-client.ts';
import { rollouts } from './rollout.ts';
import type { Site } from './site.ts';

/** Every installer method of document 001, as a fleet file writes it. */
export const METHODS = {
  helm: 'helm',
  'embedded-cluster': 'embedded-cluster',
  'kots-1.128': '{ method: kots, version: 1.128.0 }',
  'kots-1.127': '{ method: kots, version: 1.127.4 }',
  'kots-1.126': '{ method: kots, version: 1.126.0 }',
  'kots-1.125': '{ method: kots, version: 1.125.9 }',
  'kurl-1.128': '{ method: kurl, version: 1.128.3 }',
  'kurl-1.125': '{ method: kurl, version: 1.125.0 }',
} as const;
export type Method = keyof typeof METHODS;
export const methods = Object.keys(METHODS) as Method[];

/** Environments by these names, each of its method, that follow `orders` on `stable`; nothing is published yet. */
export async function declareSubscribers(
  { world }: Pick<Site, 'world'>,
  environments: Readonly<Record<string, Method>>,
  more: { managed?: readonly string[]; checkEvery?: string; versioning?: 'semver' | 'sequence' } = {},
): Promise<void> {
  const { managed = [], checkEvery = '4h', versioning = 'semver' } = more;
  const lines = [
    'products:',
    `  - { name: orders, versioning: ${versioning}, channels: [stable, beta], entryChannels: [stable], feed: { folder: /srv/feed } }`,
    'environments:',
    ...Object.entries(environments).map(
      ([name, method]) =>
        `  - { name: ${name}, installer: ${METHODS[method]}, checkEvery: ${checkEvery}, subscriptions: { orders: stable } }`,
    ),
    ...(managed.length === 0 ? [] : ['  - { name: plant, subscriptions: { orders: stable } }', 'hosts:']),
    ...managed.map((name) => `  - { name: ${name}, environment: plant, root: /srv/${name}, local: true }`),
  ];
  await applyFleet.run(world.ctx, world.operator, { file: 'fleet.yaml', text: lines.join('\n'), prune: false });
}

/** Publishes a release of `orders` with its package on the server. */
export async function publishWhole(
  { world }: Pick<Site, 'world'>,
  version: string,
  said: { notes?: string; required?: boolean } = {},
): Promise<number> {
  const bytes = Buffer.from(`orders ${version}`);
  const digest = version.replaceAll(/\D/g, '').padEnd(64, 'a');
  const release = {
    version,
    digest,
    size: bytes.length,
    artifactUrl: `file:///srv/feed/orders-${version}.tar.gz`,
    signatureUrl: null,
    notes: said.notes ?? '',
    labels: {},
    required: said.required ?? false,
    hooks: {},
  };
  await recordFeedCheck(world.ctx, 1, { releases: [release], problems: [] });
  const [row] = await world.ctx.db.$client<{ id: number }[]>`select id from release where version = ${version}`;
  const id = row?.id ?? 0;
  await rollouts(world).download([id]);
  const path = packagePath(world.ctx.config, 'orders', { version, digest });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return id;
}

/** The client of an environment: its record here, and the real one that calls. */
export interface Subscriber extends DownstreamClient {
  id: number;
  /** What it sees by what is stored of it, newest first. */
  sees(): Promise<string[]>;
  /** What it may deploy; for what it may not, the code of the refusal. */
  mayDeploy(): Promise<Record<string, true | string>>;
  /** Versions that it believes required, newest first. */
  believesRequired(): Promise<string[]>;
}

/** Gives the clients of these environments their tokens. */
export async function subscribersOf<Name extends string>(
  site: Pick<Site, 'url'>,
  admin: ApiClient,
  names: readonly Name[],
): Promise<Record<Name, Subscriber>> {
  const { items } = await admin.call('clients.list', {});
  const found = await Promise.all(
    names.map(async (name) => {
      const record = items.find(({ environment }) => environment === name);
      if (!record) throw new Error(`${name} follows nothing`);
      const { secret } = await admin.call('clients.issueToken', { id: record.id });
      const shown = async () => (await admin.call('clients.show', { id: record.id })).seats[0]?.sees ?? [];
      const subscriber: Subscriber = {
        ...downstreamClient({ url: site.url, token: secret }),
        id: record.id,
        sees: async () => (await shown()).map(({ version }) => version),
        mayDeploy: async () =>
          Object.fromEntries((await shown()).map(({ version, refusal }) => [version, refusal?.code ?? true])),
        believesRequired: async () => (await shown()).filter(({ required }) => required).map(({ version }) => version),
      };
      return [name, subscriber] as const;
    }),
  );
  return Object.fromEntries(found) as Record<Name, Subscriber>;
}
