/** Packages that a server must never take, each with the code that says why. Entries go into the tar as they are given. */
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import type { PackageErrorCode } from '../../../server/feeds/package-error.ts';
import type { PackageLimits } from '../../../server/feeds/package-read.ts';
import { endlessHeader, flipped, followed, typed } from './tar-bytes.ts';
import { tinyFiles } from './tiny-files.ts';

type Entry = Partial<Header> & { name: string; content?: string | Buffer };

export const MANIFEST: Entry = {
  name: 'release.json',
  content: JSON.stringify({ product: 'gateway', version: '1.0.0' }),
};
export const WITH_HOOK: Entry = {
  name: 'release.json',
  content: JSON.stringify({ product: 'gateway', version: '1.0.0', hooks: { health: {} } }),
};
export const SMALL: Partial<PackageLimits> = { unpackedBytes: 64 * 1024, entries: 20, manifestBytes: 2_000 };

export interface HostilePackage {
  readonly what: string;
  readonly code: PackageErrorCode;
  readonly entries: readonly Entry[];
}

const REFUSED: readonly [what: string, code: PackageErrorCode, entries: Entry[]][] = [
  ['an absolute path', 'absolute_path', [MANIFEST, { name: '/etc/cron.d/x' }]],
  ['a path that climbs out', 'parent_path', [MANIFEST, { name: '../x' }]],
  ['a path that climbs out later', 'parent_path', [MANIFEST, { name: 'a/b/../../../x' }]],
  ['a link to an absolute path', 'link_escapes', [MANIFEST, link('x', '/etc/passwd')]],
  ['a link that climbs out', 'link_escapes', [MANIFEST, link('a/x', '../../etc/passwd')]],
  ['a link without a target', 'link_escapes', [MANIFEST, link('x', '')]],
  ['a link to itself', 'link_escapes', [MANIFEST, link('x', 'x')]],
  ['two links in a circle', 'link_escapes', [MANIFEST, link('x', 'y'), link('y', 'x')]],
  [
    'a link that climbs out through another link',
    'link_escapes',
    [MANIFEST, { name: 'deep/er/file' }, link('deep/er/top', '../..'), link('out', 'deep/er/top/../etc')],
  ],
  [
    'a link that climbs out as it is written, whatever it leads to',
    'link_escapes',
    [MANIFEST, { name: 'd/e/f/file' }, link('s', 'd/e/f'), link('t', 's/../..')],
  ],
  ['a link with an arrow in its target', 'link_escapes', [MANIFEST, link('x', 'a -> b')]],
  ['a file that a listing shows as a link', 'bad_name', [MANIFEST, { name: 'x -> release.json' }]],
  ['a file written through a link', 'not_in_folder', [MANIFEST, link('hooks', 'bin'), { name: 'hooks/health' }]],
  ['a file below a file', 'not_in_folder', [MANIFEST, { name: 'a', content: 'x' }, { name: 'a/b' }]],
  ['a hard link', 'hard_link', [MANIFEST, { name: 'x', type: 'link', linkname: 'release.json' }]],
  ['a character device', 'special_file', [MANIFEST, { name: 'x', type: 'character-device', devmajor: 1, devminor: 3 }]],
  ['a block device', 'special_file', [MANIFEST, { name: 'x', type: 'block-device', devmajor: 8 }]],
  ['a fifo', 'special_file', [MANIFEST, { name: 'x', type: 'fifo' }]],
  ['a contiguous file', 'special_file', [MANIFEST, { name: 'x', type: 'contiguous-file' }]],
  ['a sparse file', 'special_file', [MANIFEST, { name: 'x', pax: { 'GNU.sparse.major': '1' } }]],
  ['a setuid program', 'setuid_file', [MANIFEST, { name: 'x', mode: 0o4755 }]],
  ['a setgid program', 'setuid_file', [MANIFEST, { name: 'x', mode: 0o2755 }]],
  ['one path twice', 'duplicate_name', [MANIFEST, { name: 'x' }, { name: 'x' }]],
  ['one path twice, written in two ways', 'duplicate_name', [MANIFEST, { name: 'a/x' }, { name: './a//x' }]],
  ['a second manifest', 'duplicate_name', [MANIFEST, MANIFEST]],
  ['a line break in a name', 'bad_name', [MANIFEST, { name: 'a\nb' }]],
  ['a terminal escape in a name', 'bad_name', [MANIFEST, { name: '\u001b[2Jb' }]],
  ['a name longer than hosts allow', 'bad_name', [MANIFEST, { name: 'x'.repeat(300) }]],
  ['a path longer than hosts allow', 'bad_name', [MANIFEST, { name: 'abcdefghi/'.repeat(101) + 'x' }]],
  ['more than the limit once unpacked', 'too_large', [MANIFEST, { name: 'x', content: Buffer.alloc(65 * 1024) }]],
  [
    'many files that together pass the limit',
    'too_large',
    [MANIFEST, ...names(10, (name) => ({ name, content: Buffer.alloc(7_000) }))],
  ],
  ['a name that reads backwards (bidi override)', 'bad_name', [MANIFEST, { name: 'a\u202egnp.sh' }]],
  ['a link target that reads backwards', 'link_escapes', [MANIFEST, link('x', 'a\u2066b')]],
  ['more entries than the limit', 'too_many_entries', [MANIFEST, ...names(30, (name) => ({ name }))]],
  ['no manifest', 'manifest_missing', [{ name: 'x' }]],
  ['a manifest that is a folder', 'manifest_missing', [{ name: 'release.json', type: 'directory' }]],
  ['a manifest that is a link', 'manifest_missing', [{ name: 'x', content: '{}' }, link('release.json', 'x')]],
  ['a manifest in a sub-folder only', 'manifest_missing', [{ ...MANIFEST, name: 'gateway/release.json' }]],
  ['a manifest that is too large', 'manifest_too_large', [{ name: 'release.json', content: 'x'.repeat(2_001) }]],
  ['a manifest that is empty', 'manifest_invalid', [{ name: 'release.json', content: '' }]],
  ['a manifest that is not JSON', 'manifest_invalid', [{ name: 'release.json', content: '{"product":' }]],
  [
    'a manifest that is not UTF-8',
    'manifest_invalid',
    [{ name: 'release.json', content: Buffer.from([0x22, 0xff, 0x22]) }],
  ],
  ['a manifest without a version', 'manifest_invalid', [{ name: 'release.json', content: '{"product":"a"}' }]],
  ['a hook that is not there', 'hook_missing', [WITH_HOOK]],
  ['a hook that is a folder', 'hook_missing', [WITH_HOOK, { name: 'hooks/health', type: 'directory', mode: 0o755 }]],
  ['a hook that is a link', 'hook_missing', [WITH_HOOK, { name: 'x', mode: 0o755 }, link('hooks/health', '../x')]],
  ['a hook without the right to run', 'hook_not_executable', [WITH_HOOK, { name: 'hooks/health', mode: 0o644 }]],
  [
    'a hook without the right to run that the manifest does not name',
    'hook_not_executable',
    [MANIFEST, { name: 'hooks/pre-install', mode: 0o644 }],
  ],
];

