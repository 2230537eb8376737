/**
 * A real server for pictures of the wall: PostgreSQL, worker and clock as users run them, hosts of the local transport
 * whose hooks really run and wait to be let go, so that every situation stands still while it is taken.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createClient, type Client } from '../../server/contracts/client.ts';
import { jobHasEnded } from '../../server/domain/task-transition.ts';
import type { JobView } from '../../server/domain/views.ts';
import { buildPackage } from '../../server/feeds/package-build.ts';
import { writeFeedIndex } from '../../server/feeds/index-write.ts';
import { invite } from '../../server/services/people/invite.ts';
import { createToken } from '../../server/services/people/tokens.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import type { Stage } from '../bench/stage.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

export interface WallStage {
  server: ServerProcess;
  client: Client;
  /** What it was started with, for other processes of the same cluster. */
  env: Record<string, string>;
  hosts: readonly StagedHost[];
  signInLink: string;
  /** Its hooks end now, well or not. */
  letGo(host: StagedHost, how?: 'well' | 'badly'): Promise<void>;
  /** Everything that is installed from now on passes by itself, or waits to be let go. */
  gate(closed: boolean): Promise<void>;
  install(version: string, plan?: object): Promise<number>;
  job(id: number): Promise<JobView>;
  ended(id: number): Promise<JobView>;
  end(): Promise<void>;
}

export interface StagedHost {
  name: string;
  environment: string;
  root: string;
}

const sites = ['fra', 'nyc', 'sin', 'gru', 'syd', 'lon', 'ord', 'nrt', 'cdg', 'bom'];
const tiers = ['prod', 'stage'];
const kinds = ['web', 'api', 'db', 'queue', 'cache'];
const patience = { forMs: 600_000 };
const versions = ['4.1.0', '4.2.0', '4.3.0', '4.4.0'] as const;

/** `count` hosts over one to twenty environments, first a management host in each. */
export function fleetOf(folder: string, count: number): StagedHost[] {
  const environments = sites
    .flatMap((site) => tiers.map((tier) => `${site}-${tier}`))
    .slice(0, count <= 3 ? 1 : count <= 60 ? 3 : count <= 1_000 ? 6 : 20);
  return Array.from({ length: count }, (_, at) => {
    const environment = environments[at % environments.length] as string;
    const nth = Math.floor(at / environments.length);
    const number = String(1 + Math.floor(nth / kinds.length)).padStart(count > 1_000 ? 3 : 2, '0');
    const name = `${environment}-${kinds[nth % kinds.length]}-${number}`;
    return { name, environment, root: join(folder, 'hosts', name) };
  });
}

/** A hook that waits for a file beside it where the fleet is gated, and fails where it is told to. */
const gatedHook = (folder: string, version: string) => `#!/bin/sh
echo "restarting orders on $(basename "$SIGNALBOX_ROOT")"
while [ -e "${folder}/gated" ] && [ ! -e "$SIGNALBOX_ROOT/go" ] && [ ! -e "$SIGNALBOX_ROOT/fail" ]; do sleep 0.3; done
if [ "${version}" != ${versions[0]} ] && [ -e "$SIGNALBOX_ROOT/fail" ]; then echo "port 8443 is taken by another process" >&2; exit 3; fi
`;

export async function openWallStage(stage: Stage, count: number, settings: Record<string, string> = {}) {
  const { folder, url, ctx, closers } = stage;
  const hosts = fleetOf(folder, count);
  const feed = join(folder, 'feed');
  for (const version of versions) {
    const manifest = {
      product: 'orders',
      version,
      notes: 'Faster order intake.',
      hooks: { 'post-install': { timeoutSeconds: 600 } },
    };
    const files = { 'hooks/post-install': gatedHook(folder, version), 'orders.bin': Buffer.alloc(20_000, version) };
    await buildPackage({ manifest, files }, join(feed, `orders-${version}.tar.gz`));
  }
  await writeFeedIndex(feed, 'orders');
  const quick = { SIGNALBOX_BAKE_MS: '0', SIGNALBOX_PROBE_MS: '3600000', SIGNALBOX_SWEEP_MS: '300', ...settings };
  const data = join(folder, 'data');
  const { secret: token } = await createToken.run(ctx, signalboxActor, {
    name: 'release train',
    grants: [{ role: 'admin' }],
  });
  const grants = [{ role: 'admin' as const }, { role: 'approver' as const }];
  const { link } = await invite.run(ctx, signalboxActor, { name: 'Ana Soto', email: 'ana@example.org', grants });
  const env = { ...quick, DATABASE_URL: url, SIGNALBOX_DATA: data };
  const server = await startServerProcess(env);
  closers.push(() => server.kill());
  const client = createClient({ baseUrl: server.url, token });
  await client.call('fleet.apply', { file: 'fleet.yaml', text: fleetText(feed, hosts), prune: false });
  const job = (id: number) => client.call('jobs.show', { id });
  const published = (version: string) =>
    until(
      `release ${version}`,
      async () => (await client.call('releases.list', { limit: 50 })).items.find((each) => each.version === version),
      patience,
    );
  const ended = async (id: number) => {
    return until(
      `the end of job ${id}`,
      async () => [await job(id)].find(({ status }) => jobHasEnded(status)),
      patience,
    );
  };
  const wallStage: WallStage = {
    server,
    client,
    env,
    hosts,
    signInLink: link.replace(/^https?:\/\/[^/]+/, server.url),
    job,
    ended,
    async letGo({ root }, how = 'well') {
      await writeFile(join(root, how === 'well' ? 'go' : 'fail'), '');
    },
    async gate(closed) {
      for (const { root } of hosts) for (const file of ['go', 'fail']) await rm(join(root, file), { force: true });
      if (closed) await writeFile(join(folder, 'gated'), '');
      else await rm(join(folder, 'gated'), { force: true });
    },
    async install(version, plan) {
      const release = await published(version);
      if (release.package !== 'present') await ended((await client.call('releases.download', { id: release.id })).id);
      const hostIds = hosts.map((_, at) => at + 1);
      return (await client.call('installs.start', { releaseId: release.id, hostIds, reason: 'CHG-2041', plan })).id;
    },
    async end() {
      await server.stop();
    },
  };
  return wallStage;
}

export async function makeRoots(hosts: readonly StagedHost[]): Promise<void> {
  for (const { root } of hosts) await mkdir(root, { recursive: true });
}

function fleetText(feed: string, hosts: readonly StagedHost[]): string {
  const environments = [...new Set(hosts.map(({ environment }) => environment))];
  return stringify({
    products: [{ name: 'orders', channels: ['stable'], entryChannels: ['stable'], feed: { folder: feed } }],
    environments: environments.map((name) => ({
      name,
      labels: { site: name.slice(0, 3), tier: name.slice(4) },
      subscriptions: { orders: 'stable' },
    })),
    hosts: hosts.map(({ name, environment, root }, at) => ({
      name,
      environment,
      role: at === 0 ? 'management' : 'target',
      root,
      local: true,
    })),
  });
}
