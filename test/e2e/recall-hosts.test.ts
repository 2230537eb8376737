import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRig, type Rig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({ hosts: ['line-1', 'line-2'], releases: [{ version: '1.0.0' }, { version: '1.1.0' }] });
});
afterAll(() => rig.close());

const soon = { timeout: 45_000, interval: 200 };
const reported = async () =>
  (await rig.client.call('hosts.list', {})).items.map(({ name, reported: [runs] }) => `${name} ${runs?.version}`);
const idOf = async (version: string) =>
  (await rig.client.call('releases.list', {})).items.find((release) => release.version === version)?.id ?? 0;

test('a recall fetches the good release and rolls real hosts to it, with nobody doing anything more', async () => {
  await rig.client.call('products.check', { id: 1 });
  await expect.poll(() => idOf('1.0.0'), soon).toBeGreaterThan(0);
  const releaseId = await idOf('1.0.0');
  await rig.client.call('releases.download', { id: releaseId });
  await expect
    .poll(async () => (await rig.client.call('releases.show', { id: releaseId })).package, soon)
    .toBe('present');
  await rig.client.call('installs.start', { releaseId, hostIds: [1, 2] });
  await expect.poll(reported, soon).toEqual(['line-1 1.0.0', 'line-2 1.0.0']);
  const range = { only: '1.0.0' };
  const { recall, jobs } = await rig.client.call('recalls.open', { productId: 1, range, reason: 'loses orders' });
  expect(jobs).toEqual([]);
  await expect.poll(reported, soon).toEqual(['line-1 1.1.0', 'line-2 1.1.0']);
  await expect
    .poll(async () => (await rig.client.call('recalls.show', { id: recall.id })).jobs.map(({ status }) => status), soon)
    .toEqual(['succeeded']);
  const again = rig.client.call('installs.start', { releaseId, hostIds: [1] });
  await expect(again).rejects.toThrow('it is recalled');
});