export const HOSTILE: readonly HostilePackage[] = REFUSED.map(([what, code, entries]) => ({ what, code, entries }));

export interface DamagedArchive {
  readonly what: string;
  readonly code: PackageErrorCode;
  /** Makes it of a sound tar. */
  readonly spoil: (tarball: Buffer) => Buffer | Promise<Buffer>;
}

/** Archives that are no package at all, or are larger inside than they look. */
export const DAMAGED: readonly DamagedArchive[] = [
  { what: 'not compressed', code: 'damaged', spoil: (tarball) => tarball },
  { what: 'empty', code: 'damaged', spoil: () => Buffer.alloc(0) },
  { what: 'compressed twice', code: 'damaged', spoil: (tarball) => gzipSync(gzipSync(tarball)) },
  { what: 'a bomb inside a bomb', code: 'damaged', spoil: () => gzipSync(gzipSync(Buffer.alloc(32 * 1024 ** 2))) },
  { what: 'cut off while compressed', code: 'damaged', spoil: (tarball) => gzipSync(tarball).subarray(0, 120) },
  { what: 'cut off before it was compressed', code: 'damaged', spoil: (tarball) => gzipSync(tarball.subarray(0, 700)) },
  { what: 'followed by other bytes', code: 'damaged', spoil: (tarball) => followed(tarball, 'more') },
  { what: 'followed by a NUL and other bytes', code: 'damaged', spoil: (tarball) => followed(tarball, '\0more') },
  { what: 'spoilt by a flipped bit in a header', code: 'damaged', spoil: (tarball) => gzipSync(flipped(tarball, 3)) },
  { what: 'spoilt by a wrong checksum', code: 'damaged', spoil: (tarball) => flipped(gzipSync(tarball), -6) },
  {
    what: 'led by a folder that hides a size',
    code: 'special_file',
    spoil: (tarball) => gzipSync(typed(tarball, '5')),
  },
  { what: 'led by an old sparse file', code: 'special_file', spoil: (tarball) => gzipSync(typed(tarball, 'S')) },
  {
    what: 'led by a header that would fill the memory',
    code: 'damaged',
    spoil: (tarball) => gzipSync(endlessHeader(tarball)),
  },
  { what: 'made of a million tiny files', code: 'too_many_entries', spoil: () => tinyFiles(1_000_000) },
];

export function link(name: string, linkname: string): Entry {
  return { name, type: 'symlink', linkname };
}

function names(count: number, make: (name: string) => Entry): Entry[] {
  return Array.from({ length: count }, (_, index) => make(`file-${index}`));
}

/** A tar exactly as described: our builder would refuse most of these. */
export async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? '');
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
