import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeHostFolder } from '../../server/demo/remove-host-folder.ts';
import { generateSshKey } from '../../server/demo/ssh-keys.ts';
import type { Implementation } from '../../server/demo/ssh-host.ts';
import { startSshHost } from '../../server/demo/start-ssh-host.ts';
import type { RunningSshHost } from '../../server/demo/start-ssh-host.ts';
import type { SshPlace } from '../../server/hosts/contract.ts';
import { createHandshakeGate } from '../../server/hosts/drivers/handshake-gate.ts';
import { cuttableLine } from '../support/cuttable-line.ts';
import { sshDrivers, type OpenBy, type SshDriverUnderTest } from '../support/ssh-drivers.ts';
import { hasSshd } from '../support/transports.ts';

/** The contract of both drivers, each against the library's server and, where the machine has it, OpenSSH's. */
const servers: Implementation[] = hasSshd() ? ['ssh2', 'openssh'] : ['ssh2'];
const names = ['ssh2', 'openssh'] as const satisfies SshDriverUnderTest['name'][];
let drivers: Awaited<ReturnType<typeof sshDrivers>>;
beforeAll(async () => {
  drivers = await sshDrivers();
});
afterAll(() => drivers.close());

const pairs = names.flatMap((name) => servers.map((implementation) => ({ name, implementation })));

describe.each(pairs)('the $name driver against a real server ($implementation)', ({ name, implementation }) => {
  let folder: string;
  let host: RunningSshHost;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signalbox-ssh-'));
    host = await startSshHost({ folder, authorizedKey: drivers.authorizedKey, implementation });
  });
  afterAll(async () => {
    await host.stop();
    await removeHostFolder(folder);
  });

  const place = (changes: Partial<SshPlace> = {}): SshPlace => ({
    host: '127.0.0.1',
    port: host.port,
    user: host.user,
    hostKeys: [host.fingerprint],
    ...changes,
  });
  const open = (changes: Partial<SshPlace> = {}, by: OpenBy = {}) => drivers.driver(name).open(place(changes), by);

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

  test.each(['fingerprint', 'hostKeyLine'] as const)(
    'a revoked host key (%s) is refused, pinned or not',
    async (form) => {
      const hostKeys = [host.fingerprint, host.hostKeyLine, `@revoked ${host[form]}`];
      await expect(open({ hostKeys })).rejects.toMatchObject({
        code: 'host_key_revoked',
        retryable: false,
        seenHostKey: host.hostKeyLine,
      });
    },
  );

  test('a cut line rejects what waits on it at once', async () => {
    const line = await cuttableLine(host.port);
    const session = await open({ port: line.port });
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
    const inner = createHandshakeGate(3);
    const gate: typeof inner = {
      async enter(key, signal) {
        const leave = await inner.enter(key, signal);
        most = Math.max(most, (now += 1));
        return () => {
          now -= 1;
          leave();
        };
      },
    };
    const sessions = await Promise.all(Array.from({ length: 8 }, () => open({}, { gate, connectTimeoutMs: 20_000 })));
    expect(most).toBe(3);
    await Promise.all(sessions.map((session) => session.close()));
  });
});

describe.each(names)('hosts that do not answer as they should, asked by %s', (name) => {
  const nowhere = (port: number): SshPlace => ({ host: '127.0.0.1', port, user: 'x', hostKeys: ['SHA256:x'] });
  const privateKey = generateSshKey('nobody').privateKey;

  test('an abort while connecting, or while waiting for the gate, ends with its reason and frees the place', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const gate = createHandshakeGate(1);
    const [first, second] = [new AbortController(), new AbortController()];
    const { open } = drivers.driver(name);
    const by = { privateKey, gate, connectTimeoutMs: 60_000 };
    const connecting = expect(open(nowhere(port), { ...by, signal: first.signal })).rejects.toThrow('first');
    const waiting = expect(open(nowhere(port), { ...by, signal: second.signal })).rejects.toThrow('second');
    second.abort(new Error('second'));
    await waiting;
    first.abort(new Error('first'));
    await connecting;
    const leave = await gate.enter(`127.0.0.1:${port}`);
    leave();
    server.close();
  });

  test('a host that goes silent while it is followed is lost after the keepalive, not after minutes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-ssh-'));
    const host = await startSshHost({ folder, authorizedKey: drivers.authorizedKey, implementation: 'ssh2' });
    const place = { host: host.address, port: host.port, user: host.user, hostKeys: [host.fingerprint] };
    const session = await drivers
      .driver(name)
      .open(place, { keepaliveMs: name === 'ssh2' ? 100 : 1_000, keepaliveCount: 2 });
    const channel = await session.exec('sleep 30');
    process.kill(host.pid, 'SIGSTOP');
    await expect(channel.exit).rejects.toMatchObject({
      code: 'connection_lost',
      message: expect.stringMatching(/keepalive|not responding/i),
    });
    process.kill(host.pid, 'SIGCONT');
    await session.close();
    await host.stop();
    await removeHostFolder(folder);
  });
});
