/** What goes wrong on the way to a host, each with the code of its end; `done`: survived. Met by both SSH drivers. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import ssh2, { type AuthenticationType, type Connection, type ServerConfig } from 'ssh2';
import { generateSshKey } from '../../../server/demo/ssh-keys.ts';
import type { RunningSshHost } from '../../../server/demo/start-ssh-host.ts';
import type { HostSession, RefusalCode, SshPlace, UnreachableCode } from '../../../server/hosts/contract.ts';
import { inspectHost } from '../../../server/hosts/inspect-host.ts';
import { startRunner } from '../../../server/hosts/start-runner.ts';
import { cuttableLine } from '../cuttable-line.ts';
import type { OpenBy } from '../ssh-drivers.ts';

/** What a row may use; everything that it opens is closed behind it. */
export interface Meeting {
  /** A real SSH server with a shell. */
  readonly host: RunningSshHost;
  /** Opens a session there, or where `place` says. */
  open(place?: Partial<SshPlace>, by?: OpenBy): Promise<HostSession>;
  closeLater(close: () => unknown): void;
}

export interface SshTrouble {
  readonly what: string;
  readonly code: UnreachableCode | RefusalCode | 'done';
  /** What the person who reads it must find in it. */
  readonly says?: RegExp;
  /** Throws what the caller of the driver gets, or returns when it is survived. */
  readonly meet: (meeting: Meeting) => Promise<unknown>;
}

/** Servers of a few lines: no real one can be made to do this. */
export const SOCKET_TROUBLES: readonly SshTrouble[] = [
  {
    what: 'nothing listens',
    code: 'connect_failed',
    says: /connect to \S+@127\.0\.0\.1:\d+ failed: .*refused/i,
    meet: async (m) => {
      const line = await cuttableLine(1);
      await line.close();
      return m.open({ port: line.port });
    },
  },
  { what: 'a host that says nothing', code: 'timeout', meet: (m) => meetSocket(m, () => {}) },
  { what: 'a host that closes at once', code: 'connect_failed', meet: (m) => meetSocket(m, (socket) => socket.end()) },
  {
    what: 'a host that resets at once',
    code: 'connect_failed',
    meet: (m) => meetSocket(m, (s) => s.resetAndDestroy()),
  },
  {
    what: 'a web server',
    code: 'connect_failed',
    meet: (m) => meetSocket(m, says('HTTP/1.1 400 Bad Request\r\n\r\n')),
  },
  { what: 'a server of SSH version 1', code: 'connect_failed', meet: (m) => meetSocket(m, says('SSH-1.5-old\r\n')) },
  {
    what: 'too many logins at once, in the words of MaxStartups',
    code: 'connect_failed',
    says: /MaxStartups/,
    meet: (m) => meetSocket(m, says('Exceeded MaxStartups\r\n')),
  },
  {
    what: 'a source that sshd has banned for a while',
    code: 'connect_failed',
    says: /PerSourcePenalties/,
    meet: (m) => meetSocket(m, says('Not allowed at this time\r\n')),
  },
  { what: 'a banner that comes letter by letter, for ever', code: 'timeout', meet: (m) => meetSocket(m, drip) },
  {
    what: 'a line that is half open after the banner',
    code: 'timeout',
    meet: (m) => meetSocket(m, (socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n')),
  },
  {
    what: 'a host that knows only key exchanges that are broken',
    code: 'connect_failed',
    says: /no matching|handshake|key exchange/i,
    meet: (m) => meetServer(m, { algorithms: { kex: ['diffie-hellman-group1-sha1'] } }, () => {}),
  },
  {
    what: 'a host that wants a password',
    code: 'auth_failed',
    meet: (m) => meetServer(m, {}, onlyBy('password')),
  },
  {
    what: 'a host that wants a second factor after the key',
    code: 'auth_failed',
    meet: (m) => meetServer(m, {}, onlyBy('keyboard-interactive', true)),
  },
  {
    what: 'a host that opens no session, in the way of MaxSessions',
    code: 'channel_refused',
    says: /MaxSessions/,
    meet: async (m) => {
      const session = await meetServer(m, {}, letInWithoutSessions);
      return (await session.exec('true')).exit;
    },
  },
];

/** Met at every real server that the machine has. */
export const HOST_TROUBLES: readonly SshTrouble[] = [
  {
    what: 'a host key that nobody has pinned',
    code: 'host_key_unknown',
    says: /SHA256:\S+/,
    meet: (m) => m.open({ hostKeys: [] }),
  },
  {
    what: 'a host key that has changed',
    code: 'host_key_changed',
    says: /Pinned SHA256:\S+, seen ssh-ed25519 SHA256:\S+\. Find out why/,
    meet: (m) => m.open({ hostKeys: [generateSshKey('other').publicKey] }),
  },
  {
    what: 'a host key that was revoked',
    code: 'host_key_revoked',
    meet: (m) => m.open({ hostKeys: [m.host.fingerprint, `@revoked ${m.host.fingerprint}`] }),
  },
  {
    what: 'a key that is not let in',
    code: 'auth_failed',
    says: /authorized_keys/,
    meet: (m) => m.open({}, { privateKey: generateSshKey('stranger').privateKey }),
  },
  { what: 'a user that is not let in', code: 'auth_failed', meet: (m) => m.open({ user: 'nobody-here' }) },
  { what: 'a key file that is no key', code: 'auth_failed', meet: (m) => m.open({}, { privateKey: 'no key' }) },
  {
    what: 'lines before the banner',
    code: 'done',
    meet: (m) => inspectThrough(m, (near) => near.write('Welcome to the plant\r\nAuthorised use only\r\n')),
  },
  {
    what: 'a banner that takes its time',
    code: 'done',
    meet: (m) => inspectThrough(m, () => new Promise((resolve) => setTimeout(resolve, 700))),
  },
  { what: 'a login shell that takes its time', code: 'done', meet: (m) => inspectAfter(m, 'sleep 2; ') },
  {
    what: 'a login shell that never gets to the command',
    code: 'timeout',
    says: /has said nothing/,
    meet: async (m) => {
      const session = after(await m.open(), 'sleep 60; ');
      return startRunner(session, { lines: '\n', helloTimeoutMs: 700 });
    },
  },
  {
    what: 'a login shell that refuses',
    code: 'no_runner',
    says: /exit code 1.*This account is not available/s,
    meet: (m) => inspectAfter(m, 'echo "This account is not available."; exit 1; '),
  },
  {
    what: 'megabytes on the output before anything',
    code: 'done',
    meet: (m) => inspectAfter(m, 'yes noise | head -c 3000000; '),
  },
  {
    what: 'errors before anything',
    code: 'done',
    meet: (m) => inspectAfter(m, 'echo "perl: warning: Setting locale failed." >&2; '),
  },
  {
    what: 'a flood of errors before anything',
    code: 'done',
    meet: (m) => inspectAfter(m, 'yes "perl: warning: Setting locale failed." | head -c 3000000 >&2; '),
  },
  {
    what: 'a line that is cut in the middle of a command',
    code: 'connection_lost',
    says: /attach/,
    meet: async (m) => {
      const line = await cuttableLine(m.host.port);
      m.closeLater(line.close);
      const channel = await (await m.open({ port: line.port })).exec('sleep 30');
      line.cut();
      return channel.exit;
    },
  },
  {
    what: 'a line that goes half open in the middle of a command',
    code: 'connection_lost',
    says: /keepalive|not responding/i,
    meet: async (m) => {
      const line = await cuttableLine(m.host.port);
      m.closeLater(line.close);
      const session = await m.open({ port: line.port }, { keepaliveMs: 1_000, keepaliveCount: 1 });
      const channel = await session.exec('sleep 30');
      line.freeze();
      return channel.exit;
    },
  },
];

async function meetSocket(m: Meeting, answer: (socket: Socket) => unknown): Promise<unknown> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    answer(socket);
  });
  const port = await listening(server);
  m.closeLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return m.open({ port }, { connectTimeoutMs: 1_500 });
}

