import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { commitFile } from './durable-file.ts';
import { inspectPackage, type InspectedPackage, type PackageLimits } from './package-read.ts';
import { describedItems, folderItems, type PackageDescription, type PackItem } from './package-source.ts';

export type { DescribedFile, PackageDescription } from './package-source.ts';

/** Every file carries this time: the package says what is in it, not when somebody packed it. 1980, since tar warns before 1970. */
const MODIFIED_AT = new Date(315_532_800_000);

export interface BuiltPackage extends InspectedPackage {
  readonly path: string;
}

/**
 * Packs a folder with a `release.json`, or a description in memory, into `out`. The same input gives the same bytes:
 * sorted, one time, one owner, two modes. What it writes has passed `inspectPackage`; otherwise `out` stays as it was.
 * Throws PackageError, and the file system's error when `out` cannot be written.
 */
export async function buildPackage(
  source: string | PackageDescription,
  out: string,
  options: { limits?: Partial<PackageLimits> | undefined; signal?: AbortSignal | undefined } = {},
): Promise<BuiltPackage> {
  const items = typeof source === 'string' ? await folderItems(source, out) : describedItems(source);
  await mkdir(dirname(out), { recursive: true });
  const temporary = `${out}.${process.pid}.tmp`;
  try {
    await writeArchive(items, temporary, options.signal);
    const inspected = await inspectPackage(temporary, options);
    await commitFile(temporary, out);
    return { ...inspected, path: out };
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeArchive(items: readonly PackItem[], path: string, signal: AbortSignal | undefined): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createGzip({ level: 9 }), anySystem(), createWriteStream(path), { signal });
  const filled = fill(archive, items).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  await Promise.all([written, filled]);
}

async function fill(archive: Pack, items: readonly PackItem[]): Promise<void> {
  for (const item of items) await addItem(archive, item);
  archive.finalize();
}

async function addItem(archive: Pack, item: PackItem): Promise<void> {
  const common = { name: item.path, mtime: MODIFIED_AT, uid: 0, gid: 0 };
  if (item.kind === 'folder') {
    archive.entry({ ...common, type: 'directory', mode: 0o755 }).end(null);
  } else if (item.kind === 'link') {
    archive.entry({ ...common, type: 'symlink', mode: 0o777, linkname: item.target }).end(null);
  } else {
    const mode = item.executable ? 0o755 : 0o644;
    await pipeline(item.open(), archive.entry({ ...common, type: 'file', mode, size: item.size }));
  }
}

/** The tenth byte of a gzip file names the system it was made on: 255, "unknown", wherever we run. */
function anySystem(): Transform {
  let first = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (first && chunk.length > 9) chunk[9] = 255;
      first = false;
      done(null, chunk);
    },
  });
}
