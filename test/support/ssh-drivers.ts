/** Both SSH drivers behind one form, so that the same contract tests run over each. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSshKey } from '../../server/demo/ssh-keys.ts';
import type { HostSession, SshPlace } from '../../server/hosts/contract.ts';
import { createHandshakeGate, type HandshakeGate } from '../../server/hosts/drivers/handshake-gate.ts';
import { openSshDriver } from '../../server/hosts/drivers/openssh.ts';
import { ssh2Driver } from '../../server/hosts/drivers/ssh2.ts';

export interface OpenBy {
  /** Text of the private key; default: the one that the test's hosts let in. */
  readonly privateKey?: string;
  readonly signal?: AbortSignal;
  readonly connectTimeoutMs?: number;
  readonly gate?: HandshakeGate;
  readonly keepaliveMs?: number;
  readonly keepaliveCount?: number;
}

export interface SshDriverUnderTest {
  readonly name: 'ssh2' | 'openssh';
  open(place: SshPlace, by?: OpenBy): Promise<HostSession>;
}

/** `keys`: where key files for the system's client are put; removed by `close`. */
export async function sshDrivers(): Promise<{
  authorizedKey: string;
  driver(name: SshDriverUnderTest['name']): SshDriverUnderTest;
  close(): Promise<void>;
}> {
  const keys = await mkdtemp(join(tmpdir(), 'signalbox-keys-'));
  const own = generateSshKey('test');
  let files = 0;
  const drivers: Record<SshDriverUnderTest['name'], SshDriverUnderTest['open']> = {
    ssh2(place, { privateKey = own.privateKey, signal, connectTimeoutMs = 10_000, gate, ...keepalive } = {}) {
      const driver = ssh2Driver({ gate: gate ?? createHandshakeGate(), ...keepalive });
      return driver.open({ transport: 'ssh2', ...place, auth: { privateKey } }, { signal, connectTimeoutMs });
    },
    async openssh(place, { privateKey = own.privateKey, signal, connectTimeoutMs = 10_000, gate, ...keepalive } = {}) {
      const identityFile = join(keys, `key-${(files += 1)}`);
      await writeFile(identityFile, privateKey, { mode: 0o600 });
      const driver = openSshDriver({ gate: gate ?? createHandshakeGate(), ...keepalive });
      return driver.open({ transport: 'openssh', ...place, auth: { identityFile } }, { signal, connectTimeoutMs });
    },
  };
  return {
    authorizedKey: own.publicKey,
    driver: (name) => ({ name, open: drivers[name] }),
    close: () => rm(keys, { recursive: true, force: true }),
  };
}
