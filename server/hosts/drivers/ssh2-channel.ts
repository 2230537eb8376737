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
  const stream = await orAborted(requestChannel(client, command), lost);
  const { ended, close } = closable(signal ? AbortSignal.any([lost, signal]) : lost, () => stream.close());
  const exit = exitOf(stream, ended);
  return {
    write: (bytes) => orAborted(written(stream, bytes), ended),
    end: () => void stream.end(),
    stdout: outputOf(stream, ended),
    stderr: collectStart(stream.stderr),
    exit,
    close,
  };
}

function requestChannel(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, stream) => {
      if (!error) return resolve(stream);
      const message = `the host opened no channel: ${error.message}. Its sshd may allow fewer sessions per connection (MaxSessions).`;
      reject(new HostUnreachable('channel_refused', message, { cause: error }));
    });
  });
}

/** The callback comes when the peer's window has taken the bytes; on a dead line it never comes, hence orAborted. */
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
