import { rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskFull } from './download-error.ts';

/** Where the bytes of a download stand until they are verified: beside the final path, so that the rename is atomic. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/** Forgets an interrupted download. */
export async function discardPart(path: string): Promise<void> {
  await rm(partOf(path), { force: true });
}

/** How many bytes can be taken up. A part that is longer than the artifact is not a part of it. */
export async function partSize(path: string, size: number): Promise<number> {
  const found = await stat(partOf(path)).catch(() => null);
  return found !== null && found.size <= size ? found.size : 0;
}

/** Refuses before the first byte what cannot fit. Throws DownloadError `disk_full`. */
export async function refuseFullDisk(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const free = bavail * bsize;
  if (bytes > free) throw diskFull(path, `${bytes} bytes are needed, ${free} are free`);
}
