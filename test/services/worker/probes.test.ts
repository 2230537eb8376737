import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { removeHostFolder } from '../../../server/demo/remove-host-folder.ts';
import { generateSshKey } from '../../../server/demo/ssh-keys.ts';
import { startSshHost, type RunningSshHost } from '../../../server/demo/start-ssh-host.ts';
import { localDriver } from '../../../server/hosts/drivers/local.ts';
import { noteLook } from '../../../server/services/host/contact.ts';
import { takeHostsToProbe } from '../../../server/services/host/take-due.ts';
import { advanceJob } from '../../../server/services/job/advance.ts';
import { startTask } from '../../../server/services/task/start.ts';
import { Pool } from '../../../server/worker/pool.ts';
import { probeWork } from '../../../server/worker/probes.ts';
import { install, planOf } from '../../support/attempt.ts';
import { activities, apply, views } from '../../support/fleet.ts';
import { installOn } from '../../support/install.ts';
import { buildPackage } from '../../support/package.ts';
import { openWorld, type World } from '../../support/world.ts';

const probeMs = 60_000;
const identity = generateSshKey('probes');
let world: World;
let folder: string;
let one: RunningSshHost;
let two: RunningSshHost;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-probes-'));
  await mkdir(join(folder, 'keys'));
  await writeFile(join(folder, 'keys', 'id'), identity.privateKey, { mode: 0o600 });
  world = await openWorld({
    SIGNALBOX_KEYS: join(folder, 'keys'),
    SIGNALBOX_PROBE_MS: String(probeMs),
    SIGNALBOX_CONNECT_TIMEOUT_MS: '5000',
    SIGNALBOX_BAKE_MS: '0',
  });
  [one, two] = await Promise.all([startHost('one'), startHost('two')]);
});
beforeEach(() => world.clear());
afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await world.close();
  await removeHostFolder(folder);
});

function startHost(name: string, port?: number): Promise<RunningSshHost> {
  const at = port === undefined ? {} : { port };
  return startSshHost({ folder: join(folder, name), authorizedKey: identity.publicKey, ...at });
}

const sshOf = (host: RunningSshHost) => ({
  address: host.address,
  port: host.port,
  user: host.user,
  identity: 'id',
  hostKeys: [host.fingerprint],
});

/** Hosts of one environment that follows product `shop`, in this order: ids from 1. */
function declare(...hosts: { root?: string; ssh?: object; local?: true; life?: string }[]) {
  return apply(world, {
    products: [{ name: 'shop', channels: ['stable'], entryChannels: ['stable'] }],
    environments: [{ name: 'plant', subscriptions: { shop: 'stable' } }],
    hosts: hosts.map((host, i) => ({ name: `line-${i + 1}`, environment: 'plant', root: '/tmp/none', ...host })),
  });
}

/** One round of looks by one worker, and the next interval. */
async function probe(settings: { connectTimeoutMs?: number } = {}): Promise<void> {
  const pool = new Pool(4);
  const ctx = { ...world.ctx, config: { ...world.ctx.config, ...settings } };
  await probeWork(ctx, pool, new AbortController().signal)();
  await pool.idle();
  world.time.now += probeMs;
}

const hosts = async () => (await views(world)).hosts;
const news = async () =>
  (await activities(world)).flatMap(({ kind, entity }) =>
    ['host.live', 'host.unreachable', 'host.reported'].includes(kind) ? [`${kind} ${entity.id}`] : [],
  );

