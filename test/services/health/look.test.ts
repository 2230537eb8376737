import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { removeHostFolder } from '../../../server/demo/remove-host-folder.ts';
import { checkHealth } from '../../../server/hosts/check-health.ts';
import type { HostSession } from '../../../server/hosts/contract.ts';
import { localDriver } from '../../../server/hosts/drivers/local.ts';
import { recordFeedCheck } from '../../../server/services/feed/record-check.ts';
import { noteLook } from '../../../server/services/host/contact.ts';
import { takeHostsToProbe } from '../../../server/services/host/take-due.ts';
import { Pool } from '../../../server/worker/pool.ts';
import { probeWork } from '../../../server/worker/probes.ts';
import { install, planOf } from '../../support/attempt.ts';
import { apply } from '../../support/fleet.ts';
import { buildPackage, type BuiltPackage } from '../../support/package.ts';
import { openWorld, type World } from '../../support/world.ts';
import { timelineOf } from './timeline.ts';

const HEALTH = 30_000;
const PROBE = 60_000;

let world: World;
let root: string;
let session: HostSession;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_HEALTH_MS: String(HEALTH), SIGNALBOX_PROBE_MS: String(PROBE) });
  session = await localDriver().open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
});
beforeEach(async () => {
  await world.clear();
  root = await mkdtemp(join(tmpdir(), 'signalbox-look-'));
  await apply(world, {
    products: [{ name: 'shop', channels: ['stable'], entryChannels: ['stable'] }],
    environments: [{ name: 'plant', subscriptions: { shop: 'stable' } }],
    hosts: [{ name: 'line-1', environment: 'plant', root, local: true }],
  });
});
afterAll(async () => {
  await session.close();
  await world.close();
  await removeHostFolder(root);
});

/** The package is on the host, and in the catalog with its hooks. */
async function installed(hooks: Readonly<Record<string, string>>): Promise<BuiltPackage> {
  const built = await buildPackage({ version: '1.0.0', hooks });
  const release = {
    version: '1.0.0',
    digest: built.digest,
    size: built.size,
    artifactUrl: 'file:///srv/feed/shop-1.0.0.tar.gz',
    signatureUrl: null,
    notes: '',
    labels: {},
    required: false,
    hooks: hooks['health'] === undefined ? {} : { health: { timeoutMs: 1_000 } },
  };
  await recordFeedCheck(world.ctx, 1, { releases: [release], problems: [] });
  await install(session, planOf(root, '1.0.0', built), built);
  return built;
}

async function look(): Promise<void> {
  const pool = new Pool(1);
  await probeWork(world.ctx, pool, new AbortController().signal)();
  await pool.idle();
}

const states = async () => (await timelineOf(world)).map(({ live, state }) => (live ? state : 'not live'));
const saysCode = (code: string) => writeFile(join(root, 'code'), `${code}\n`);
const hook = 'set -e\nread -r code <"$SIGNALBOX_ROOT/code"\n[ "$code" != slow ] || sleep 30\nexit "$code"\n';

describe('a look at a host', () => {
  test('asks the health command of what runs there, as often as health is asked for', async () => {
    await saysCode('0');
    await installed({ health: hook });
    await look();
    world.time.now += PROBE;
    for (const code of ['0', '11', '1', 'slow', '14', '0']) {
      await saysCode(code);
      await look();
      world.time.now += HEALTH;
    }
    expect(await states()).toEqual([null, 'HEALTHY', 'WARNING', 'ERROR', 'TERMINAL', 'HEALTHY']);
  }, 60_000);

  test('of a product without a health command says whether the host can be reached', async () => {
    await installed({});
    for (let i = 0; i < 2; i += 1) {
      await look();
      world.time.now += PROBE;
    }
    expect(await states()).toEqual([null]);
    const [taken] = await takeHostsToProbe(world.ctx, 1);
    await noteLook(world.ctx, taken!, { problem: { code: 'timeout', sentence: 'no answer' } });
    expect(await states()).toEqual([null, 'not live']);
  });

  test('says nothing of a host on which nothing runs, nor of a product whose hosts report by themselves', async () => {
    await look();
    expect(await states()).toEqual([]);
    await world.ctx.db.$client`update product set health_seen_at = now()`;
    await installed({});
    world.time.now += PROBE;
    await look();
    world.time.now += PROBE;
    await look();
    expect(await states()).toEqual([]);
  });
});

describe('an HTTP check', () => {
  /** Answers in turn; a port where nobody listens afterwards. */
  async function answering(answers: readonly [status: number, body: string][]): Promise<number> {
    const left = [...answers];
    const server = createServer((request, response) => {
      const next = request.url === '/health/line-1' ? left.shift() : undefined;
      response.writeHead(next?.[0] ?? 500).end(next?.[1] ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }

  test('says how what runs there is, before any health command; that of the host counts before that of the product', async () => {
    const port = await answering([
      [200, 'fine'],
      [503, '{"state":"REPAIRING"}'],
      [404, 'gone'],
    ]);
    await apply(world, {
      products: [
        {
          name: 'shop',
          channels: ['stable'],
          entryChannels: ['stable'],
          healthCheck: { http: 'http://nowhere.invalid/' },
        },
      ],
      environments: [{ name: 'plant', subscriptions: { shop: 'stable' } }],
      hosts: [
        {
          name: 'line-1',
          environment: 'plant',
          root,
          local: true,
          healthCheck: { http: `http://{address}:${port}/health/{host}`, timeout: '2s' },
        },
      ],
    });
    await installed({ health: 'exit 0' });
    for (let i = 0; i < 3; i += 1) {
      await look();
      world.time.now += PROBE;
    }
    expect(await states()).toEqual(['HEALTHY', 'REPAIRING', 'ERROR']);
  });

  test.each([
    ['http://{adress}:80/', 'no other braces'],
    ['ftp://{address}/', 'must be an http(s) URL'],
  ])('%s is refused', async (http, why) => {
    const content = { products: [{ name: 'x', channels: ['a'], entryChannels: ['a'], healthCheck: { http } }] };
    await expect(apply(world, content)).rejects.toMatchObject({ errors: [{ message: expect.stringContaining(why) }] });
  });
});

test('a health command is not asked while there is none, and its own output disturbs nobody', async () => {
  const ask = () => checkHealth(session, { root, product: 'shop' }, { timeoutMs: 1_000 });
  expect(await ask()).toBeNull();
  await installed({ health: 'echo "health {}"; echo oops >&2; [ "$SIGNALBOX_VERSION" = 1.0.0 ]\n' });
  expect(await ask()).toBe(0);
});
