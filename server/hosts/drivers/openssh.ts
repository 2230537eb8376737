/**
 * The `openssh` driver: the system's ssh, for what only it can do – certificates, bastions and the rest of ssh_config, key exchanges
 * that no library has. A control master per session, strict host keys, arguments never joined into a shell string.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  HostUnreachable,
  type HostDriver,
  type HostSession,
  type OpenOptions,
  type OpenSshAddress,
} from '../contract.ts';
import { createHandshakeGate, type HandshakeGate } from './handshake-gate.ts';
import { openSshChannel } from './openssh-channel.ts';
import { hostKeyScript, sshConfig, TARGET } from './openssh-config.ts';
import { openSshFailure } from './openssh-failure.ts';

export interface OpenSshDriverOptions {
  /** Shared between drivers of one process that reach the same addresses. */
  readonly gate?: HandshakeGate;
  /** Default: `ssh` on the path. */
  readonly program?: string;
  /** A peer that does not answer `keepaliveCount` pings in a row is lost. Whole seconds; default 5 000 ms, 3. */
  readonly keepaliveMs?: number;
  readonly keepaliveCount?: number;
}

export function openSshDriver(options: OpenSshDriverOptions = {}): HostDriver<OpenSshAddress> {
  const gate = options.gate ?? createHandshakeGate();
  return {
    async open(address, open) {
      // Through a bastion it is the bastion's sshd that drops what comes too fast.
      const { host, port } = address.jump ?? address;
      const leave = await gate.enter(`${host}:${port}`, open.signal);
      try {
        return await connected(address, options, open);
      } finally {
        leave();
      }
    },
  };
}

async function connected(
  address: OpenSshAddress,
  options: OpenSshDriverOptions,
  open: OpenOptions,
): Promise<HostSession> {
  open.signal?.throwIfAborted();
  // Short: the path of a socket may have 104 characters.
  const folder = await mkdtemp(join(tmpdir(), 'sb-ssh-'));
  try {
    const configFile = await writeSettings(folder, address, options, open);
    const program = options.program ?? 'ssh';
    const master = await startMaster({ folder, configFile, program, address, open });
    return sessionOf({ folder, configFile, program, address, master });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function writeSettings(
  folder: string,
  address: OpenSshAddress,
  { keepaliveMs = 5_000, keepaliveCount = 3 }: OpenSshDriverOptions,
  { connectTimeoutMs }: OpenOptions,
): Promise<string> {
  const configFile = join(folder, 'config');
  const settings = { folder, connectTimeoutMs, keepaliveMs, keepaliveCount };
  await writeFile(configFile, sshConfig(address, settings), { mode: 0o600 });
  const places = { target: address, jump: address.jump };
  for (const [which, place] of Object.entries(places)) {
    if (place)
      await writeFile(join(folder, `${which}-keys`), hostKeyScript(place.hostKeys, join(folder, `${which}-seen`)));
  }
  return configFile;
}

interface Master {
  readonly child: ChildProcess;
  /** What it complained of so far. */
  said(): string;
}

interface Starting {
  readonly folder: string;
  readonly configFile: string;
  readonly program: string;
  readonly address: OpenSshAddress;
  readonly open: OpenOptions;
}

/** Resolves when the control socket is there, which ssh makes once it is let in. */
function startMaster({ folder, configFile, program, address, open }: Starting): Promise<Master> {
  const { signal, connectTimeoutMs } = open;
  signal?.throwIfAborted();
  // detached: a Ctrl-C at the server's terminal is the server's to handle.
  const child = spawn(program, ['-F', configFile, '-M', '-N', TARGET], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-4_000)));
  const socket = join(folder, 'control');
  return new Promise((resolve, reject) => {
    const watcher = watch(folder, () => existsSync(socket) && settle(() => resolve({ child, said: () => words })));
    const timer = setTimeout(() => fail(timedOut(address, connectTimeoutMs)), connectTimeoutMs);
    const abort = () => fail(signal?.reason);
    const settle = (how: () => void) => {
      watcher.close();
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      child.removeListener('close', onClose).removeListener('error', onError);
      how();
    };
    const fail = (reason: unknown) =>
      settle(() => {
        child.on('error', () => {});
        endGroup(child);
        reject(reason);
      });
    const onClose = () => {
      void seenKeys(folder).then((seen) => fail(openSshFailure(address, words, seen)));
    };
    const onError = (cause: Error) =>
      fail(
        new HostUnreachable(
          'client_missing',
          `connect refused: the system's ssh could not be started: ${cause.message}. Install an OpenSSH client.`,
          { cause },
        ),
      );
    signal?.addEventListener('abort', abort, { once: true });
    child.on('close', onClose).on('error', onError);
  });
}

function timedOut({ user, host, port }: OpenSshAddress, ms: number): HostUnreachable {
  return new HostUnreachable(
    'timeout',
    `connect to ${user}@${host}:${port} timed out after ${ms} ms. ` +
      'Check that the host is up, its address and port, and what filters stand between.',
  );
}

async function seenKeys(folder: string) {
  const read = async (which: string) => {
    const line = await readFile(join(folder, `${which}-seen`), 'utf8').catch(() => '');
    const key = line.split(' ')[1]?.trim();
    return key ? Buffer.from(key, 'base64') : null;
  };
  return { target: await read('target'), jump: await read('jump') };
}

function sessionOf({
  folder,
  configFile,
  program,
  address,
  master,
}: Omit<Starting, 'open'> & { master: Master }): HostSession {
  const lost = new AbortController();
  let closing = false;
  const { child } = master;
  const gone = new Promise<void>((resolve) => {
    const lose = () => {
      const why = closing ? 'the session was closed here' : master.said().trim() || 'the connection was closed';
      const { user, host, port } = address;
      const message = `the line to ${user}@${host}:${port} is gone: ${why}. What runs on the host goes on; connect again and attach.`;
      lost.abort(new HostUnreachable('connection_lost', message));
      resolve();
    };
    if (child.exitCode !== null || child.signalCode !== null) lose();
    else child.once('close', lose);
  });
  return {
    become: address.become ?? 'none',
    exec: (command, options) => openSshChannel(program, configFile, command, lost.signal, options?.signal),
    async close() {
      closing = true;
      endGroup(child);
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The master and the ssh to its bastion, which would go on by itself. */
function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  } catch {
    // it has ended by itself
  }
}
