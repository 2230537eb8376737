import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { jobHasEnded } from '../../server/domain/task-transition.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { until } from '../support/until.ts';

let rig: Rig;
afterEach(() => rig?.close());

/** Writes down which release was installed, and fails where the test has put a stone in its way. */
const postInstall = [
  'echo "$SIGNALBOX_VERSION" >> "$SIGNALBOX_ROOT/installed"',
  '[ "$SIGNALBOX_VERSION" != 2.0.0 ] || [ ! -e "$SIGNALBOX_ROOT/stone" ]',
].join('\n');

async function releaseIds(): Promise<{ good: number; bad: number }> {
  const items = await until('the releases', async () => {
    const page = await rig.client.call('releases.list', {});
    return page.items.length === 2 && page.items;
  });
  const idOf = (version: string) => items.find((release) => release.version === version)!.id;
  return { good: idOf('1.0.0'), bad: idOf('2.0.0') };
}

async function install(releaseId: number, onFailure: 'restore' | 'leave') {
  await rig.client.call('releases.download', { id: releaseId });
  await until('the package', async () => {
    const release = await rig.client.call('releases.show', { id: releaseId });
    return release.package === 'present';
  });
  const plan = { waves: [{ ppm: 1_000_000 }], maxFailures: { count: 2 }, onFailure };
  return ended((await rig.client.call('installs.start', { releaseId, hostIds: [1, 2], plan })).id);
}

const ended = (id: number) =>
  until(`the end of job ${id}`, async () => {
    const job = await rig.client.call('jobs.show', { id });
    return jobHasEnded(job.status) && job;
  });

test('a host that failed and was left goes back to its known-good release without a transfer, and stays there', async () => {
  const hooks = { 'post-install': postInstall };
  rig = await openRig({
    hosts: ['line-1', 'line-2'],
    releases: ['1.0.0', '2.0.0'].map((version) => ({ version, hooks })),
    settings: { SIGNALBOX_KEEP_RELEASES: '1' },
  });
  const { good, bad } = await releaseIds();
  expect(await install(good, 'restore')).toMatchObject({ status: 'succeeded' });
  await rig.write('line-1', 'stone', '');
  const failed = await install(bad, 'leave');
  expect(failed).toMatchObject({ status: 'failed', counts: { failed: 1, succeeded: 1 } });

  // Nothing can be sent any more, neither from the feed nor from the server's own store.
  await rename(join(rig.folder, 'feed'), join(rig.folder, 'feed-gone'));
  await rename(join(rig.folder, 'data', 'packages'), join(rig.folder, 'data', 'packages-gone'));

  const preview = await rig.client.call('rollbacks.preview', { id: failed.id });
  expect(preview.hosts.map(({ name, chosen, outcome, onHost }) => [name, chosen, outcome, onHost])).toEqual([
    ['line-1', true, 'install', true],
    ['line-2', false, 'refuse', false],
  ]);
  const { started } = await rig.client.call('rollbacks.start', { id: failed.id, reason: 'line 1 is down' });
  expect(await ended(started[0]!.id)).toMatchObject({
    status: 'succeeded',
    version: '1.0.0',
    counts: { succeeded: 1 },
  });

  expect(await rig.read('line-1', 'installed')).toBe('1.0.0\n2.0.0\n1.0.0\n');
  expect(await rig.read('line-2', 'installed')).toBe('1.0.0\n2.0.0\n');
  const { items: tasks } = await rig.client.call('jobs.tasks', { id: started[0]!.id });
  expect(tasks[0]!.steps.find(({ step }) => step === 'fetch')).toMatchObject({ outcome: 'skipped' });
  const { items: hosts } = await rig.client.call('hosts.list', {});
  expect(hosts.map(({ reported }) => reported[0]?.version)).toEqual(['1.0.0', '2.0.0']);

  const again = await rig.client.call('installs.start', { releaseId: bad, hostIds: [1] });
  const held = await until('the hold', async () => {
    const job = await rig.client.call('jobs.show', { id: again.id });
    return job.status === 'waiting' && job;
  });
  expect(held.problem).toMatchObject({ code: 'held', owners: ['token rig'] });
  expect(await rig.read('line-1', 'installed')).toBe('1.0.0\n2.0.0\n1.0.0\n');
});
