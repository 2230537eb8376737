import { connect, createServer } from 'node:net';
import type { AddressInfo, NetConnectOpts, Socket } from 'node:net';
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
import { cuttableLine } from '../support/cuttable-line.ts';
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

  test('the server that answers is the one that was asked for', () => {
    expect(host.implementation).toBe(implementation);
    expect(host.address).toBe('127.0.0.1');
  });

  test('a command gets its input byte by byte, and its output, errors and exit code come back', async () => {
    const session = await open();
    const channel = await session.exec('cat; echo oops >&2; exit 7');
    const bytes = Buffer.from([...Array(256).keys()]);
    await channel.write(bytes);
    channel.end();
    const output: Uint8Array[] = [];
    for await (const chunk of channel.stdout) output.push(chunk);
    expect(Buffer.concat(output).equals(bytes)).toBe(true);
    expect(await channel.exit).toEqual({ code: 7, signal: null });
    expect(channel.stderr()).toBe('oops\n');
    await session.close();
  });

  test('a command that ends at once is heard, and input that it never reads holds nobody up', async () => {
    const session = await open();
    for (let n = 0; n < 10; n += 1) {
      const channel = await session.exec(`exit ${n}`);
      await channel.write(Buffer.alloc(100_000));
      expect(await channel.exit).toEqual({ code: n, signal: null });
      await channel.write(Buffer.from('too late'));
      channel.close();
    }
    await session.close();
  });

  test('a host key pinned as a line, with its comment, is as good as its fingerprint', async () => {
    const session = await open({ hostKeys: ['SHA256:somebodyelse', `${host.hostKeyLine} root@host`] });
    await session.close();
  });

  test('a host without a pinned key is refused and its key is shown for comparison', async () => {
    await expect(open({ hostKeys: [] })).rejects.toMatchObject({
      code: 'host_key_unknown',
      retryable: false,
      seenHostKey: host.hostKeyLine,
      message: expect.stringContaining(host.fingerprint),
    });
  });

  test('a changed host key is refused with the expected one, the seen one and the next step', async () => {
    const other = generateSshKey('other').publicKey;
    await expect(open({ hostKeys: [other] })).rejects.toMatchObject({
      code: 'host_key_changed',
      retryable: false,
      message: expect.stringMatching(/Pinned SHA256:\S+, seen ssh-ed25519 SHA256:\S+\. Find out why/),
    });
  });

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

  test('a cut line rejects what waits on it at once', async () => {
    const line = await cuttableLine(host.port);
    const session = await ssh2Driver().open(address({ port: line.port }), { connectTimeoutMs: 10_000 });
    const channel = await session.exec('sleep 30');
    const read = (async () => {
      for await (const chunk of channel.stdout) void chunk;
    })();
    line.cut();
    await expect(read).rejects.toMatchObject({ code: 'connection_lost', retryable: true });
    await expect(channel.exit).rejects.toMatchObject({ code: 'connection_lost' });
    await expect(channel.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'connection_lost' });
    await expect(session.exec('true')).rejects.toMatchObject({ code: 'connection_lost' });
    await session.close();
    await line.close();
  });

  test('an aborted command closes its channel and leaves the session usable', async () => {
    const session = await open();
    const stop = new AbortController();
    const channel = await session.exec('sleep 30', { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(channel.exit).rejects.toThrow('enough');
    expect(await (await session.exec('exit 3')).exit).toEqual({ code: 3, signal: null });
    await session.close();
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

describe('hosts that do not answer as they should', () => {
  const nowhere = (port: number): Ssh2Address => ({
    transport: 'ssh2',
    host: '127.0.0.1',
    port,
    user: 'x',
    hostKeys: ['SHA256:x'],
    auth: { privateKey: key.privateKey },
  });

  test('nothing listens: connect_failed with the address', async () => {
    const line = await cuttableLine(1);
    await line.close();
    await expect(ssh2Driver().open(nowhere(line.port), { connectTimeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'connect_failed',
      retryable: true,
      message: expect.stringMatching(/connect to x@127\.0\.0\.1:\d+ failed: .*ECONNREFUSED/),
    });
  });

  test.each([
    ['says nothing', () => {}, 'timeout'],
    ['closes at once', (socket: Socket) => socket.end(), 'connect_failed'],
    ['is a web server', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'connect_failed'],
  ])('a host that %s', async (_what, answer, code) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      answer(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(ssh2Driver().open(nowhere(port), { connectTimeoutMs: 300 })).rejects.toMatchObject({
      code,
      retryable: true,
    });
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test('an abort while connecting, or while waiting for the gate, ends with its reason and frees the place', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const gate = createHandshakeGate(1);
    const driver = ssh2Driver({ gate });
    const [first, second] = [new AbortController(), new AbortController()];
    const connecting = expect(
      driver.open(nowhere(port), { connectTimeoutMs: 60_000, signal: first.signal }),
    ).rejects.toThrow('first');
    const waiting = expect(
      driver.open(nowhere(port), { connectTimeoutMs: 60_000, signal: second.signal }),
    ).rejects.toThrow('second');
    second.abort(new Error('second'));
    await waiting;
    first.abort(new Error('first'));
    await connecting;
    const leave = await gate.enter(`127.0.0.1:${port}`);
    leave();
    server.close();
  });
});

test('a host that goes silent while it is followed is lost after the keepalive, not after minutes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-ssh-'));
  const host = await startSshHost({ folder, authorizedKey: key.publicKey, implementation: 'ssh2' });
  const session = await ssh2Driver({ keepaliveMs: 100, keepaliveCount: 2 }).open(
    {
      transport: 'ssh2',
      host: host.address,
      port: host.port,
      user: host.user,
      hostKeys: [host.fingerprint],
      auth: { privateKey: key.privateKey },
    },
    { connectTimeoutMs: 10_000 },
  );
  const channel = await session.exec('sleep 30');
  process.kill(host.pid, 'SIGSTOP');
  await expect(channel.exit).rejects.toMatchObject({
    code: 'connection_lost',
    message: expect.stringContaining('Keepalive'),
  });
  process.kill(host.pid, 'SIGCONT');
  await session.close();
  await host.stop();
  await removeHostFolder(folder);
});
