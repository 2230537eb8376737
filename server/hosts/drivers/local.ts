/** The `local` driver: the machine that the server runs on, without SSH. Same contract, same tests. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { userInfo } from 'node:os';
import { HostUnreachable } from '../contract.ts';
import type { Become, ExecChannel, ExecExit, HostDriver, HostSession, LocalAddress } from '../contract.ts';
import { closable, collectStart, orAborted } from './streams.ts';

export interface LocalDriverOptions {
  /** The shell's environment. Default: what a login gets. Never the server's own, whose secrets hooks must not see. */
  readonly env?: NodeJS.ProcessEnv;
  /** Stands for the user's login shell. Default: sh. */
  readonly shell?: string;
}

export function localDriver(options: LocalDriverOptions = {}): HostDriver<LocalAddress> {
  return {
    open: async ({ become = 'none' }, { signal }) => {
      signal?.throwIfAborted();
      return sessionOf(options, become);
    },
  };
}

function sessionOf(options: LocalDriverOptions, become: Become): HostSession {
  const closed = new AbortController();
  return {
    become,
    async exec(command, { signal } = {}) {
      closed.signal.throwIfAborted();
      signal?.throwIfAborted();
      // detached: a Ctrl-C at the server's terminal is the server's to handle, it must not kill what it is following.
      const env = options.env ?? loginEnvironment();
      const child = spawn(options.shell ?? 'sh', ['-c', command], { detached: true, env, cwd: '/' });
      return channelOf(child, signal ? AbortSignal.any([closed.signal, signal]) : closed.signal);
    },
    close: async () => {
      closed.abort(
        new HostUnreachable(
          'connection_lost',
          'the local session was closed here. What it started goes on; open again and attach.',
        ),
      );
    },
  };
}

function loginEnvironment(): NodeJS.ProcessEnv {
  const { username, homedir, shell } = userInfo();
  const path = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  return { PATH: path, HOME: homedir, USER: username, LOGNAME: username, SHELL: shell ?? '/bin/sh' };
}

function channelOf(child: ChildProcessWithoutNullStreams, outer: AbortSignal): ExecChannel {
  const { ended, close } = closable(outer, () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.stdin.on('error', () => {}); // a write tells its own error
  const exit = exitOf(child, ended);
  return {
    write: (bytes) => orAborted(written(child, bytes), ended),
    end: () => void child.stdin.end(),
    stdout: outputOf(child, ended),
    stderr: collectStart(child.stderr),
    exit,
    close,
  };
}

/** A process that reads no more is not a failure of the line: its output and exit say what happened. */
function written(child: ChildProcessWithoutNullStreams, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    child.stdin.write(bytes, () => resolve());
  });
}

async function* outputOf(child: ChildProcessWithoutNullStreams, ended: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
  } catch (error) {
    ended.throwIfAborted();
    throw error;
  }
  ended.throwIfAborted();
}

function exitOf(child: ChildProcessWithoutNullStreams, ended: AbortSignal): Promise<ExecExit> {
  const exit = new Promise<ExecExit>((resolve, reject) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => {
      reject(
        new HostUnreachable('connect_failed', `no shell could be started on this machine: ${error.message}`, {
          cause: error,
        }),
      );
    });
  });
  const settled = orAborted(exit, ended);
  settled.catch(() => {}); // who does not ask for the exit is not told of it by a crash
  return settled;
}
