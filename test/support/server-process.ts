import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const cli = join(import.meta.dirname, '..', '..', 'server', 'cli', 'signalbox.ts');

/** A server as users run it: a process of its own, on a port of its own. */
export interface ServerProcess {
  url: string;
  pid: number;
  /** Everything it has printed, for the message of a test that fails. */
  output(): string;
  /** SIGKILL; resolves with how it ended. A test asserts that it was killed, not that it stopped. */
  kill(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** SIGTERM, as a service manager does. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export async function startServerProcess(env: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [cli, 'serve'], {
    env: { ...process.env, SIGNALBOX_PORT: '0', SIGNALBOX_LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      printed += `${line}\n`;
      const found = /runs at (http\S+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the server did not start (exit code ${code}): ${printed}`)));
  });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    return { code: child.exitCode, signal: child.signalCode };
  };
  return { url, pid: pidOf(child), output: () => printed, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process has no pid');
  return child.pid;
}
