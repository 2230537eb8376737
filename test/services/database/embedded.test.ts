import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sql } from 'drizzle-orm';
import { connect } from '../../../db/connect.ts';
import { startEmbedded, type EmbeddedServer } from '../../../db/embedded.ts';
import { readPidFile } from '../../../db/embedded/running-server.ts';
import { eventually } from '../../support/eventually.ts';

let parent: string;
let folder: string;
let started: EmbeddedServer[];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'signalbox-embedded-'));
  await chmod(parent, 0o711);
  folder = join(parent, 'postgres');
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((server) => server.stop()));
  await rm(parent, { recursive: true, force: true });
});

async function start(options: { port?: number; durable?: boolean } = {}): Promise<EmbeddedServer> {
  const server = await startEmbedded({ folder, durable: false, ...options });
  started.push(server);
  return server;
}

async function ask<T>(server: EmbeddedServer, statement: string): Promise<T | undefined> {
  const db = connect(server.url, { max: 1 });
  try {
    const [row] = await db.execute<{ answer: T }>(sql.raw(statement));
    return row?.answer;
  } finally {
    await db.$client.end();
  }
}

const pidFile = () => readPidFile(join(folder, 'pgdata'));
const serverPid = async () => (await pidFile())?.pid as number;

async function gone(pid: number): Promise<void> {
  await eventually(() => expect(() => process.kill(pid, 0)).toThrow());
}

test('what was written before a stop is there after the next start, behind the same random password', async () => {
  const first = await start({ durable: true });
  expect(await ask(first, 'show fsync')).toBeUndefined();
  expect(await ask(first, `select current_setting('fsync') as answer`)).toBe('on');
  await ask(first, 'create table kept as select 42 as answer');
  const pid = await serverPid();
  await first.stop();
  await gone(pid);
  const second = await start();
  expect(await ask(second, 'select answer from kept')).toBe(42);
  const secret = await readFile(join(folder, 'password'), 'utf8');
  expect(secret).toMatch(/^[0-9a-f]{48}$/);
  expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600);
  expect(second.url).toContain(secret);
  await expect(ask({ ...second, url: second.url.replace(secret, 'wrong') }, 'select 1')).rejects.toThrow();
});

test('a crash of PostgreSQL leaves a pid file behind; the next start recovers what was committed', async () => {
  const first = await start({ durable: true });
  await ask(first, 'create table kept as select 42 as answer');
  const pid = await serverPid();
  process.kill(pid, 'SIGKILL');
  await first.ended;
  expect((await pidFile())?.pid).toBe(pid);
  expect(await ask(await start(), 'select answer from kept')).toBe(42);
});

test('a pid file whose number now belongs to somebody else does not stop the start', async () => {
  const first = await start();
  const content = await readFile(join(folder, 'pgdata', 'postmaster.pid'), 'utf8');
  await first.stop();
  const file = join(folder, 'pgdata', 'postmaster.pid');
  await writeFile(file, content.replace(/^\d+/, String(process.pid)));
  const { uid, gid } = await stat(join(folder, 'pgdata'));
  await chown(file, uid, gid);
  expect(await ask(await start(), 'select 42 as answer')).toBe(42);
});

test('a server that is up keeps its folder: the second start is refused, names the process and harms nothing', async () => {
  const first = await start();
  const pid = await serverPid();
  await expect(start()).rejects.toThrow(new RegExp(`in use: PostgreSQL process ${pid} .*DATABASE_URL`));
  expect(await ask(first, 'select 42 as answer')).toBe(42);
});

test('SIGKILL of the process that started it stops the server, and the next start follows at once', async () => {
  const script = `
    import { startEmbedded } from ${JSON.stringify(join(process.cwd(), 'db/embedded.ts'))};
    const { url } = await startEmbedded({ folder: ${JSON.stringify(folder)} });
    console.log(url);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  await once(child.stdout, 'data');
  const pid = await serverPid();
  child.kill('SIGKILL');
  const next = await start();
  expect(await ask(next, 'select 42 as answer')).toBe(42);
  await gone(pid);
});

test('a taken port is passed over for a free one', async () => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  const { port } = occupant.address() as { port: number };
  const server = await start({ port });
  expect(new URL(server.url).port).not.toBe(String(port));
  expect(await ask(server, 'select 42 as answer')).toBe(42);
  occupant.close();
});

test('a first start that was cut short leaves nothing in the way', async () => {
  await mkdir(join(folder, 'pgdata.new-999999999', 'base'), { recursive: true });
  expect(await ask(await start(), 'select 42 as answer')).toBe(42);
  await expect(access(join(folder, 'pgdata.new-999999999'))).rejects.toThrow();
});

test('a folder with foreign files is refused by name and left as it is', async () => {
  await mkdir(folder);
  await writeFile(join(folder, 'thesis.txt'), 'precious');
  await expect(start()).rejects.toThrow(/holds files that are not Signalbox's \(thesis\.txt\)/);
  expect(await readFile(join(folder, 'thesis.txt'), 'utf8')).toBe('precious');
});

test('a folder that cannot be made is told with the next step', async () => {
  await writeFile(folder, 'a file where the folder should be');
  await expect(start()).rejects.toThrow(/cannot be made or written \(EEXIST\).*SIGNALBOX_DATA/);
});

test('data of another PostgreSQL version is refused before anything touches it', async () => {
  await (await start()).stop();
  await writeFile(join(folder, 'pgdata', 'PG_VERSION'), '15\n');
  await expect(start()).rejects.toThrow(/made by PostgreSQL 15, this build brings 18/);
});

test('a password that is gone is told instead of a failed sign-in', async () => {
  await (await start()).stop();
  await rm(join(folder, 'password'));
  await expect(start()).rejects.toThrow(/password .* cannot be read \(ENOENT\)/);
});

test.runIf(process.getuid?.() === 0)('as root: a parent that PostgreSQL may not pass through is named', async () => {
  await chmod(parent, 0o700);
  await expect(start()).rejects.toThrow(`chmod o+x ${parent}`);
});