function says(words: string) {
  return (socket: Socket) => socket.end(words);
}

/** Valid as far as it goes: the version line never ends. */
function drip(socket: Socket): void {
  socket.write('SSH-2.0-');
  const timer = setInterval(() => socket.write('x'), 50);
  socket.on('close', () => clearInterval(timer));
}

async function meetServer(
  m: Meeting,
  config: Omit<ServerConfig, 'hostKeys'>,
  greet: (connection: Connection) => void,
): Promise<HostSession> {
  const key = generateSshKey('server');
  const server = new ssh2.Server({ ...config, hostKeys: [key.privateKey] }, (connection) => {
    greet(connection.on('error', () => {}));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  m.closeLater(() => server.close());
  return m.open({ port, hostKeys: [key.publicKey] });
}

function onlyBy(method: AuthenticationType, afterKey = false) {
  return (connection: Connection) =>
    connection.on('authentication', (context) => context.reject([method], afterKey && context.method === 'publickey'));
}

function letInWithoutSessions(connection: Connection): void {
  connection.on('authentication', (context) => context.accept()).on('session', (_accept, reject) => reject());
}

/** Through a line that does something before the host is heard. */
async function inspectThrough(m: Meeting, first: (near: Socket) => unknown): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer(async (near) => {
    sockets.add(near.on('error', () => {}));
    await first(near);
    const far = connect({ port: m.host.port, host: '127.0.0.1' }).on('error', () => {});
    sockets.add(far);
    near.pipe(far).pipe(near);
  });
  const port = await listening(server);
  m.closeLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await inspect(await m.open({ port }));
}

async function inspectAfter(m: Meeting, prefix: string): Promise<void> {
  await inspect(after(await m.open(), prefix));
}

async function inspect(session: HostSession): Promise<void> {
  const facts = await inspectHost(session, { root: '/tmp/signalbox-never-made', product: 'shop' });
  if (facts.current !== null) throw new Error('a host that has nothing said that it has something');
}

/** As a login shell that does this first. */
function after(session: HostSession, prefix: string): HostSession {
  return { ...session, exec: (command, options) => session.exec(prefix + command, options) };
}

function listening(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
