import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { stringify } from 'yaml';
import { openBell } from '../../db/bell.ts';
import { createClient, type Client } from '../../server/contracts/client.ts';
import { readConfig } from '../../server/config.ts';
import { startFeedServer } from '../../server/demo/feed-server.ts';
import { endProcessesOf } from '../../server/demo/leftovers.ts';
import { removeHostFolder } from '../../server/demo/remove-host-folder.ts';
import { generateSshKey } from '../../server/demo/ssh-keys.ts';
import { startSshHost, type RunningSshHost } from '../../server/demo/start-ssh-host.ts';
import { buildPackage } from '../../server/feeds/package-build.ts';
import { writeFeedIndex } from '../../server/feeds/index-write.ts';
import type { Role } from '../../server/domain/permission.ts';
import type { Context } from '../../server/services/context.ts';
import { createToken } from '../../server/services/people/tokens.ts';
import { invite } from '../../server/services/people/invite.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { pino } from 'pino';
import { freshDatabase, type TestDatabase } from './database.ts';
import { startServerProcess, type ServerProcess } from './server-process.ts';
import { makeStepGate, type StepGate } from './step-gate.ts';

export interface RigRelease {
  version: string;
  /** Shell of each hook. `$SIGNALBOX_ROOT` is the host's root folder. */
  hooks?: Partial<Record<'pre-install' | 'post-install' | 'health', string>>;
  notes?: string;
  bytes?: number;
  /** Random content, which no compression makes small. */
  noise?: boolean;
}

export interface RigShape {
  /** Names; a name that begins with `mgmt` is a management host. */
  hosts: readonly string[];
  releases: readonly RigRelease[];
  settings?: Record<string, string>;
  /** The worker in a process of its own, so that a test can end it alone. */
  split?: boolean;
  /** Names of hosts that have a gate: a test can hold them in the middle of a step. */
  gated?: readonly string[];
}

export interface RigPerson {
  name: string;
  roles: readonly Role[];
}

/** Everything real: database, feed over HTTP, SSH hosts and server as processes of their own. */
export interface Rig {
  server: ServerProcess;
  /** The worker's process; null unless the rig is split. */
  worker: ServerProcess | null;
  client: Client;
  token: string;
  hosts: ReadonlyMap<string, RunningSshHost>;
  gates: ReadonlyMap<string, StepGate>;
  database: TestDatabase;
  folder: string;
  /** A sign-in link at the server that runs now; for an admin who is also approver, unless somebody else is named. */
  signInLink(who?: RigPerson): Promise<string>;
  /** Starts the server again, on the same database and data folder, after it was killed or stopped. */
  restart(settings?: Record<string, string>): Promise<void>;
  /** Starts the worker of a split rig again, after it was killed. */
  restartWorker(): Promise<void>;
  /** Starts a host's SSH server again, at the same address with the same key. */
  revive(host: string): Promise<void>;
  /** Content of a file below a host's root; empty when it is not there. */
  read(host: string, file: string): Promise<string>;
  write(host: string, file: string, content: string): Promise<void>;
  close(): Promise<void>;
}

const quick = {
  SIGNALBOX_BAKE_MS: '0',
  SIGNALBOX_PROBE_MS: '1000',
  SIGNALBOX_FEED_CHECK_MS: '60000',
  SIGNALBOX_LINE_PATIENCE_MS: '4000',
  SIGNALBOX_LEASE_MS: '3000',
  SIGNALBOX_SWEEP_MS: '200',
  SIGNALBOX_CONNECT_TIMEOUT_MS: '4000',
};

