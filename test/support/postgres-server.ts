import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startEmbedded, type EmbeddedServer } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { startBoss, stopBoss } from '../../server/queue/boss.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each worker, in the order of `VITEST_POOL_ID`. */
    postgresUrls: string[];
  }
}

export const templateName = 'signalbox_template';

interface Shared {
  folder: string;
  servers: Promise<EmbeddedServer[]>;
  users: number;
}
/** Every project loads this file anew; the servers are those of the run all the same. */
const shared = globalThis as { [key: symbol]: Shared | undefined };
const place = Symbol.for('signalbox.test.postgres');

/**
 * A PostgreSQL for each worker: the horizon below which the log is settled is that of a whole PostgreSQL, so what one file
 * has open, every other on the same server waits for.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = (shared[place] ??= await begin(project.vitest.config.maxWorkers));
  run.users += 1;
  project.provide(
    'postgresUrls',
    (await run.servers).map(({ url }) => url),
  );
  return async () => {
    run.users -= 1;
    if (run.users > 0) return;
    shared[place] = undefined;
    await Promise.all((await run.servers).map((server) => server.stop()));
    await rm(run.folder, { recursive: true, force: true });
  };
}

async function begin(count: number): Promise<Shared> {
  const at = await fastestFolder();
  await removeLeftovers(at);
  const folder = await mkdtemp(join(at, `${prefix}${process.pid}-`));
  await chmod(folder, 0o711);
  // An interrupted run has no teardown. The servers need no such help: they end with the pipe that they hold of us.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return { folder, users: 0, servers: startServers(folder, count) };
}

/** A new database is 300 files: 95 ms of a processor on ext4, 15 ms in memory. Two servers stay below 1 GiB. */
async function fastestFolder(): Promise<string> {
  const memory = await statfs('/dev/shm').catch(() => undefined);
  return memory && memory.bavail * memory.bsize > 4 * 2 ** 30 ? '/dev/shm' : tmpdir();
}

const prefix = 'signalbox-test-';

/** Data of runs that were killed: their servers ended with them, their folders did not. */
async function removeLeftovers(at: string): Promise<void> {
  for (const name of await readdir(at)) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]);
    if (pid && !lives(pid)) await rm(join(at, name), { recursive: true, force: true });
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function startServers(folder: string, count: number): Promise<EmbeddedServer[]> {
  const folders = Array.from({ length: count }, (_, at) => join(folder, `postgres-${at + 1}`));
  const [first, ...others] = folders as [string, ...string[]];
  await makeTemplate(first);
  // One initdb and one migration for all: a copy takes a tenth of the time.
  for (const other of others) await promisify(execFile)('cp', ['-a', first, other]);
  return Promise.all(folders.map((each) => start(each)));
}

const start = (folder: string) => startEmbedded({ folder, durable: false, maxConnections: 400 });

async function makeTemplate(folder: string): Promise<void> {
  const server = await start(folder);
  const admin = postgres(server.url, { max: 1 });
  await admin`create database ${admin(templateName)}`;
  const template = new URL(server.url);
  template.pathname = `/${templateName}`;
  await migrate(template.href);
  await stopBoss(await startBoss(template.href, { log: pino({ level: 'silent' }), works: false }), 1_000);
  await admin`alter database ${admin(templateName)} with is_template true allow_connections false`;
  await cheapenSignIn(admin, template.password);
  // It stops at once, so what is not in its files by now would be replayed by each copy.
  await admin`checkpoint`;
  await admin.end();
  await server.stop();
}

/** 4 096 rounds of hashing on both ends of each of the many thousand connections of a run say nothing about us. */
async function cheapenSignIn(admin: postgres.Sql, password: string): Promise<void> {
  await admin`set scram_iterations = 1`;
  await admin.unsafe(`alter role signalbox password '${password}'`);
}
