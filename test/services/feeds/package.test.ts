import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildPackage } from '../../../server/feeds/package-build.ts';
import { inspectPackage } from '../../../server/feeds/package-read.ts';
import { DAMAGED, HOSTILE, link, MANIFEST, SMALL, tar, WITH_HOOK } from '../../support/hostile/server-packages.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('inspecting a package', () => {
  test.each(HOSTILE)('refuses $what: $code', async ({ code, entries }) => {
    const path = join(await temporaryFolder(), 'hostile.tar.gz');
    await writeFile(path, gzipSync(await tar(entries)));
    await expect(inspectPackage(path, { limits: SMALL })).rejects.toMatchObject({ name: 'PackageError', code });
  });

  test.each(DAMAGED)('refuses an archive that is $what: $code', async ({ code, spoil }) => {
    const path = join(await temporaryFolder(), 'damaged.tar.gz');
    await writeFile(path, await spoil(await tar([MANIFEST])));
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
