import { connect } from 'node:net';
import type { NetConnectOpts, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateSshKey } from '../../server/demo/ssh-keys.ts';
import type { Implementation } from '../../server/demo/ssh-host.ts';
import { startSshHost } from '../../server/demo/start-ssh-host.ts';
import type { RunningSshHost } from '../../server/demo/start-ssh-host.ts';
import type { Ssh2Address } from '../../server/hosts/contract.ts';
import { createHandshakeGate } from '../../server/hosts/drivers/handshake-gate.ts';
import { ssh2Driver } from '../../server/hosts/drivers/ssh2.ts';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeHostFolder } from '../../server/demo/remove-host-folder.ts';
import { hasSshd } from '../support/transports.ts';

const key = generateSshKey('test');
const servers: Implementation[] = hasSshd() ? ['ssh2', 'openssh'] : ['ssh2'];

describe.each(servers)('the ssh2 driver against a real server (%s)', (implementation) => {
  let folder: string;
  let host: RunningSshHost;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signalbox-ssh-'));
    host = await startSshHost({ folder, authorizedKey: key.publicKey, implementation });
  });
  afterAll(async () => {
    await host.stop();
    await removeHostFolder(folder);
  });

  const address = (changes: Partial<Ssh2Address> = {}): Ssh2Address => ({
    transport: 'ssh2',
    host: '127.0.0.1',
    port: host.port,
    user: host.user,
    hostKeys: [host.fingerprint],
    auth: { privateKey: key.privateKey },
    ...changes,
  });
  const open = (changes: Partial<Ssh2Address> = {}) =>
    ssh2Driver().open(address(changes), { connectTimeoutMs: 10_000 });

  test('a key that is not let in is told as such and is not tried again', async () => {
    let connects = 0;
    const counted = ssh2Driver({ connect: (options) => ((connects += 1), connect(options)) });
    const stranger = address({ auth: { privateKey: generateSshKey('stranger').privateKey } });
    await expect(counted.open(stranger, { connectTimeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'auth_failed',
      retryable: false,
    });
    expect(connects).toBe(1);
  });

  test('an unreadable private key and a missing agent are told before anything hangs', async () => {
    await expect(open({ auth: { privateKey: 'no key' } })).rejects.toMatchObject({ code: 'auth_failed' });
    await expect(open({ auth: { agent: '/nowhere/agent.sock' } })).rejects.toMatchObject({ code: 'auth_failed' });
  });

  test('Nagle is off: the socket is made with noDelay, and a warm exec does not wait for a delayed acknowledgement', async () => {
    const seen: NetConnectOpts[] = [];
    const driver = ssh2Driver({ connect: (options) => (seen.push(options), connect(options)) });
    const session = await driver.open(address(), { connectTimeoutMs: 10_000 });
    const times: number[] = [];
    for (let n = 0; n < 15; n += 1) {
      const from = performance.now();
      const channel = await session.exec('true'); // until the server has answered; the login shell is not in it
      times.push(performance.now() - from);
      await channel.exit;
    }
    await session.close();
    expect(seen).toMatchObject([{ noDelay: true }]);
    expect(Math.min(...times)).toBeLessThan(25); // with Nagle no single one is below 40
  });

  test('more handshakes than the gate lets through at once wait for their turn, and all are let in', async () => {
    let now = 0;
    let most = 0;
    const counted = (options: NetConnectOpts): Socket => {
      most = Math.max(most, (now += 1));
      return connect(options);
    };
    const driver = ssh2Driver({ gate: createHandshakeGate(3), connect: counted });
    const sessions = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const session = await driver.open(address(), { connectTimeoutMs: 20_000 });
        now -= 1;
        return session;
      }),
    );
    expect(most).toBe(3);
    await Promise.all(sessions.map((session) => session.close()));
  });
});
