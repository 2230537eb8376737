import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { inspectChart } from '../../../server/feeds/chart-read.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A packaged chart with these files, as `helm package` lays them out. */
async function chart(files: Readonly<Record<string, string>>): Promise<{ path: string; bytes: Buffer }> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const bytes = gzipSync(await buffer(archive));
  const path = join(await temporaryFolder(), 'chart.tgz');
  await writeFile(path, bytes);
  return { path, bytes };
}

const manifest = 'apiVersion: v2\nname: orders\nversion: 1.2.3\nappVersion: "7"\n';

test('a chart says what it is, with the digest of its archive; charts below it are its own business', async () => {
  const { path, bytes } = await chart({
    'orders/Chart.yaml': manifest,
    'orders/charts/queue/Chart.yaml': 'apiVersion: v2\nname: queue\nversion: 9.9.9\n',
    'orders/templates/deployment.yaml': 'kind: Deployment\n',
  });
  expect(await inspectChart(path)).toEqual({
    chart: { apiVersion: 'v2', name: 'orders', version: '1.2.3' },
    facts: { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
  });
});

test.each([
  ['without a Chart.yaml', { 'orders/values.yaml': 'x: 1\n' }, 'manifest_missing'],
  ['whose Chart.yaml is no YAML', { 'orders/Chart.yaml': 'name: [orders\n' }, 'manifest_invalid'],
  ['whose Chart.yaml names no version', { 'orders/Chart.yaml': 'apiVersion: v2\nname: orders\n' }, 'manifest_invalid'],
  ['that leads out of its folder', { 'orders/Chart.yaml': manifest, '../evil': 'x' }, 'parent_path'],
] as const)('a chart %s is refused', async (_what, files, code) => {
  const { path } = await chart(files);
  await expect(inspectChart(path)).rejects.toMatchObject({ name: 'PackageError', code });
});

test('a chart that is cut off is refused', async () => {
  const { path, bytes } = await chart({ 'orders/Chart.yaml': manifest, 'orders/values.yaml': 'x'.repeat(5_000) });
  await writeFile(path, bytes.subarray(0, bytes.length - 20));
  await expect(inspectChart(path)).rejects.toMatchObject({ code: 'damaged' });
});
