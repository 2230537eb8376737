import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { taskViews } from '../../../db/queries/views.ts';
import { removeHostFolder } from '../../../server/demo/remove-host-folder.ts';
import { generateSshKey } from '../../../server/demo/ssh-keys.ts';
import { startSshHost, type RunningSshHost } from '../../../server/demo/start-ssh-host.ts';
import { recordFeedCheck } from '../../../server/services/feed/record-check.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { endDownload } from '../../../server/services/release/download.ts';
import { packagePath } from '../../../server/services/release/package-path.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { readTaskLog } from '../../../server/services/task/read-log.ts';
import { runTask } from '../../../server/worker/run-task.ts';
import { startBastion } from '../../support/bastion.ts';
import { apply } from '../../support/fleet.ts';
import { runsOn } from '../../support/install.ts';
import { buildPackage } from '../../support/package.ts';
import { which } from '../../support/shells.ts';
import { tellAlone } from '../../support/tell-alone.ts';
import { openWorld, type World } from '../../support/world.ts';

/** From the words of a fleet file to a hook on a host: each transport, each way to become who runs there. */
let world: World;
let folder: string;
let host: RunningSshHost;
const key = generateSshKey('own');
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0', SIGNALBOX_LINE_PATIENCE_MS: '1000' });
});
beforeEach(async () => {
  await world.clear();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-way-'));
  world.ctx.config.dataFolder = join(folder, 'data');
  world.ctx.config.keysFolder = join(folder, 'keys');
  await keyFile('own', key.privateKey);
  host = await startSshHost({ folder: join(folder, 'host'), authorizedKey: key.publicKey });
});
afterEach(async () => {
  await host.stop();
  await removeHostFolder(folder);
});
afterAll(() => world.close());

async function keyFile(name: string, content: string): Promise<void> {
  await mkdir(world.ctx.config.keysFolder, { recursive: true });
  await writeFile(join(world.ctx.config.keysFolder, name), content, { mode: 0o600 });
}

const place = () => ({
  address: host.address,
  port: host.port,
  user: host.user,
  identity: 'own',
  hostKeys: [host.fingerprint],
});

/** Declares the host, installs 1.0.0 on it, and answers with the task and what its hook has written. */
async function install(ssh: object, become?: 'sudo') {
  await apply(world, {
    products: [{ name: 'orders', channels: ['stable'], entryChannels: ['stable'] }],
    environments: [{ name: 'plant', subscriptions: { orders: 'stable' } }],
    hosts: [{ name: 'line-1', environment: 'plant', root: host.root, ssh, ...(become ? { become } : {}) }],
  });
  const hooks = { 'post-install': 'echo "as $(id -un) for ${SUDO_USER:-nobody}"' };
  const built = await buildPackage({ product: 'orders', version: '1.0.0', hooks });
  const release = { version: '1.0.0', digest: built.digest, size: built.size, artifactUrl: 'file:///x' };
  const rest = { signatureUrl: null, notes: '', labels: {}, required: false, hooks: {} };
  await recordFeedCheck(world.ctx, 1, { releases: [{ ...release, ...rest }], problems: [] });
  const download = await requestDownload.run(world.ctx, world.operator, { id: 1 });
  const path = packagePath(world.ctx.config, 'orders', { ...release, ...rest });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, built.bytes);
  await endDownload(world.ctx, download.id, { status: 'succeeded', hooks: {} });
  const job = await startInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: [1] });
  const [held] = await runsOn(world, job.id);
  await runTask(world.ctx, held!, new AbortController().signal, tellAlone(world.ctx));
  const { text } = await readTaskLog.run(world.ctx, world.operator, { id: held!.taskId, from: 0 });
  return { task: (await taskViews(world.ctx.db, [held!.taskId]))[0]!, said: text };
}

const me = userInfo().username;
const TRANSPORTS = ['ssh2', 'openssh'] as const;

describe.each(TRANSPORTS)('a host that a fleet file declares with transport %s', (transport) => {
  test('is installed on as the user of the connection', async () => {
    const { task, said } = await install({ transport, ...place() });
    expect(task).toMatchObject({ status: 'succeeded', problem: null });
    expect(said).toBe(`as ${me} for nobody\n`);
    expect(await readFile(join(host.root, 'orders', 'current', 'VERSION'), 'utf8')).toBe('1.0.0\n');
  });

  test.skipIf(which('sudo') === null || userInfo().uid !== 0)('and become sudo, as root by sudo -n', async () => {
    const { task, said } = await install({ transport, ...place() }, 'sudo');
    expect(task).toMatchObject({ status: 'succeeded' });
    expect(said).toBe(`as root for ${me}\n`);
  });

  test('and another key than it shows is unreachable at once, with both keys named', async () => {
    const { task } = await install({ transport, ...place(), hostKeys: [`SHA256:${'a'.repeat(43)}`] });
    expect(task).toMatchObject({
      status: 'unreachable',
      problem: { code: 'host_key_changed', sentence: expect.stringMatching(/Pinned SHA256:a+, seen /) },
    });
  });

  test('and a key file that is not there is unreachable, and says where to put it', async () => {
    const { task } = await install({ transport, ...place(), identity: 'missing' });
    expect(task).toMatchObject({ status: 'unreachable', problem: { code: 'auth_failed' } });
    expect(task.problem!.sentence).toMatch(/missing/);
  });
});

test('a host behind a bastion is reached by the keys, pins and ssh_config that the fleet file names', async () => {
  const jumpKey = generateSshKey('jump');
  const bastion = await startBastion(jumpKey.publicKey);
  onTestFinished(() => bastion.close());
  await keyFile('bastion', jumpKey.privateKey);
  await keyFile('plant.ssh_config', 'ServerAliveCountMax 7\n');
  const jump = {
    address: '127.0.0.1',
    port: bastion.port,
    user: 'jump',
    identity: 'bastion',
    hostKeys: [bastion.fingerprint],
  };
  const { task } = await install({ transport: 'openssh', ...place(), config: 'plant.ssh_config', jump });
  expect(task).toMatchObject({ status: 'succeeded' });
  expect(bastion.carried).toEqual([host.port]);
});