export async function openRig(shape: RigShape): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-rig-'));
  await chmod(folder, 0o711);
  const database = await freshDatabase();
  const feedFolder = join(folder, 'feed');
  for (const release of shape.releases) await pack(feedFolder, release);
  await writeFeedIndex(feedFolder, 'orders');
  const feed = await startFeedServer({ folder: feedFolder });
  const keys = generateSshKey('rig');
  await mkdir(join(folder, 'data', 'keys'), { recursive: true });
  await writeFile(join(folder, 'data', 'keys', 'rig'), keys.privateKey, { mode: 0o600 });
  const hosts = new Map<string, RunningSshHost>();
  const gates = new Map<string, StepGate>();
  const startHost = async (name: string, port = 0) => {
    const at = join(folder, 'hosts', name);
    const gate = gates.get(name);
    const programs = gate ? { programs: gate.folder } : {};
    hosts.set(name, await startSshHost({ folder: at, authorizedKey: keys.publicKey, port, ...programs }));
  };
  for (const name of shape.gated ?? []) {
    const at = join(folder, 'hosts', name);
    gates.set(name, makeStepGate(join(at, 'gate'), join(at, 'root', 'orders')));
  }
  for (const name of shape.hosts) await startHost(name);
  const env = { ...quick, ...shape.settings, DATABASE_URL: database.url, SIGNALBOX_DATA: join(folder, 'data') };
  const roles: Record<string, string> = shape.split ? { SIGNALBOX_ROLES: 'web,clock' } : {};
  const start = (settings: Record<string, string> = {}) => startServerProcess({ ...env, ...roles, ...settings });
  const token = await withContext(database, (ctx) =>
    createToken.run(ctx, signalboxActor, { name: 'rig', grants: [{ role: 'admin' }] }).then(({ secret }) => secret),
  );
  const first = await start();
  const clientOf = (server: ServerProcess) => createClient({ baseUrl: server.url, token });
  let people = 0;
  const rig: Rig = {
    server: first,
    worker: shape.split ? await startServerProcess({ ...env, SIGNALBOX_ROLES: 'worker' }) : null,
    client: clientOf(first),
    token,
    hosts,
    gates,
    database,
    folder,
    async signInLink(who) {
      people += 1;
      const { name, roles } = who ?? { name: `Ana ${people}`, roles: ['admin', 'approver'] as const };
      const person = {
        name,
        email: `person${people}@example.com`,
        grants: roles.map((role) => ({ role })),
      };
      const { link } = await withContext(database, (ctx) => invite.run(ctx, signalboxActor, person));
      return link.replace(/^https?:\/\/[^/]+/, rig.server.url);
    },
    async restart(settings) {
      rig.server = await start(settings);
      rig.client = clientOf(rig.server);
    },
    async restartWorker() {
      rig.worker = await startServerProcess({ ...env, SIGNALBOX_ROLES: 'worker' });
    },
    revive: (host) => startHost(host, knownHost(hosts, host).port),
    read: (host, file) => readFile(join(knownHost(hosts, host).root, file), 'utf8').catch(() => ''),
    write: (host, file, content) => writeFile(join(knownHost(hosts, host).root, file), content),
    async close() {
      await rig.server.stop();
      await rig.worker?.stop();
      await Promise.all([...hosts.values()].map((host) => host.stop()));
      await feed.close();
      await endProcessesOf(folder);
      await database.drop();
      await removeHostFolder(folder);
    },
  };
  await rig.client.call('fleet.apply', { file: 'rig.yaml', text: fleetOf(feed.url, hosts), prune: false });
  return rig;
}

/** A rig for one of several tests that run at a time; closed when that test ends. */
export async function rigOf(test: TestContext, shape: RigShape): Promise<Rig> {
  const rig = await openRig(shape);
  test.onTestFinished(() => rig.close());
  return rig;
}

function pack(folder: string, { version, hooks = {}, notes = '', bytes = 20_000, noise = false }: RigRelease) {
  const scripts = Object.entries(hooks).map(([name, script]) => [`hooks/${name}`, `#!/bin/sh\n${script}\n`]);
  return buildPackage(
    {
      manifest: {
        product: 'orders',
        version,
        notes,
        hooks: Object.fromEntries(Object.keys(hooks).map((name) => [name, { timeoutSeconds: 60 }])),
      },
      files: { ...Object.fromEntries(scripts), 'data.bin': noise ? randomBytes(bytes) : Buffer.alloc(bytes, version) },
    },
    join(folder, `orders-${version}.tar.gz`),
  );
}

function fleetOf(feedUrl: string, hosts: ReadonlyMap<string, RunningSshHost>): string {
  return stringify({
    products: [
      {
        name: 'orders',
        feed: { http: new URL('index.json', feedUrl).href },
        channels: ['stable'],
        entryChannels: ['stable'],
      },
    ],
    environments: [{ name: 'plant', subscriptions: { orders: 'stable' } }],
    hosts: [...hosts].map(([name, { root, address, port, user, fingerprint }]) => ({
      name,
      environment: 'plant',
      role: name.startsWith('mgmt') ? 'management' : 'target',
      root,
      ssh: { address, port, user, identity: 'rig', hostKeys: [fingerprint] },
    })),
  });
}

function knownHost(hosts: ReadonlyMap<string, RunningSshHost>, name: string): RunningSshHost {
  const host = hosts.get(name);
  if (!host) throw new Error(`the rig has no host ${name}`);
  return host;
}

/** For what only the server's own database can give: the first token, a link for a person. */
async function withContext<T>(database: TestDatabase, work: (ctx: Context) => Promise<T>): Promise<T> {
  const bell = await openBell(database.url);
  try {
    return await work({
      db: database.db,
      bell,
      config: readConfig({ SIGNALBOX_URL: 'http://127.0.0.1' }),
      clock: { now: () => Date.now() },
      log: pino({ level: 'silent' }),
      enqueue: () => Promise.reject(new Error('the rig enqueues nothing')),
    });
  } finally {
    await bell.close();
  }
}
