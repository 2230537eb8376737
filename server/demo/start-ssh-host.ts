/** Starts and stops loopback SSH hosts: each its own process (ssh-host.ts), key, port and root folder. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Implementation, SshHostReady } from './ssh-host.ts';
import { generateSshKey } from './ssh-keys.ts';

export interface StartSshHost {
  /** Keys are kept in `<folder>/ssh`; commands start in `<folder>/root`. Both are made. The host key in it is used again. */
  readonly folder: string;
  /** `ssh-ed25519 AAAA…` of who is let in, as this process's user. */
  readonly authorizedKey: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: OpenSSH where it works, else ssh2. */
  readonly implementation?: Implementation;
  /** A folder whose programs come before those of the machine, for every command on this host. */
  readonly programs?: string;
}

export interface RunningSshHost extends SshHostReady {
  readonly user: string;
  readonly root: string;
  /** Ends server and connections, like a host whose network is gone; steps at work go on. */
  stop(): Promise<void>;
}

export async function startSshHost({
  folder,
  authorizedKey,
  port = 0,
  implementation,
  programs,
}: StartSshHost): Promise<RunningSshHost> {
  const keys = join(folder, 'ssh');
  const root = join(folder, 'root');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await mkdir(root, { recursive: true });
  const hostKey = join(keys, 'host_key');
  const authorized = join(keys, 'authorized_keys');
  await writeFile(hostKey, generateSshKey('signalbox demo host').privateKey, { mode: 0o600, flag: 'wx' }).catch(
    keepExisting,
  );
  await writeFile(authorized, `${authorizedKey.trim()}\n`, { mode: 0o600 });
  const script = fileURLToPath(new URL('./ssh-host.ts', import.meta.url));
  const options = ['--root', root, '--port', String(port), '--host-key', hostKey, '--authorized-key', authorized];
  const choice = implementation ? ['--implementation', implementation] : [];
  const first = programs ? ['--programs', programs] : [];
  const child = spawn(process.execPath, [script, ...options, ...choice, ...first], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ready = await readyLine(child);
  return { ...ready, user: userInfo().username, root, stop: () => stop(child) };
}

function keepExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

function readyLine(child: ChildProcess): Promise<SshHostReady> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2_000)));
    if (child.stdout) createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as SshHostReady));
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`the SSH host did not start (exit code ${code}): ${complaint.trim()}`)),
    );
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
