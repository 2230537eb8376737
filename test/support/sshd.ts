/** OpenSSH's sshd on loopback with settings of the test's own, for what the demo's hosts do not need. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { which } from './shells.ts';

export interface Sshd {
  readonly port: number;
  readonly user: string;
  close(): Promise<void>;
}

/** `settings`: lines of sshd_config. */
export async function startSshd(folder: string, settings: readonly string[]): Promise<Sshd> {
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  const config = join(folder, 'sshd_config');
  const always = ['PidFile none', 'UsePAM no', 'StrictModes no', 'UseDNS no', 'PermitRootLogin prohibit-password'];
  const lines = [`Port ${port}`, 'ListenAddress 127.0.0.1', ...always, ...settings, ''];
  await writeFile(config, lines.join('\n'));
  const child = spawn(which('sshd') ?? 'sshd', ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Server listening')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${said}`)));
  });
  return {
    port,
    user: userInfo().username,
    async close() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
