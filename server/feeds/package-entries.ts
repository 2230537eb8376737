import type { Header } from 'tar-stream';
import { PackageError } from './package-error.ts';

/**
 * The rules for what may be in a package. They are stricter than tar needs, so that every tar on every host unpacks
 * the same tree from it, and nothing outside its folder. Rule: DESIGN, "Release package".
 */

export interface PackageEntry {
  readonly kind: 'file' | 'folder' | 'link';
  readonly size: number;
  readonly mode: number;
  /** Where a link points, as written. */
  readonly target: string;
}

/** The tree of a package by normalised path (`hooks/health`), in the order of the archive. */
export type PackageTree = Map<string, PackageEntry>;

/**
 * Bidi controls show a name as another one. U+FFFD is what bytes that are not UTF-8 become: two different names on the
 * host could look like one here.
 */
const UNPRINTABLE = /[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069\ufffd]/;
const MAX_PATH_BYTES = 1_000;
const MAX_NAME_BYTES = 255;
const MAX_LINK_HOPS = 40;
/** Between a link and its target in the listing of a tar: in a name it would make a file look like a link to the host. */
const ARROW = ' -> ';
const SETUID_SETGID = 0o6000;

/** Judges one entry on its own and against those before it, then adds it; returns its path, empty for the root folder. */
export function addEntry(tree: PackageTree, header: Header): string {
  const path = entryPath(header.name);
  const entry = entryOf(path, header);
  if (path === '') return path;
  if (tree.has(path)) throw refusal('duplicate_name', path, 'is there twice', 'Pack each path once');
  tree.set(path, entry);
  return path;
}

/** Judges the finished tree: every entry lies in a real folder, and no link leaves the package, not even through another link. */
export function judgeTree(tree: PackageTree): void {
  for (const [path, entry] of tree) {
    for (const parent of parentsOf(path)) {
      const kind = tree.get(parent)?.kind ?? 'folder';
      if (kind !== 'folder') {
        throw refusal('not_in_folder', path, `lies below "${parent}", which is a ${kind}`, 'Pack it in a real folder');
      }
    }
    if (entry.kind === 'link' && !staysInside(tree, path, entry.target)) {
      throw refusal(
        'link_escapes',
        path,
        `is a link to "${shown(entry.target)}", outside the package`,
        'Link to a path inside it',
      );
    }
  }
}

/** Every folder above a path: `a`, `a/b` for `a/b/c`. */
export function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function entryPath(name: string): string {
  if (UNPRINTABLE.test(name) || name === '') {
    throw refusal('bad_name', name, 'has a control or bidi character, or bytes that are not UTF-8', 'Rename it');
  }
  if (name.includes(ARROW)) throw refusal('bad_name', name, `contains "${ARROW}"`, 'Rename it');
  if (name.startsWith('/')) throw refusal('absolute_path', name, 'is an absolute path', 'Pack relative paths');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refusal('parent_path', name, 'contains ".."', 'Pack paths inside one folder');
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES) || Buffer.byteLength(name) > MAX_PATH_BYTES) {
    throw refusal('bad_name', name, `is longer than hosts allow`, `Keep names below ${MAX_NAME_BYTES} bytes`);
  }
  return parts.join('/');
}

function entryOf(path: string, header: Header): PackageEntry {
  const { type, size, mode } = header;
  const common = { size, mode, target: '' };
  const sparse = Object.keys(header.pax ?? {}).some((key) => key.startsWith('GNU.sparse'));
  if (type === 'link') throw refusal('hard_link', path, 'is a hard link', 'Pack a copy or a symbolic link');
  if (type === 'symlink') return { ...common, kind: 'link', target: header.linkname ?? '' };
  // A folder with a size hides data from readers that skip it and shows it to readers that do not.
  if (type === 'directory' && size === 0) return { ...common, kind: 'folder' };
  if (type !== 'file' || sparse || path === '') {
    const kind = sparse ? 'sparse file' : (type ?? 'entry of unknown type');
    throw refusal('special_file', path, `is a ${kind}`, 'Pack only files, folders and symbolic links');
  }
  if ((mode & SETUID_SETGID) !== 0) {
    throw refusal('setuid_file', path, 'would run with the rights of its owner', `Pack it after chmod ug-s`);
  }
  return { ...common, kind: 'file' };
}

/** A target that is written as inside and leads inside: `a/../..` leaves the folder when `a` is itself a link. */
function staysInside(tree: PackageTree, path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes(ARROW) || UNPRINTABLE.test(target)) return false;
  const folder = path.split('/').slice(0, -1);
  return walks([...folder, ...target.split('/')]) && leadsInside(tree, folder, target.split('/'));
}

function walks(parts: readonly string[]): boolean {
  let depth = 0;
  return parts.every((part) => {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    return depth >= 0;
  });
}

/** Walks as the kernel does, links and all. A loop counts as leaving: nothing is at its end. */
function leadsInside(tree: PackageTree, folder: readonly string[], parts: readonly string[]): boolean {
  let at = [...folder];
  let hops = 0;
  for (const ahead = [...parts]; ahead.length > 0;) {
    const part = ahead.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return false;
      continue;
    }
    const next = tree.get([...at, part].join('/'));
    if (next?.kind !== 'link') at = [...at, part];
    else if (next.target.startsWith('/') || ++hops > MAX_LINK_HOPS) return false;
    else ahead.unshift(...next.target.split('/'));
  }
  return true;
}

function refusal(code: PackageError['code'], path: string, defect: string, nextStep: string): PackageError {
  return new PackageError(code, `The package is refused: "${shown(path)}" ${defect}. ${nextStep}.`);
}

/** Names come from strangers: what could steer a terminal is shown as an escape. */
function shown(name: string): string {
  const text = JSON.stringify(name.slice(0, 200)).slice(1, -1);
  return text.replace(/\u007f/g, '\\u007f');
}
