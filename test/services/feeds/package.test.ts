import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack, type Header } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { buildPackage } from '../../../server/feeds/package-build.ts';
import type { PackageErrorCode } from '../../../server/feeds/package-error.ts';
import { inspectPackage, type PackageLimits } from '../../../server/feeds/package-read.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Entry = Partial<Header> & { name: string; content?: string | Buffer };

const MANIFEST: Entry = { name: 'release.json', content: JSON.stringify({ product: 'gateway', version: '1.0.0' }) };
const WITH_HOOK: Entry = {
  name: 'release.json',
  content: JSON.stringify({ product: 'gateway', version: '1.0.0', hooks: { health: {} } }),
};
const SMALL: Partial<PackageLimits> = { unpackedBytes: 64 * 1024, entries: 20, manifestBytes: 2_000 };

/** Each is a package that a host must never get, with the code that says why. */
const HOSTILE: [string, PackageErrorCode, Entry[]][] = [
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

describe('inspecting a package', () => {
  test.each(HOSTILE)('refuses %s: %s', async (_what, code, entries) => {
    const path = join(await temporaryFolder(), 'hostile.tar.gz');
    await writeFile(path, gzipSync(await tar(entries)));
    await expect(inspectPackage(path, { limits: SMALL })).rejects.toMatchObject({ name: 'PackageError', code });
  });

  test.each<[string, (tarball: Buffer) => Buffer]>([
    ['not compressed', (tarball) => tarball],
    ['cut off while compressed', (tarball) => gzipSync(tarball).subarray(0, 120)],
    ['cut off before it was compressed', (tarball) => gzipSync(tarball.subarray(0, 700))],
    ['followed by other bytes', (tarball) => Buffer.concat([gzipSync(tarball), Buffer.from('more')])],
    ['followed by a NUL and other bytes', (tarball) => Buffer.concat([gzipSync(tarball), Buffer.from('\0more')])],
    ['with a flipped bit in a header', (tarball) => gzipSync(flipped(tarball, 3))],
    ['with a wrong checksum', (tarball) => flipped(gzipSync(tarball), -6)],
    ['with a folder that hides a size', (tarball) => gzipSync(asFolder(tarball))],
  ])('refuses an archive that is %s', async (_what, spoil) => {
    const path = join(await temporaryFolder(), 'damaged.tar.gz');
    await writeFile(path, spoil(await tar([MANIFEST])));
    const code = _what.includes('folder') ? 'special_file' : 'damaged';
    await expect(inspectPackage(path)).rejects.toMatchObject({ name: 'PackageError', code });
  });

  test('stops a bomb at the limit instead of unpacking it', async () => {
    const path = join(await temporaryFolder(), 'bomb.tar.gz');
    await writeFile(path, gzipSync(Buffer.alloc(200 * 1024 * 1024)));
    const limits = { unpackedBytes: 1024 * 1024 };
    await expect(inspectPackage(path, { limits })).rejects.toMatchObject({ code: 'too_large' });
  });

  test('tells a file that cannot be read from one that is damaged', async () => {
    const folder = await temporaryFolder();
    await expect(inspectPackage(join(folder, 'absent.tar.gz'))).rejects.toMatchObject({ code: 'unreadable' });
    await expect(inspectPackage(folder)).rejects.toMatchObject({ code: 'unreadable' });
  });

  test('stops when it is told to', async () => {
    const path = join(await temporaryFolder(), 'a.tar.gz');
    await writeFile(path, gzipSync(await tar([MANIFEST])));
    const inspected = inspectPackage(path, { signal: AbortSignal.abort() });
    await expect(inspected).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('accepts links inside the package, also through folders and other links', async () => {
    const path = join(await temporaryFolder(), 'links.tar.gz');
    const links = [
      link('bin/current', '../versions/one/'),
      link('tool', 'bin/current/../one/tool'),
      link('dangling', 'no'),
    ];
    await writeFile(
      path,
      gzipSync(await tar([MANIFEST, { name: './', type: 'directory' }, { name: 'versions/one/tool' }, ...links])),
    );
    const { facts } = await inspectPackage(path);
    expect(facts.files).toBe(2);
  });

  test('accepts the example package, with its three hooks', async () => {
    const out = join(await temporaryFolder(), 'edge-agent.tar.gz');
    const { manifest } = await buildPackage(join(import.meta.dirname, '../../../examples/packages/edge-agent'), out);
    expect(Object.keys(manifest.hooks).toSorted()).toEqual(['health', 'post-install', 'pre-install']);
  });

  test('finds the hooks that will run, whether the manifest names them or not', async () => {
    const path = join(await temporaryFolder(), 'hooks.tar.gz');
    const hooks = [
      { name: 'hooks/health', mode: 0o755 },
      { name: 'hooks/pre-install', mode: 0o700 },
    ];
    await writeFile(path, gzipSync(await tar([WITH_HOOK, ...hooks])));
    const { manifest } = await inspectPackage(path);
    expect(manifest.hooks).toEqual({ health: { timeoutSeconds: 60 }, 'pre-install': { timeoutSeconds: 300 } });
  });

  test('never shows a hostile name as it is', async () => {
    const path = join(await temporaryFolder(), 'escape.tar.gz');
    await writeFile(path, gzipSync(await tar([MANIFEST, { name: 'a\u001b[31m\n\u007f' }])));
    const message = await inspectPackage(path).catch((error: unknown) => (error as Error).message);
    expect(message).toContain(String.raw`a\u001b[31m\n\u007f`);
    expect(message).not.toMatch(/[\u0000-\u001f\u007f]/);
  });
});

describe('building a package', () => {
  const segment = fc.stringMatching(/^[a-z0-9 äß🚂_-]{1,12}$/u);
  const files = fc.dictionary(
    fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `data/${parts.join('/')}.bin`),
    fc.uint8Array({ maxLength: 3_000 }),
    { maxKeys: 12 },
  );

  test('what was built inspects as what was described, and is the same bytes when built again', async () => {
    const folder = await temporaryFolder();
    await fc.assert(
      fc.asyncProperty(files, fc.string({ maxLength: 200 }), fc.boolean(), async (described, notes, required) => {
        fc.pre(!notes.includes('\u0000') && notes.isWellFormed());
        const manifest = {
          product: 'gateway',
          version: '4.2.1',
          notes,
          required,
          hooks: { health: { timeoutSeconds: 7 } },
        };
        const source = { manifest, files: { 'hooks/health': '#!/bin/sh\nexit 0\n', ...described } };
        const built = await buildPackage(source, join(folder, 'one.tar.gz'));
        expect(built.manifest).toMatchObject(manifest);
        expect(built.facts.files).toBe(Object.keys(described).length + 2);
        const bytes = await readFile(join(folder, 'one.tar.gz'));
        expect(built.facts.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
        expect(built.facts.size).toBe(bytes.length);
        expect(await inspectPackage(join(folder, 'one.tar.gz'))).toEqual({
          manifest: built.manifest,
          facts: built.facts,
        });
        const reversed = Object.fromEntries(Object.entries(source.files).reverse());
        const again = await buildPackage({ manifest, files: reversed }, join(folder, 'two.tar.gz'));
        expect(again.facts.sha256).toBe(built.facts.sha256);
      }),
      { numRuns: 30 },
    );
  });

  test('a folder gives the same bytes whatever its times and rights, and as its description', async () => {
    const folder = await temporaryFolder();
    const source = join(folder, 'source');
    await mkdir(join(source, 'hooks'), { recursive: true });
    const manifest = { product: 'gateway', version: '1.0.0' };
    await writeFile(join(source, 'release.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await writeFile(join(source, 'hooks/health'), '#!/bin/sh\n', { mode: 0o700 });
    const first = await buildPackage(source, join(folder, 'first.tar.gz'));
    await utimes(join(source, 'release.json'), 1, 1);
    await chmod(join(source, 'release.json'), 0o600);
    const second = await buildPackage(source, join(folder, 'second.tar.gz'));
    const described = await buildPackage(
      { manifest, files: { 'hooks/health': '#!/bin/sh\n' } },
      join(folder, 'third.tar.gz'),
    );
    expect(second.facts.sha256).toBe(first.facts.sha256);
    const [system] = (await readFile(first.path)).subarray(9, 10);
    expect(system, 'the gzip header names no operating system').toBe(255);
    expect(described.facts.sha256).toBe(first.facts.sha256);
  });

  test('a package that would be refused is not written, and nothing is left behind', async () => {
    const folder = await temporaryFolder();
    const out = join(folder, 'out.tar.gz');
    await writeFile(out, 'before');
    const manifest = { product: 'gateway', version: '1.0.0', hooks: { health: {} } };
    await expect(buildPackage({ manifest }, out)).rejects.toMatchObject({ code: 'hook_missing' });
    expect(await readFile(out, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(['out.tar.gz']);
  });

  test('a folder with a link that leaves it is refused, and so is writing into the folder itself', async () => {
    const folder = await temporaryFolder();
    const source = join(folder, 'source');
    await mkdir(source);
    await writeFile(join(source, 'release.json'), '{"product":"gateway","version":"1.0.0"}');
    await expect(buildPackage(source, join(source, 'out.tar.gz'))).rejects.toMatchObject({ code: 'output_in_source' });
    await symlink('/etc/passwd', join(source, 'passwd'));
    await expect(buildPackage(source, join(folder, 'out.tar.gz'))).rejects.toMatchObject({ code: 'link_escapes' });
    await expect(buildPackage(join(folder, 'no'), join(folder, 'x'))).rejects.toMatchObject({ code: 'unreadable' });
  });
});

function link(name: string, linkname: string): Entry {
  return { name, type: 'symlink', linkname };
}

function names(count: number, make: (name: string) => Entry): Entry[] {
  return Array.from({ length: count }, (_, index) => make(`file-${index}`));
}

/** A tar exactly as described: our builder would refuse most of these. */
async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? '');
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const index = at < 0 ? bytes.length + at : at;
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(index) ^ 1, index);
  return copy;
}

/** Makes the first entry a folder that keeps its size, and mends the header's checksum. */
function asFolder(tarball: Buffer): Buffer {
  const copy = Buffer.from(tarball);
  copy.write('5', 156, 'latin1');
  copy.write('        ', 148, 'latin1');
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}
