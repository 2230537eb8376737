/** Every way to a host that this machine offers: the same contract tests run over each. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Implementation } from '../../server/demo/ssh-host.ts';
import { startSshHost } from '../../server/demo/start-ssh-host.ts';
import type { HostSession } from '../../server/hosts/contract.ts';
import { localDriver } from '../../server/hosts/drivers/local.ts';
import { cuttableLine } from './cuttable-line.ts';
import { sshDrivers, type SshDriverUnderTest } from './ssh-drivers.ts';

export interface Transport {
  open(): Promise<HostSession>;
  /** Cuts every session that is open: the host hears nothing of a goodbye. */
  cut(): void;
  close(): Promise<void>;
}

/** OpenSSH's sshd takes part where it is installed; the library's server always does. The names appear in the test report. */
export const TRANSPORTS: readonly { readonly name: string; start(): Promise<Transport> }[] = [
  { name: 'local', start: startLocal },
  { name: 'ssh2 to a library server', start: () => startSsh('ssh2', 'ssh2') },
  { name: 'openssh to a library server', start: () => startSsh('openssh', 'ssh2') },
  ...(hasSshd()
    ? [
        { name: 'ssh2 to OpenSSH', start: () => startSsh('ssh2', 'openssh') },
        { name: 'openssh to OpenSSH', start: () => startSsh('openssh', 'openssh') },
      ]
    : []),
];

export function hasSshd(): boolean {
  return ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].some((path) => existsSync(path));
}

async function startLocal(): Promise<Transport> {
  const open: HostSession[] = [];
  return {
    open: async () => {
      const session = await localDriver().open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
      open.push(session);
      return session;
    },
    cut: () => {
      for (const session of open.splice(0)) void session.close();
    },
    close: async () => {},
  };
}

async function startSsh(name: SshDriverUnderTest['name'], implementation: Implementation): Promise<Transport> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-host-'));
  const drivers = await sshDrivers();
  const host = await startSshHost({ folder, authorizedKey: drivers.authorizedKey, implementation });
  const line = await cuttableLine(host.port);
  const place = { host: '127.0.0.1', port: line.port, user: host.user, hostKeys: [host.fingerprint] };
  return {
    open: () => drivers.driver(name).open(place),
    cut: line.cut,
    close: async () => {
      await line.close();
      await host.stop();
      await drivers.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
