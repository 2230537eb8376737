import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isServerOf, readPidFile } from './running-server.ts';

/** The address of the server that runs in this folder, for a process beside the one that started it; undefined: none does. */
export async function runningUrl(folder: string): Promise<string | undefined> {
  const path = resolve(folder);
  const dataFolder = join(path, 'pgdata');
  const found = await readPidFile(dataFolder);
  if (found?.status !== 'ready' || !(await isServerOf(found.pid, dataFolder))) return undefined;
  const password = (await readFile(join(path, 'password'), 'utf8')).trim();
  return `postgres://signalbox:${password}@127.0.0.1:${found.port}/postgres`;
}
