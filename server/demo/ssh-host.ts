/**
 * One SSH host on loopback, as its own process: OpenSSH's sshd where the machine has a usable one, otherwise a server from ssh2.
 *
 *   node server/demo/ssh-host.ts --root DIR --port 0 --host-key FILE --authorized-key FILE [--implementation openssh|ssh2]
 *     [--programs DIR]
 *
 * Prints one JSON line when it is ready (SshHostReady). Ends, with its sessions, on SIGTERM and when its standard input ends, so
 * a killed parent leaves nothing behind. What its commands have put into sessions of their own lives on, as on any host.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import ssh2 from 'ssh2';
import { fingerprintOf, publicKeyLine } from '../hosts/drivers/host-key.ts';
import { startLibraryServer } from './ssh-host-library.ts';
import { startOpenSsh } from './ssh-host-openssh.ts';

export const IMPLEMENTATIONS = ['openssh', 'ssh2'] as const;
export type Implementation = (typeof IMPLEMENTATIONS)[number];

export interface SshHostReady {
  readonly address: string;
  readonly port: number;
  readonly fingerprint: string;
  readonly hostKeyLine: string;
  readonly pid: number;
  readonly implementation: Implementation;
  /** Why it is not OpenSSH, where that was tried first. */
  readonly fallback: string | null;
}

export interface SshHostOptions {
  readonly root: string;
  /** 0: any free port. */
  readonly port: number;
  readonly hostKeyFile: string;
  readonly authorizedKeyFile: string;
  /** PATH of every command; null: what the server gives. */
  readonly path: string | null;
}

export interface SshServer {
  readonly port: number;
  stop(): Promise<void>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      root: { type: 'string' },
      port: { type: 'string', default: '0' },
      'host-key': { type: 'string' },
      'authorized-key': { type: 'string' },
      implementation: { type: 'string' },
      programs: { type: 'string' },
    },
  });
  const { root, implementation } = values;
  const hostKeyFile = values['host-key'];
  const authorizedKeyFile = values['authorized-key'];
  if (!root || !hostKeyFile || !authorizedKeyFile) {
    throw new Error(
      'ssh-host needs --root DIR --host-key FILE --authorized-key FILE. See the head of server/demo/ssh-host.ts.',
    );
  }
  const path = values.programs ? `${values.programs}:${process.env['PATH'] ?? '/usr/bin:/bin'}` : null;
  const options = { root, port: Number(values.port), hostKeyFile, authorizedKeyFile, path };
  const started = await start(options, implementation);
  console.log(JSON.stringify(readyLine(hostKeyFile, started)));
  const stop = () => void started.server.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.stdin.on('end', stop).on('error', stop).resume();
}

interface Started {
  readonly server: SshServer;
  readonly implementation: Implementation;
  readonly fallback: string | null;
}

async function start(options: SshHostOptions, wanted: string | undefined): Promise<Started> {
  if (wanted === 'ssh2') return { server: await startLibraryServer(options), implementation: 'ssh2', fallback: null };
  try {
    return { server: await startOpenSsh(options), implementation: 'openssh', fallback: null };
  } catch (error) {
    if (wanted === 'openssh') throw error;
    const fallback = error instanceof Error ? error.message : String(error);
    return { server: await startLibraryServer(options), implementation: 'ssh2', fallback };
  }
}

function readyLine(hostKeyFile: string, { server, implementation, fallback }: Started): SshHostReady {
  const key = ssh2.utils.parseKey(readFileSync(hostKeyFile));
  if (key instanceof Error) throw new Error(`host key ${hostKeyFile} is not readable: ${key.message}. Make a new one.`);
  const wire = key.getPublicSSH();
  return {
    address: '127.0.0.1',
    port: server.port,
    fingerprint: fingerprintOf(wire),
    hostKeyLine: publicKeyLine(wire),
    pid: process.pid,
    implementation,
    fallback,
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
