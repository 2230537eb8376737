import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { hostViews, jobViews, taskViews } from '../../../db/queries/views.ts';
import { removeHostFolder } from '../../../server/demo/remove-host-folder.ts';
import { recordFeedCheck } from '../../../server/services/feed/record-check.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { readTaskLog } from '../../../server/services/task/read-log.ts';
import { endDownload } from '../../../server/services/release/download.ts';
import { packagePath } from '../../../server/services/release/package-path.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { takeOverTasks } from '../../../server/services/task/lease.ts';
import type { Held } from '../../../server/services/task/start.ts';
import { runTask } from '../../../server/worker/run-task.ts';
import { apply } from '../../support/fleet.ts';
import { runsOn } from '../../support/install.ts';
import { everythingStored } from '../../support/database.ts';
import { buildPackage, type Entry } from '../../support/package.ts';
import { tellAlone } from '../../support/tell-alone.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
let folder: string;
let root: string;
let days = 0;
beforeAll(async () => {
  world = await openWorld({
    SIGNALBOX_BAKE_MS: '0',
    SIGNALBOX_SECRETS: 'hunter2!',
    SIGNALBOX_LINE_PATIENCE_MS: '1000',
  });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-run-'));
  root = join(folder, 'host');
  await mkdir(root);
  world.ctx.config.dataFolder = join(folder, 'data');
  await newDatabase();
  return () => removeHostFolder(folder);
});
afterAll(() => world.close());

/** The server starts anew with nothing but its fleet file; the host has whatever it has. */
async function newDatabase(): Promise<void> {
  await world.clear();
  await apply(world, {
    products: [{ name: 'orders', channels: ['stable'], entryChannels: ['stable'] }],
    environments: [{ name: 'plant', subscriptions: { orders: 'stable' } }],
    hosts: [{ name: 'line-1', environment: 'plant', root, local: true }],
  });
  days += 1;
  world.time.now += days * 86_400_000;
}

/** Release 1, downloaded, and a task that this worker holds. */
async function holdInstall(
  version: string,
  hooks: Record<string, string> = {},
  extra: readonly Entry[] = [],
): Promise<{ job: number; held: Held }> {
  const built = await buildPackage({ product: 'orders', version, hooks, extra });
  const release = { version, digest: built.digest, size: built.size, artifactUrl: 'file:///x', signatureUrl: null };
  const rest = { notes: '', labels: {}, required: false, hooks: {} };
  await recordFeedCheck(world.ctx, 1, { releases: [{ ...release, ...rest }], problems: [] });
  const download = await requestDownload.run(world.ctx, world.operator, { id: 1 });
  const path = packagePath(world.ctx.config, 'orders', release);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, built.bytes);
  await endDownload(world.ctx, download.id, { status: 'succeeded', hooks: {} });
  return hold();
}

async function hold(): Promise<{ job: number; held: Held }> {
  const job = await startInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: [1] });
  const [held] = await runsOn(world, job.id);
  return { job: job.id, held: held as Held };
}

const run = (held: Held) => runTask(world.ctx, held, new AbortController().signal, tellAlone(world.ctx));
const task = async ({ taskId }: Held) => (await taskViews(world.ctx.db, [taskId]))[0]!;
const current = () => readFile(join(root, 'orders', 'current', 'VERSION'), 'utf8').then((text) => text.trim());

test('a task goes through its steps, its log is stored masked, and the host reports the release', async () => {
  const { job, held } = await holdInstall('1.0.0', { 'pre-install': 'echo "key hunter2! ok"; printf "no end"' });
  await run(held);
  expect(await task(held)).toMatchObject({ status: 'succeeded', step: null, problem: null });
  expect((await task(held)).steps.map(({ step, outcome }) => `${step} ${outcome}`)).toContain('pre-install ok');
  const log = await readTaskLog.run(world.ctx, world.operator, { id: held.taskId, from: 0 });
  expect(log).toMatchObject({ text: 'key ******** ok\nno end', ended: true });
  expect((await jobViews(world.ctx.db, [job]))[0]).toMatchObject({ status: 'succeeded' });
  expect((await hostViews(world.ctx.db, {}))[0]).toMatchObject({
    liveness: 'live',
    reported: [{ version: '1.0.0', releaseId: 1 }],
  });
  expect(await current()).toBe('1.0.0');
});

test('a cancel that was asked for while nobody held the task is on the host before anything begins there', async () => {
  const { job, held } = await holdInstall('1.0.0', { 'pre-install': 'echo ran' });
  await cancelJob.run(world.ctx, world.operator, { id: job });
  await run(held);
  expect(await task(held)).toMatchObject({ status: 'cancelled', step: null });
  const log = await readTaskLog.run(world.ctx, world.operator, { id: held.taskId, from: 0 });
  expect(log).toMatchObject({ text: '', ended: true });
  expect(existsSync(join(root, 'orders', 'current'))).toBe(false);
});

test('a long log is stored byte for byte, and read on from any byte of it', async () => {
  const { held } = await holdInstall('1.0.0', { 'pre-install': 'seq 1 40000', health: 'echo fine' });
  await run(held);
  const whole = `${Array.from({ length: 40_000 }, (_, n) => `${n + 1}\n`).join('')}fine\n`;
  expect(await readOn(held.taskId, 0)).toBe(whole);
  for (const from of [1, 100_001, whole.length - 3]) expect(await readOn(held.taskId, from)).toBe(whole.slice(from));
});

async function readOn(id: number, from: number): Promise<string> {
  const { text, to, total } = await readTaskLog.run(world.ctx, world.operator, { id, from });
  return to < total ? text + (await readOn(id, to)) : text;
}

test('what an error says of a package or a host is masked before it is stored', async () => {
  const { held } = await holdInstall('1.0.0', {}, [
    { name: 'hunter2! password=letmein9', type: 'link', linkname: 'VERSION' },
  ]);
  await run(held);
  expect(await task(held)).toMatchObject({ status: 'failed', problem: { code: 'hard_link' } });
  expect((await task(held)).problem?.sentence).toContain('********');
  const stored = await everythingStored(world.url);
  expect(stored).toContain('hard_link');
  expect(stored).not.toMatch(/hunter2!|letmein9/);
});

test('a task of a new database is not told the end of an old one that had its number', async () => {
  const first = await holdInstall('1.0.0');
  await run(first.held);
  await newDatabase();
  const second = await holdInstall('2.0.0');
  expect(second.held).toEqual(first.held);
  await run(second.held);
  // The host knows an owner that this database does not: a person has to say which of them is right.
  expect(await task(second.held)).toMatchObject({
    status: 'failed',
    problem: { code: 'fence_stale', sentence: expect.stringMatching(/remove the lock file/) },
  });
  expect(await current()).toBe('1.0.0');
  await rm(join(root, 'orders', 'lock'));
  const third = await hold();
  await run(third.held);
  expect(await task(third.held)).toMatchObject({ status: 'succeeded', fromVersion: '1.0.0' });
  expect(await current()).toBe('2.0.0');
});

test('a worker that was replaced lets go of the host and says nothing more', async () => {
  const { held } = await holdInstall('1.0.0');
  const [taken] = await takeOverTasks(world.ctx, 'worker-2', 1);
  await run(taken as Held);
  const before = await task(held);
  await run(held);
  expect(await task(held)).toEqual(before);
});
