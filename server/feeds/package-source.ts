import { lstat, readdir, readlink } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import type { ReleaseManifestInput } from '../contracts/package.ts';
import { causeOf } from './http-get.ts';
import { parentsOf } from './package-entries.ts';
import { PackageError } from './package-error.ts';

/** A package that stands in memory: what the demo and tests describe instead of writing folders. */
export interface PackageDescription {
  readonly manifest: ReleaseManifestInput;
  /** By path in the package. Files below `hooks/` are executable unless `mode` says otherwise. */
  readonly files?: Readonly<Record<string, string | Uint8Array | DescribedFile>>;
}

export interface DescribedFile {
  readonly content: string | Uint8Array;
  readonly mode: number;
}

/** One thing to pack, in a form that is the same wherever and whenever it is packed. */
export type PackItem =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly size: number;
      readonly executable: boolean;
      open(): Readable;
    };

/** Everything in a folder, sorted by path. Throws PackageError for what a package cannot hold. */
export async function folderItems(folder: string, out: string): Promise<PackItem[]> {
  const root = resolve(folder);
  if (resolve(out).startsWith(root + sep)) {
    throw new PackageError(
      'output_in_source',
      `The package would be written into the folder it is made of (${folder}). Choose a path outside it.`,
    );
  }
  try {
    const names = await readdir(root, { recursive: true });
    return sorted(await Promise.all(names.map((name) => folderItem(root, name))));
  } catch (error) {
    if (error instanceof PackageError) throw error;
    throw new PackageError(
      'unreadable',
      `The folder ${folder} cannot be packed: ${causeOf(error)}. Check path and rights.`,
    );
  }
}

export function describedItems({ manifest, files = {} }: PackageDescription): PackItem[] {
  const manifestText = `${JSON.stringify(manifest, null, 2)}\n`;
  const items = Object.entries({ 'release.json': manifestText, ...files }).map(([path, file]) =>
    describedItem(path, file),
  );
  const folders = new Set(items.flatMap(({ path }) => parentsOf(path)));
  return sorted([...items, ...[...folders].map((path) => ({ kind: 'folder', path }) as const)]);
}

function describedItem(path: string, file: string | Uint8Array | DescribedFile): PackItem {
  const described =
    typeof file === 'string' || ArrayBuffer.isView(file)
      ? { content: file, mode: path.startsWith('hooks/') ? 0o755 : 0o644 }
      : file;
  const content = typeof described.content === 'string' ? Buffer.from(described.content) : described.content;
  const executable = (described.mode & 0o100) !== 0;
  return { kind: 'file', path, size: content.length, executable, open: () => Readable.from([content]) };
}

async function folderItem(root: string, name: string): Promise<PackItem> {
  const full = join(root, name);
  const path = name.split(sep).join('/');
  const stat = await lstat(full);
  if (stat.isDirectory()) return { kind: 'folder', path };
  if (stat.isSymbolicLink()) return { kind: 'link', path, target: await readlink(full) };
  if (!stat.isFile()) {
    throw new PackageError(
      'special_file',
      `"${path}" is neither file, folder nor symbolic link. Remove it from the folder.`,
    );
  }
  const executable = (stat.mode & 0o100) !== 0;
  return { kind: 'file', path, size: stat.size, executable, open: () => createReadStream(full) };
}

/** By code unit, never by the machine's locale: the same folder gives the same bytes everywhere. */
function sorted(items: readonly PackItem[]): PackItem[] {
  return items.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
