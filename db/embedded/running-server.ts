import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface PidFile {
  pid: number;
  port: string;
  status: string;
}

/** A server whose Signalbox was killed is told to stop by its guard within milliseconds; the rest is its checkpoint. */
const stoppingPatienceMs = 60_000;
const noticePatienceMs = 1_000;

/**
 * Waits for a server that is going down, removes a pid file that a crash left behind, and refuses a folder whose
 * server is up: it belongs to another Signalbox that lives, and two must not share one embedded server unawares.
 */
export async function requireNoServer(dataFolder: string): Promise<void> {
  const started = performance.now();
  for (;;) {
    const found = await readPidFile(dataFolder);
    if (!found) return;
    if (!(await isServerOf(found.pid, dataFolder))) {
      // PostgreSQL takes any live process of this number for its server and would refuse to start.
      await rm(join(dataFolder, 'postmaster.pid'), { force: true });
      return;
    }
    const patience = found.status === 'stopping' ? stoppingPatienceMs : noticePatienceMs;
    if (performance.now() - started > patience) throw new Error(inUse(dataFolder, found));
    await pause(20);
  }
}

function inUse(dataFolder: string, { pid, port }: PidFile): string {
  return (
    `The database folder ${dataFolder} is in use: PostgreSQL process ${pid} serves it on port ${port}. ` +
    'Stop the Signalbox that started it, give this one another SIGNALBOX_DATA, or let both use one server by DATABASE_URL. ' +
    `If no Signalbox runs any more, stop it with \`kill -INT ${pid}\`.`
  );
}

/** Lines of postmaster.pid: pid, folder, start time, port, socket folder, address, shared memory, status. */
export async function readPidFile(dataFolder: string): Promise<PidFile | undefined> {
  try {
    const lines = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8')).split('\n');
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 1) return { pid: 0, port: '?', status: 'torn' };
    return { pid, port: lines[3] ?? '?', status: (lines[7] ?? '').trim() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether this process number is a PostgreSQL that works in this folder now, and not a stranger with a reused number. */
export async function isServerOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') {
    const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
    return stdout.includes('postgres') && stdout.includes(dataFolder);
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (basename(command.split('\0')[0] ?? '') !== 'postgres') return false;
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  // A process of another user does not tell its folder; better to refuse than to unlock a live database.
  return folder === undefined || folder === (await realpath(dataFolder));
}

function isAlive(pid: number): boolean {
  if (pid <= 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
