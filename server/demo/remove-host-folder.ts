import { lstat, readdir, rm, chmod } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes a demo host's folder. Releases in it are read-only, and only root may remove from a read-only folder as it is. */
export async function removeHostFolder(folder: string): Promise<void> {
  await unlock(folder).catch(ignoreMissing);
  // Steps at work over there may still write while their folder goes.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

async function unlock(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) return;
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await unlock(join(folder, entry.name));
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
