import { createHash } from 'node:crypto';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSessionLocks } from '../../db/session-lock.ts';
import type { Client as ApiClient } from '../../server/contracts/client.ts';
import { startFeedServer, type FeedServer } from '../../server/demo/feed-server.ts';
import { applyFleet } from '../../server/services/fleet/apply.ts';
import { downloadWork } from '../../server/worker/downloads.ts';
import { feedWork } from '../../server/worker/feed-checks.ts';
import { Pool } from '../../server/worker/pool.ts';
import { helmUser, realHelm } from '../support/real-helm.ts';
import { openSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const VERSIONS = ['1.0.0', '1.1.0', '2.0.0'];
let folder: string;
let site: Site;
let charts: FeedServer;
let admin: ApiClient;
let helm: ReturnType<typeof helmUser>;
let token: string;

/** Charts that helm itself made and packed, in a feed, downloaded and verified by the worker. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-helm-'));
  helm = helmUser(await realHelm(), folder);
  await helm('create', 'orders');
  for (const version of VERSIONS) await helm('package', 'orders', '--version', version, '--app-version', version);
  const releases = await Promise.all(VERSIONS.map(statedChart));
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schema: 1, product: 'orders', releases }));
  charts = await startFeedServer({ folder });
  site = await openSite({ settings: { SIGNALBOX_DATA: join(folder, 'server') } });
  const { ctx, operator } = site.world;
  const text = [
    'products:',
    `  - { name: orders, artifact: chart, channels: [stable], entryChannels: [stable], feed: { http: '${charts.url}index.json' } }`,
    'environments: [{ name: customer, installer: helm, subscriptions: { orders: stable } }]',
  ].join('\n');
  await applyFleet.run(ctx, operator, { file: 'fleet.yaml', text, prune: false });
  await feedWork(ctx, new AbortController().signal)(1);
  admin = await site.clientOf(['admin']);
  await downloadAll();
  token = (await admin.call('clients.issueToken', { id: 1 })).secret;
}, 300_000);
afterAll(async () => {
  await charts.close();
  await site.close();
  await rm(folder, { recursive: true, force: true });
});

async function statedChart(version: string) {
  const artifact = `orders-${version}.tgz`;
  const bytes = await readFile(join(folder, artifact));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { version, artifact, size: bytes.length, sha256, notes: `Orders ${version}\nfor everybody` };
}

async function downloadAll(): Promise<void> {
  const { world } = site;
  const locks = openSessionLocks(world.url, 'helm');
  const pool = new Pool(2);
  const work = downloadWork(world.ctx, pool, locks.tryHold, new AbortController().signal);
  for (const id of [1, 2, 3]) await admin.call('releases.download', { id });
  for (const { jobId } of await world.take('release.download'))
    await work.onMessage(jobId, new AbortController().signal);
  await until('the charts', async () => {
    const { items } = await admin.call('releases.list', {});
    return items.every((release) => release.package === 'present');
  });
  await pool.idle();
  await locks.close();
}

const found = async () => {
  const lines = JSON.parse(await helm('search', 'repo', 'signalbox/orders', '--versions', '--output', 'json')) as {
    name: string;
    version: string;
    description: string;
  }[];
  return lines;
};

describe('the real helm', () => {
  test('adds the channel as a repository under the token of its client, and under no other', async () => {
    const url = `${site.url}/helm/orders/stable`;
    const add = (password: string) =>
      helm('repo', 'add', 'signalbox', url, '--username', 'customer', '--password', password);
    await expect(add('sbc_wrong')).rejects.toThrow(/401/);
    expect(await add(token)).toContain('has been added');
    expect(await found()).toEqual(
      VERSIONS.toReversed().map((version) =>
        expect.objectContaining({ name: 'signalbox/orders', version, description: `Orders ${version}` }),
      ),
    );
    const { items } = await admin.call('clients.list', {});
    expect(items[0]).toMatchObject({ lastSeenAt: site.world.time.now, presence: 'active' });
  });

  test('pulls a chart byte for byte, and after the demotion finds it no more, while the pulled one stays', async () => {
    await helm('pull', 'signalbox/orders', '--version', '2.0.0', '--destination', join(folder, 'server'));
    const pulled = join(folder, 'server', 'orders-2.0.0.tgz');
    expect(await readFile(pulled)).toEqual(await readFile(join(folder, 'orders-2.0.0.tgz')));
    const preview = await admin.call('releases.demotionImpact', { id: 3, channel: 'stable' });
    expect(preview.environments).toMatchObject([{ name: 'customer', impact: 'disappears_now' }]);

    await admin.call('releases.demote', { id: 3, channel: 'stable', reason: 'it leaks' });
    // What helm has of the index it still lists, but the chart is given to nobody any more.
    expect((await found()).map(({ version }) => version)).toContain('2.0.0');
    await expect(helm('pull', 'signalbox/orders', '--version', '2.0.0')).rejects.toThrow(/409/);
    await helm('repo', 'update');
    expect((await found()).map(({ version }) => version)).toEqual(['1.1.0', '1.0.0']);
    await expect(helm('pull', 'signalbox/orders', '--version', '2.0.0')).rejects.toThrow(/not found/);
    await access(pulled);
    expect(await helm('show', 'chart', pulled)).toContain('version: 2.0.0');

    await admin.call('releases.undemote', { id: 3, channel: 'stable', reason: 'it was the sensor' });
    await helm('repo', 'update');
    expect((await found()).map(({ version }) => version)).toEqual(['2.0.0', '1.1.0', '1.0.0']);
  });

  test('of a channel without an active release finds nothing, and the repository stays sound', async () => {
    for (const id of [1, 2, 3]) await admin.call('releases.demote', { id, channel: 'stable', reason: 'all of it' });
    expect(await helm('repo', 'update')).toContain('Successfully got an update');
    expect(await found()).toEqual([]);
  });
});
