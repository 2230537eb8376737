import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A Slack that nobody here wrote: the package, and what its archive must be. */
const name = 'local-slack-linux-x64';
const version = '0.1.8';
const sha512 =
  'd810932b129a8e364d5824828fae89ab954349c503369199d65037dbcd48f11be90c4e3f50b0b00b6e9395c5baff8b0f6d24ecd364372a34e296d269dd9044be';
const cache = join(import.meta.dirname, '../../../node_modules/.cache/local-slack');
const binary = join(cache, 'package', 'bin', 'local-slack');

/** Why it cannot run here; null: it can. It is fetched once, and only ever run without a network. */
export async function localSlackProblem(): Promise<string | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it is built for Linux on x64';
  const isolated = spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']);
  if (isolated.status !== 0) return 'no network namespace can be made here';
  if (existsSync(binary)) return null;
  await mkdir(cache, { recursive: true });
  const packed = spawnSync('npm', ['pack', `${name}@${version}`, '--pack-destination', cache], { timeout: 120_000 });
  const archive = join(cache, `${name}-${version}.tgz`);
  if (packed.status !== 0) return 'it cannot be fetched';
  const digest = createHash('sha512')
    .update(await readFile(archive))
    .digest('hex');
  if (digest !== sha512) return 'its archive is another one than it was';
  execFileSync('tar', ['xzf', archive, '-C', cache]);
  await rm(archive);
  return null;
}

export interface LocalSlack {
  /** Without a slash at the end. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Runs it with this configuration in a network namespace of its own, and leads to it from a port of this machine. */
export async function openLocalSlack(configuration: object): Promise<LocalSlack> {
  const folder = await mkdtemp(join(tmpdir(), 'local-slack-'));
  const socket = join(folder, 'way-out');
  const config = join(folder, 'config.yaml');
  await writeFile(config, stringify(configuration));
  const outside = createServer((outer) => {
    const inner = connect(socket);
    outer.pipe(inner).pipe(outer);
    outer.on('error', () => inner.destroy()).on('close', () => inner.destroy());
    inner.on('error', () => outer.destroy()).on('close', () => outer.destroy());
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  const { port } = outside.address() as AddressInfo;
  const script = join(import.meta.dirname, '..', 'in-namespace.ts');
  const child = spawn('unshare', ['-n', process.execPath, script, binary, config, String(port), socket], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('local-slack did not start'))),
  ]);
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
      await new Promise((resolve) => outside.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
