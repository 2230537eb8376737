/** An SSH server from ssh2 that does what sshd does for `exec`: the user's command in a real shell, with its pipes and exit code. */
import { spawn } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { userInfo } from 'node:os';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ParsedKey, ServerChannel } from 'ssh2';
import type { SshHostOptions, SshServer } from './ssh-host.ts';

export async function startLibraryServer(options: SshHostOptions): Promise<SshServer> {
  const allowed = ssh2.utils.parseKey(readFileSync(options.authorizedKeyFile));
  if (allowed instanceof Error)
    throw new Error(`authorized key ${options.authorizedKeyFile} is not readable: ${allowed.message}`);
  const server = new ssh2.Server({ hostKeys: [readFileSync(options.hostKeyFile)] }, (connection) => {
    serve(connection, allowed, options);
  });
  // Own listener: ssh2's would leave Nagle on.
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    server.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serve(connection: Connection, allowed: ParsedKey, options: SshHostOptions): void {
  connection.on('error', () => {}); // a cut line is the client's affair
  connection.on('authentication', (context) =>
    isAllowed(context, allowed) ? context.accept() : context.reject(['publickey']),
  );
  connection.on('session', (accept) => {
    const session = accept();
    session.on('exec', (acceptExec, _reject, { command }) => execute(acceptExec(), command, options));
  });
}

function isAllowed(context: AuthContext, allowed: ParsedKey): boolean {
  if (context.method !== 'publickey' || context.username !== userInfo().username) return false;
  const wire = allowed.getPublicSSH();
  const sameKey = context.key.data.length === wire.length && timingSafeEqual(context.key.data, wire);
  if (!sameKey) return false;
  // Without a signature the client only asks whether this key would do.
  return (
    !context.signature || !context.blob || allowed.verify(context.blob, context.signature, context.hashAlgo) === true
  );
}

/** detached: as under sshd, nothing of the command dies because the channel or this server goes away. */
function execute(channel: ServerChannel, command: string, { root, path }: SshHostOptions): void {
  const { username, homedir } = userInfo();
  const env = {
    PATH: path ?? process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: homedir,
    USER: username,
    LOGNAME: username,
    SHELL: '/bin/sh',
  };
  const child = spawn('sh', ['-c', command], { cwd: root, env, detached: true });
  child.stdin.on('error', () => {}); // a command need not read its input
  channel.on('error', () => {});
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.once('close', (code, signal) => {
    if (channel.destroyed) return;
    if (signal) channel.exit(signal.replace(/^SIG/, ''));
    else channel.exit(code ?? 255);
    channel.end();
  });
  channel.once('close', () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
}
