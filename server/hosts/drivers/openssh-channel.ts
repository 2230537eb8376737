/** One command over a control master, as the contract wants it: a process of ssh that only multiplexes. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { HostUnreachable, type ExecChannel, type ExecExit } from '../contract.ts';
import { TARGET } from './openssh-config.ts';
import { closable, collectStart, orAborted } from './streams.ts';

/** Ended by ssh itself, not by the command: 255 is the command's own exit code just as well. */
const SSH_FAILED = 255;
/** A master that is gone is told of a little after its clients have ended. */
const GRACE_MS = 300;

/** `lost` is aborted with a HostUnreachable when the session's line is gone. */
export async function openSshChannel(
  program: string,
  configFile: string,
  command: string,
  lost: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<ExecChannel> {
  lost.throwIfAborted();
  signal?.throwIfAborted();
  // Without a master it would connect anew, unseen by the gate: `false` as the way there stops it.
  const only = ['-F', configFile, '-o', 'ControlMaster=no', '-o', 'ProxyJump=none', '-o', 'ProxyCommand=false'];
  const child = spawn(program, [...only, TARGET, '--', command], { stdio: 'pipe', detached: true });
  return channelOf(child, signal ? AbortSignal.any([lost, signal]) : lost, lost);
}

function channelOf(child: ChildProcessWithoutNullStreams, outer: AbortSignal, lost: AbortSignal): ExecChannel {
  const { ended, close } = closable(outer, () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGTERM');
  });
  child.stdin.on('error', () => {}); // a write tells its own error
  const stderr = collectStart(child.stderr);
  const exit = orAborted(exitOf(child, stderr, lost), ended);
  exit.catch(() => {}); // who does not ask for the exit is not told of it by a crash
  return {
    write: (bytes) => orAborted(written(child, bytes), ended),
    end: () => void child.stdin.end(),
    stdout: outputOf(child, exit, ended),
    stderr,
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

/** The output's end alone does not tell a command that is done from a line that is gone: the exit does. */
async function* outputOf(
  child: ChildProcessWithoutNullStreams,
  exit: Promise<ExecExit>,
  ended: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
  } catch (error) {
    ended.throwIfAborted();
    throw error;
  }
  ended.throwIfAborted();
  await exit;
}

async function exitOf(
  child: ChildProcessWithoutNullStreams,
  stderr: () => string,
  lost: AbortSignal,
): Promise<ExecExit> {
  const exit = await new Promise<ExecExit>((resolve, reject) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('error', (cause) => {
      reject(new HostUnreachable('client_missing', `ssh could not be started: ${cause.message}`, { cause }));
    });
  });
  if (exit.code !== SSH_FAILED) return exit;
  if (/session open(ing)? (refused|failed)|session request failed|open failed/i.test(stderr())) {
    throw new HostUnreachable(
      'channel_refused',
      `the host opened no channel: ${stderr().trim()}. Its sshd may allow fewer sessions per connection (MaxSessions).`,
    );
  }
  await orAborted(pause(GRACE_MS), lost);
  return exit;
}