describe('a look at a host', () => {
  test('that answers is news once, and says what it runs', async () => {
    await declare({ root: one.root, ssh: sshOf(one) }, { root: two.root, ssh: sshOf(two) });
    await probe();
    const since = world.time.now - probeMs;
    expect(await hosts()).toMatchObject([
      { liveness: 'live', livenessSince: since, reported: [] },
      { liveness: 'live', livenessSince: since, reported: [] },
    ]);
    expect((await news()).sort()).toEqual(['host.live 1', 'host.live 2']);

    const built = await buildPackage({ version: '1.0.0' });
    const session = await localDriver().open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
    await install(session, planOf(one.root, '1.0.0', built), built);
    await probe();
    await probe();
    expect((await news()).slice(2)).toEqual(['host.reported 1']);
    const [first, second] = await hosts();
    expect(first).toMatchObject({
      liveness: 'live',
      livenessSince: since,
      reported: [{ version: '1.0.0', releaseId: null }],
    });
    expect(second).toMatchObject({ reported: [], revision: 2 });
  });

  test('that is gone says so once, and comes back under the same key', async () => {
    const host = await startHost('three');
    await declare({ root: host.root, ssh: sshOf(host) });
    await probe();
    await host.stop();
    const goneAt = world.time.now;
    for (let i = 0; i < 3; i += 1) await probe();
    expect(await hosts()).toMatchObject([
      { liveness: 'unreachable', livenessSince: goneAt, livenessProblem: { code: 'connect_failed' } },
    ]);
    const again = await startHost('three', host.port);
    onTestFinished(() => again.stop());
    const backAt = world.time.now;
    await probe();
    expect(await hosts()).toMatchObject([{ liveness: 'live', livenessSince: backAt, livenessProblem: null }]);
    expect(await news()).toEqual(['host.live 1', 'host.unreachable 1', 'host.live 1']);
  });

  test('with another key is loudly unreachable, and looked at again at once when the right key is declared', async () => {
    await declare({ root: one.root, ssh: { ...sshOf(one), hostKeys: [two.fingerprint] } });
    await probe();
    expect(await hosts()).toMatchObject([
      {
        liveness: 'unreachable',
        livenessProblem: { code: 'host_key_changed', sentence: expect.stringContaining(one.fingerprint) },
      },
    ]);
    world.time.now -= probeMs;
    await probe();
    expect(await news()).toEqual(['host.unreachable 1']);
    world.time.now -= probeMs;
    await declare({ root: one.root, ssh: sshOf(one) });
    await probe();
    expect(await hosts()).toMatchObject([{ liveness: 'live' }]);
  });

  test.each([
    [
      'a key that is not in the key folder',
      { ssh: { identity: 'missing' } },
      'auth_failed',
      /The SSH key missing cannot be read/,
    ],
    ['a user that is not let in', { ssh: { user: 'nobody-here' } }, 'auth_failed', /is not let in/],
  ])('with %s says what to mend', async (_what, { ssh }, code, words) => {
    await declare({ root: one.root, ssh: { ...sshOf(one), ...ssh } });
    await probe();
    expect(await hosts()).toMatchObject([
      { liveness: 'unreachable', livenessProblem: { code, sentence: expect.stringMatching(words) } },
    ]);
  });

  test('that says nothing does not hold up the look at others', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const mute = { ssh: { ...sshOf(one), port: (silent.address() as AddressInfo).port } };
    await declare(mute, mute, mute, { root: one.root, ssh: sshOf(one) }, { root: two.root, ssh: sshOf(two) });
    await probe({ connectTimeoutMs: 1_200 });
    expect((await hosts()).map(({ liveness, livenessProblem }) => livenessProblem?.code ?? liveness)).toEqual([
      'timeout',
      'timeout',
      'timeout',
      'live',
      'live',
    ]);
  });

  test('in maintenance, or retired, is not taken', async () => {
    await declare({ local: true, life: 'maintenance' }, { local: true, life: 'retired' });
    expect(await takeHostsToProbe(world.ctx, 10)).toEqual([]);
  });
});

describe('two workers', () => {
  test('never get the same host, and every host is taken', async () => {
    await declare(...Array.from({ length: 60 }, () => ({ local: true as const })));
    const taken = await Promise.all(Array.from({ length: 6 }, () => takeHostsToProbe(world.ctx, 15)));
    const ids = taken.flat().map(({ host }) => host.id);
    expect(new Set(ids).size).toBe(ids.length);
    ids.push(...(await takeHostsToProbe(world.ctx, 60)).map(({ host }) => host.id));
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });

  test('do not look at a host at once though a look takes longer than the interval', async () => {
    await declare({ local: true });
    const ctx = { ...world.ctx, config: { ...world.ctx.config, probeMs: 1_000 } };
    const [look] = await takeHostsToProbe(ctx, 1);
    world.time.now += 5_000;
    expect(await takeHostsToProbe(ctx, 1)).toEqual([]);
    await noteLook(ctx, look!, { runs: [] });
    expect(await takeHostsToProbe(ctx, 1)).toHaveLength(1);
  });

  test('take over the look of one that died with it', async () => {
    await declare({ local: true });
    const [look] = await takeHostsToProbe(world.ctx, 1);
    world.time.now = look!.leasedUntil;
    expect(await takeHostsToProbe(world.ctx, 1)).toHaveLength(1);
  });
});

test('a task that takes the host during a look knows better: nothing of the look is stored', async () => {
  await declare({ local: true });
  const job = await installOn(world, [1]);
  const [look] = await takeHostsToProbe(world.ctx, 1);
  await advanceJob(world.ctx, job);
  const [message] = await world.take('task.run');
  expect(await startTask(world.ctx, message?.taskId ?? 0, 'worker-1')).not.toBeNull();
  expect(await takeHostsToProbe({ ...world.ctx, clock: { now: () => world.time.now + 1e9 } }, 1)).toEqual([]);
  await noteLook(world.ctx, look!, { problem: { code: 'timeout', sentence: 'no answer' } });
  await noteLook(world.ctx, look!, {
    runs: [{ productId: 1, reported: { version: '0.1.0', digest: 'abcdef12' }, health: null }],
  });
  expect(await hosts()).toMatchObject([{ liveness: 'unknown', reported: [] }]);
});
