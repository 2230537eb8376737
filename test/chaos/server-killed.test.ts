import { afterEach, expect, test } from 'vitest';
import { jobHasEnded } from '../../server/domain/task-transition.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { until } from '../support/until.ts';

let rig: Rig;
afterEach(() => rig?.close());

/** Counts its own runs on the host, then waits there until the test opens the gate. */
const gated = (name: string) =>
  [
    `echo run >> "$SIGNALBOX_ROOT/${name}.runs"`,
    `echo "${name} begins"`,
    `until [ -e "$SIGNALBOX_ROOT/${name}.gate" ]; do sleep 0.05; done`,
    `echo "${name} ends"`,
  ].join('\n');

async function install(hostCount: number): Promise<number> {
  const releases = await until('the release', async () => {
    const { items } = await rig.client.call('releases.list', {});
    return items.length > 0 && items;
  });
  const releaseId = releases[0]!.id;
  await rig.client.call('releases.download', { id: releaseId });
  await until(
    'the package',
    async () => (await rig.client.call('releases.show', { id: releaseId })).package === 'present',
  );
  const hostIds = Array.from({ length: hostCount }, (_, i) => i + 1);
  const plan = { waves: [{ ppm: 1_000_000 }], maxParallel: 10 };
  return (await rig.client.call('installs.start', { releaseId, hostIds, plan })).id;
}

const ended = (id: number) =>
  until(`the end of job ${id}`, async () => {
    const job = await rig.client.call('jobs.show', { id });
    return jobHasEnded(job.status) && job;
  });

const running = (host: string, hook: string) => until(`${hook} on ${host}`, () => rig.read(host, `${hook}.runs`));

for (const hook of ['pre-install', 'post-install'] as const) {
  test(`a server killed while ${hook} runs: after its restart the job ends properly and the hook has run once`, async () => {
    const hosts = ['line-1', 'line-2', 'line-3'];
    rig = await openRig({ hosts, releases: [{ version: '1.0.0', hooks: { [hook]: gated(hook) } }] });
    const id = await install(hosts.length);
    for (const host of hosts) await running(host, hook);

    expect(await rig.server.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await rig.write('line-1', `${hook}.gate`, '');
    await rig.restart();
    for (const host of hosts) await rig.write(host, `${hook}.gate`, '');

    expect(await ended(id)).toMatchObject({ status: 'succeeded', counts: { succeeded: 3 } });
    for (const host of hosts) expect(await rig.read(host, `${hook}.runs`)).toBe('run\n');
    const { items } = await rig.client.call('jobs.tasks', { id });
    for (const task of items) {
      const { text } = await rig.client.call('tasks.log', { id: task.id });
      expect(text).toBe(`${hook} begins\n${hook} ends\n`);
    }
  });
}

test('a host whose SSH server dies in the middle of a hook is unreachable, and said to be so; the others go on', async () => {
  rig = await openRig({
    hosts: ['line-1', 'line-2'],
    releases: [{ version: '1.0.0', hooks: { 'post-install': gated('post-install') } }],
  });
  const id = await install(2);
  for (const host of ['line-1', 'line-2']) await running(host, 'post-install');
  await rig.hosts.get('line-1')!.stop();
  await rig.write('line-2', 'post-install.gate', '');
  expect(await ended(id)).toMatchObject({ status: 'failed', counts: { succeeded: 1, unreachable: 1 } });
  const { items } = await rig.client.call('hosts.list', {});
  expect(items.find(({ name }) => name === 'line-1')).toMatchObject({ liveness: 'unreachable' });
  expect(items.find(({ name }) => name === 'line-2')).toMatchObject({ liveness: 'live' });
});

test('a SIGTERM leaves the steps to the hosts; the next server takes them over at once', async () => {
  rig = await openRig({
    hosts: ['line-1'],
    releases: [{ version: '1.0.0', hooks: { 'post-install': gated('post-install') } }],
  });
  const id = await install(1);
  await running('line-1', 'post-install');
  expect(await rig.server.stop()).toEqual({ code: 0, signal: null });
  await rig.restart();
  await rig.write('line-1', 'post-install.gate', '');
  expect(await ended(id)).toMatchObject({ status: 'succeeded' });
  expect(await rig.read('line-1', 'post-install.runs')).toBe('run\n');
});
