/** One exec channel of an ssh2 client as the contract wants it: a lost line is an error, never a quiet end of output. */
import type { Client, ClientChannel } from 'ssh2';
import { HostUnreachable } from '../contract.ts';
import type { ExecChannel, ExecExit } from '../contract.ts';
import { closable, collectStart, orAborted } from './streams.ts';

/** `lost` is aborted with a HostUnreachable when the session's line is gone. */
export async function openSsh2Channel(
  client: Client,
  command: string,
  lost: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<ExecChannel> {
  lost.throwIfAborted();
  signal?.throwIfAborted();
  const outer = signal ? AbortSignal.any([lost, signal]) : lost;
  return orAborted(requestChannel(client, command, outer), lost);
}

/** The channel is wrapped inside the callback: answer, exit and close may come in one packet, and nobody would have listened. */
function requestChannel(client: Client, command: string, outer: AbortSignal): Promise<ExecChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, stream) => {
      if (!error) return resolve(channelOf(stream, outer));
      const message = `the host opened no channel: ${error.message}. Its sshd may allow fewer sessions per connection (MaxSessions).`;
      reject(new HostUnreachable('channel_refused', message, { cause: error }));
    });
  });
}

function channelOf(stream: ClientChannel, outer: AbortSignal): ExecChannel {
  const { ended, close } = closable(outer, () => stream.close());
  const exit = exitOf(stream, ended);
  const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
  return {
    write: (bytes) => orAborted(Promise.race([written(stream, bytes), closed, exit.then(() => {})]), ended),
    end: () => void stream.end(),
    stdout: outputOf(stream, ended),
    stderr: collectStart(stream.stderr),
    exit,
    close,
  };
}

/**
 * The callback comes when the peer's window has taken the bytes. It never comes on a dead line or after the command's end: a command
 * that reads no more is not a failure of the line, its output and exit say what happened.
 */
function written(stream: ClientChannel, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

async function* outputOf(stream: ClientChannel, ended: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    yield chunk as Buffer;
    ended.throwIfAborted();
  }
  ended.throwIfAborted();
}

function exitOf(stream: ClientChannel, ended: AbortSignal): Promise<ExecExit> {
  const exit = orAborted(
    new Promise<ExecExit>((resolve) => {
      stream.once('exit', (code: number | null, name?: string) => resolve({ code, signal: name ?? null }));
      stream.once('close', () => resolve({ code: null, signal: null }));
    }),
    ended,
  );
  exit.catch(() => {}); // who does not ask for the exit is not told of it by a crash
  return exit;
}
