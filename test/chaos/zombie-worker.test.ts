import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { jobHasEnded } from '../../server/domain/task-transition.ts';
import { cuttableLine } from '../support/cuttable-line.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { startServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

let rig: Rig;
afterEach(() => rig?.close());

const LEASE_MS = 3_000;

/** Counts its runs on the host, and waits in silence until the test opens the gate: the refusal is all that is to be read. */
const gated = `echo run >> "$SIGNALBOX_ROOT/runs"; echo begun
until [ -e "$SIGNALBOX_ROOT/gate" ]; do sleep 0.1; done
i=0; until [ $i = 500 ]; do i=$((i + 1)); echo "line $i"; done
echo finished`;

/** A worker in a process of its own whose line to the database the test holds in its hand. */
async function startZombie() {
  const url = new URL(rig.database.url);
  const line = await cuttableLine(Number(url.port));
  url.port = String(line.port);
  const worker = await startServerProcess({
    DATABASE_URL: url.href,
    SIGNALBOX_DATA: join(rig.folder, 'data'),
    SIGNALBOX_ROLES: 'worker',
    SIGNALBOX_LEASE_MS: String(LEASE_MS),
    SIGNALBOX_SWEEP_MS: '200',
  });
  onTestFinished(async () => {
    await worker.kill();
    await line.close();
  });
  return { worker, line };
}

/** A rig whose only worker is the zombie. The other one has read the feed first: a check that ends with it comes again late. */
async function openZombieRig() {
  rig = await openRig({
    hosts: ['line-1'],
    releases: [{ version: '1.0.0', hooks: { 'post-install': gated } }],
    split: true,
    settings: { SIGNALBOX_LEASE_MS: String(LEASE_MS) },
  });
  const [release] = await until('the release', async () => {
    const { items } = await rig.client.call('releases.list', {});
    return items.length > 0 && items;
  });
  await rig.client.call('releases.download', { id: release!.id });
  await until(
    'the package',
    async () => (await rig.client.call('releases.show', { id: release!.id })).package === 'present',
  );
  await rig.worker!.stop();
  const zombie = await startZombie();
  const { id } = await rig.client.call('installs.start', { releaseId: release!.id, hostIds: [1] });
  await until('the first line, stored', async () => (await taskOf(id)).logBytes > 0);
  return { ...zombie, id };
}

async function leaseUntil(): Promise<string> {
  const [row] = await rig.database.db.$client<{ until: string }[]>`select lease_until::text as until from task`;
  return row?.until ?? '';
}

const nextLease = (before: string) =>
  until('a renewed lease', async () => {
    const now = await leaseUntil();
    return now !== before && now;
  });

const taskOf = async (id: number) => (await rig.client.call('jobs.tasks', { id })).items[0]!;
const lockOnHost = async () => Number((await rig.read('line-1', 'orders/lock')).split(' ')[0]);

test('a worker that slept while another took its task over is refused by the fence on the host, and changes nothing', async () => {
  const { worker: zombie, line, id } = await openZombieRig();
  // Two renewals later nothing that it has stored is still on its way: it waits for the host alone.
  await nextLease(await nextLease(await leaseUntil()));
  const fence = await lockOnHost();

  process.kill(zombie.pid, 'SIGSTOP');
  expect(await processState(zombie.pid)).toBe('T');
  await rig.restartWorker();
  await until('the take-over', async () => (await lockOnHost()) > fence);
  // Nothing but the host is left to refuse it: the database does not answer.
  line.freeze();
  process.kill(zombie.pid, 'SIGCONT');
  await until('the refusal', () => /the host refused this worker/.test(zombie.output()));
  expect(zombie.output()).toContain(`"fence":${fence}`);

  await rig.write('line-1', 'gate', '');
  const job = await until('the end', async () => {
    const seen = await rig.client.call('jobs.show', { id });
    return jobHasEnded(seen.status) && seen;
  });
  expect(job).toMatchObject({ status: 'succeeded', counts: { succeeded: 1 } });
  const before = await taskOf(id);
  line.thaw();
  await until('the zombie lets go', () => /this one lets go/.test(zombie.output()));
  expect(await taskOf(id)).toEqual(before);
  expect(await rig.read('line-1', 'runs')).toBe('run\n');
  expect(await lockOnHost()).toBe(fence + 1);
  const { text } = await rig.client.call('tasks.log', { id: before.id, from: 0 });
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index + 1}\n`);
  expect(text).toBe(`begun\n${lines.join('')}finished\n`);
  expect(await zombie.stop()).toEqual({ code: 0, signal: null });
});

test('a worker whose line to the database is frozen ends on SIGTERM all the same, and its task is taken over', async () => {
  const { worker, line, id } = await openZombieRig();
  line.freeze();
  expect(await worker.stop()).toEqual({ code: 0, signal: null });
  await rig.restartWorker();
  await rig.write('line-1', 'gate', '');
  await until('the end', async () => jobHasEnded((await rig.client.call('jobs.show', { id })).status));
  expect(await taskOf(id)).toMatchObject({ status: 'succeeded' });
  expect(await rig.read('line-1', 'runs')).toBe('run\n');
});

/** `T`: stopped. */
async function processState(pid: number): Promise<string> {
  return until('the process has stopped', async () => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const state = stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
    return state === 'T' && state;
  });
}
