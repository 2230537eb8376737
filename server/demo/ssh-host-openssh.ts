/** OpenSSH's sshd for one loopback host: own configuration, own key, own port. Proves that a login works before it says so. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import ssh2 from 'ssh2';
import { publicKeyLine } from '../hosts/drivers/host-key.ts';
import { ssh2Driver } from '../hosts/drivers/ssh2.ts';
import type { SshHostOptions, SshServer } from './ssh-host.ts';
import { generateSshKey } from './ssh-keys.ts';

/** Throws when there is no sshd, it does not start, or it lets nobody in (a locked account, a policy of the machine). */
export async function startOpenSsh(options: SshHostOptions): Promise<SshServer> {
  const program = findSshd();
  if (!program) throw new Error('no sshd on this machine');
  // Debian's sshd as root refuses to start without it; the init script that makes it does not run in a container.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-sshd-'));
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnPort(program, folder, options, options.port || (await freePort()));
    } catch (error) {
      if (tries < 3 && options.port === 0 && /listening on|bind to port/i.test(String(error))) continue; // somebody took the port
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

function findSshd(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'sshd')).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return path.startsWith('/'); // sshd insists on its absolute path
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

async function startOnPort(program: string, folder: string, options: SshHostOptions, port: number): Promise<SshServer> {
  const probeKey = generateSshKey('probe');
  const probeFile = join(folder, 'probe.pub');
  const config = join(folder, 'sshd_config');
  await writeFile(probeFile, `${probeKey.publicKey}\n`);
  await writeFile(config, configuration(options, port, probeFile));
  const child = spawn(program, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = async () => {
    await stopSessions(child);
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await listening(child);
    await proveLogin(options, port, probeKey.privateKey);
  } catch (error) {
    await stopSessions(child);
    child.kill('SIGKILL');
    throw error;
  }
  await rm(probeFile);
  return { port, stop };
}

function configuration(options: SshHostOptions, port: number, probeFile: string): string {
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${options.hostKeyFile}
AuthorizedKeysFile ${options.authorizedKeyFile} ${probeFile}
StrictModes no
PidFile none
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100:30:200
MaxSessions 64
X11Forwarding no
AllowTcpForwarding no
PrintMotd no
${options.path === null ? '' : `SetEnv PATH="${options.path}"`}
`;
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
      if (/Server listening on/.test(said)) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${said.trim()}`)));
  });
}

async function proveLogin(options: SshHostOptions, port: number, privateKey: string): Promise<void> {
  const key = ssh2.utils.parseKey(readFileSync(options.hostKeyFile));
  if (key instanceof Error) throw key;
  const session = await ssh2Driver().open(
    {
      transport: 'ssh2',
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      hostKeys: [publicKeyLine(key.getPublicSSH())],
      auth: { privateKey },
    },
    { connectTimeoutMs: 10_000 },
  );
  try {
    const { code } = await (await session.exec('exit 0')).exit;
    if (code !== 0) throw new Error(`sshd runs no command for ${userInfo().username}: exit code ${code}`);
  } finally {
    await session.close();
  }
}

/** sshd gives each connection a session of its own; killing the listener alone would leave them serving. */
async function stopSessions(listener: ChildProcess): Promise<void> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent === listener.pid) killQuietly(Number(entry));
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
