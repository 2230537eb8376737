/** The `ssh2` driver: in-process SSH with pinned host keys and without Nagle. Constructed at the edge; holds the handshake gate. */
import net from 'node:net';
import type { NetConnectOpts, Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { Client, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';
import { HostUnreachable } from '../contract.ts';
import type { HostDriver, HostSession, OpenOptions, Ssh2Address } from '../contract.ts';
import { CLOSED_EARLY } from './closed-early.ts';
import { createHandshakeGate } from './handshake-gate.ts';
import type { HandshakeGate } from './handshake-gate.ts';
import { judgeHostKey, pinnedKeyTypes } from './host-key.ts';
import { openSsh2Channel } from './ssh2-channel.ts';

export interface Ssh2DriverOptions {
  /** Shared between drivers of one process that reach the same addresses. */
  readonly gate?: HandshakeGate;
  /** How a socket is made; the seam where a test sees its options. */
  readonly connect?: (options: NetConnectOpts) => Socket;
  /** A peer that does not answer `keepaliveCount` pings in a row is lost. Default 5 000 ms, 3. */
  readonly keepaliveMs?: number;
  readonly keepaliveCount?: number;
}

export function ssh2Driver(options: Ssh2DriverOptions = {}): HostDriver<Ssh2Address> {
  const gate = options.gate ?? createHandshakeGate();
  return {
    async open(address, { signal, connectTimeoutMs }) {
      const leave = await gate.enter(`${address.host}:${address.port}`, signal);
      try {
        return await handshake(address, options, { signal, connectTimeoutMs });
      } finally {
        leave();
      }
    },
  };
}

function handshake(address: Ssh2Address, options: Ssh2DriverOptions, open: OpenOptions): Promise<HostSession> {
  const { signal, connectTimeoutMs } = open;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    // ssh2 leaves Nagle on: an exec costs 88 ms instead of 2 when its own socket is used.
    const sock = gathering((options.connect ?? net.connect)({ host: address.host, port: address.port, noDelay: true }));
    let refusedKey: HostUnreachable | null = null;
    const timer = setTimeout(() => {
      fail(
        new HostUnreachable(
          'timeout',
          `connect to ${where(address)} timed out after ${connectTimeoutMs} ms. ${LOOK_AT_NETWORK}`,
        ),
      );
    }, connectTimeoutMs);
    const abort = () => fail(signal?.reason);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      client.removeListener('error', onError).removeListener('close', onClose);
    };
    const fail = (reason: unknown) => {
      settle();
      client.on('error', () => {}); // what a dying socket still says has nobody to tell
      sock.destroy();
      reject(reason);
    };
    const onError = (error: Error & { level?: string }) => fail(refusedKey ?? openFailure(address, error));
    const onClose = () => fail(refusedKey ?? openFailure(address, new Error('the host closed the connection')));
    signal?.addEventListener('abort', abort, { once: true });
    client.on('error', onError).on('close', onClose);
    client.once('ready', () => {
      settle();
      resolve(sessionOf(address, client, sock));
    });
    try {
      client.connect({
        ...connectConfig(address, options),
        sock,
        hostVerifier: (key: Buffer) => (refusedKey = judgeHostKey(address, key)) === null,
      });
    } catch (error) {
      fail(
        new HostUnreachable(
          'auth_failed',
          `connect to ${where(address)} failed: ${messageOf(error)}. Check the host's key file.`,
        ),
      );
    }
  });
}

/**
 * ssh2 writes each packet in three pieces. Without Nagle each would be a segment, and would wake the other side: what is
 * written in one turn leaves together.
 */
function gathering(sock: Socket): Socket {
  const write = sock.write.bind(sock) as (...piece: unknown[]) => boolean;
  sock.write = (...piece: unknown[]) => {
    if (sock.writableCorked === 0) {
      sock.cork();
      process.nextTick(() => sock.uncork());
    }
    return write(...piece);
  };
  return sock;
}

function connectConfig(address: Ssh2Address, options: Ssh2DriverOptions): ConnectConfig {
  const types = pinnedKeyTypes(address.hostKeys) as ServerHostKeyAlgorithm[];
  return {
    username: address.user,
    ...('privateKey' in address.auth
      ? { privateKey: address.auth.privateKey, authHandler: ['publickey'] }
      : { agent: address.auth.agent, authHandler: ['agent'] }),
    // remove and prepend: the pinned types first, the others still offered, so a changed key is seen as such.
    ...(types.length > 0 ? { algorithms: { serverHostKey: { remove: types, prepend: types, append: [] } } } : {}),
    readyTimeout: 0, // the driver's own timer covers the TCP connect as well
    keepaliveInterval: options.keepaliveMs ?? 5_000,
    keepaliveCountMax: options.keepaliveCount ?? 3,
  };
}

const LOOK_AT_NETWORK = 'Check that the host is up, its address and port, and what filters stand between.';

function openFailure(address: Ssh2Address, error: Error & { level?: string }): HostUnreachable {
  const cause = { cause: error };
  if (error.level === 'agent') {
    const message = `connect to ${where(address)} failed: the SSH agent gives no key (${messageOf(error)}). Start it, or give a key file.`;
    return new HostUnreachable('auth_failed', message, cause);
  }
  if (error.level === 'client-authentication' || /authentication failures/i.test(error.message)) {
    return new HostUnreachable(
      'auth_failed',
      `connect to ${where(address)} refused: ${address.user} is not let in with this key. ` +
        "Put its public half into that user's authorized_keys, or correct the user. Not tried again: sshd bans after a few.",
      cause,
    );
  }
  const next = /closed the connection|lost before handshake|ECONNRESET/i.test(error.message)
    ? CLOSED_EARLY
    : LOOK_AT_NETWORK;
  return new HostUnreachable(
    'connect_failed',
    `connect to ${where(address)} failed: ${messageOf(error)}. ${next}`,
    cause,
  );
}

function sessionOf(address: Ssh2Address, client: Client, sock: Socket): HostSession {
  const lost = new AbortController();
  let closing = false;
  const lose = (cause: string) => {
    const why = closing ? 'the session was closed here' : cause;
    lost.abort(
      new HostUnreachable(
        'connection_lost',
        `the line to ${where(address)} is gone: ${why}. What runs on the host goes on; connect again and attach.`,
      ),
    );
  };
  client.on('error', (error) => lose(messageOf(error)));
  client.on('close', () => lose('the connection was closed'));
  return {
    become: address.become ?? 'none',
    exec: (command, options) => openSsh2Channel(client, command, lost.signal, options?.signal),
    close: () =>
      new Promise((resolve) => {
        closing = true;
        if (sock.destroyed) return resolve();
        sock.once('close', () => resolve());
        client.end();
        setTimeout(() => sock.destroy(), 500).unref(); // a dead peer never answers the goodbye
      }),
  };
}

function where(address: Ssh2Address): string {
  return `${address.user}@${address.host}:${address.port}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
