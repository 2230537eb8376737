import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { AttemptPlan } from '../../server/hosts/contract.ts';
import { localDriver } from '../../server/hosts/drivers/local.ts';
import { install, planOf, releasesOn } from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { buildPackage, packEntries, sealed } from '../support/package.ts';
import type { BuiltPackage, Entry } from '../support/package.ts';
import { toolSets } from '../support/shells.ts';

const file = (name: string, content = 'x'): Entry => ({ name, content });
const link = (name: string, linkname: string): Entry => ({ name, type: 'symlink', linkname });
const evil = '../../../evil'; // from releases/.unpack-… this would be <root>/evil

type Row = readonly [what: string, code: string, entries: readonly Entry[], changes: Partial<AttemptPlan>];

function row(what: string, code: string, entries: readonly Entry[], changes: Partial<AttemptPlan> = {}): Row {
  return [what, code, entries, changes];
}

const HOSTILE: readonly Row[] = [
  row('an absolute path', 'unsafe_path', [file('/tmp/signalbox-evil')]),
  row('a path that begins with ..', 'unsafe_path', [file(evil)]),
  row('a path with .. in its middle', 'unsafe_path', [file(`lib/${evil}`)]),
  row('a path that ends with ..', 'unsafe_path', [{ name: 'lib/..', type: 'directory' }]),
  row('a link to an absolute path', 'unsafe_link', [link('passwd', '/etc/passwd')]),
  row('a link that climbs out', 'unsafe_link', [link('lib/out', '../../x')]),
  row('a file written through a link', 'unsafe_link', [link('out', '/tmp'), file('out/signalbox-evil')]),
  row('a link with a hostile name', 'unsafe_path', [link('../out', 'x')]),
  row('links that only together lead out', 'unsafe_link', [link('a/b/up', '../..'), link('out', 'a/b/up/..')]),
  row('a file written through such links', 'unpack_failed', [
    link('a/b/up', '../..'),
    link('out', 'a/b/up/..'),
    file('out/evil'),
  ]),
  row('a hard link', 'hard_link', [file('one'), { name: 'two', type: 'link', linkname: 'one' }]),
  row('a hard link to the outside', 'hard_link', [{ name: 'two', type: 'link', linkname: '/etc/passwd' }]),
  row('a character device', 'special_file', [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }]),
  row('a block device', 'special_file', [{ name: 'disk', type: 'block-device', devmajor: 8, devminor: 0 }]),
  row('a named pipe', 'special_file', [{ name: 'pipe', type: 'fifo' }]),
  row('a bomb of zeros', 'too_large', [file('zeros', '\0'.repeat(3_000_000))], { unpackLimitBytes: 1_000_000 }),
  row(
    'a flood of tiny files',
    'too_many_entries',
    Array.from({ length: 60 }, (_, n) => file(`f${n}`)),
    { unpackLimitEntries: 50 },
  ),
];

const BROKEN: readonly (readonly [string, string, () => Promise<BuiltPackage>])[] = [
  ['random bytes', 'not_an_archive', async () => sealed(Buffer.from('this is no gzip at all'.repeat(50)))],
  [
    'a gzip of something else',
    'not_an_archive',
    async () => sealed(gzipSync(Buffer.from('no tar in here'.repeat(100)))),
  ],
  [
    'a truncated package',
    'not_an_archive',
    async () => {
      const { bytes } = await packEntries([file('VERSION'), file('big', 'abc'.repeat(100_000))]);
      return sealed(bytes.subarray(0, bytes.length / 2));
    },
  ],
];

describe.each(toolSets())('hostile packages on a host with $name', ({ env }) => {
  async function run(built: BuiltPackage, changes: Partial<AttemptPlan> = {}) {
    const root = await hostRoot();
    const session = await localDriver({ env }).open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
    const { final } = await install(session, planOf(root, '1.0.0', built, changes), built);
    return { root, final };
  }

  test.each(HOSTILE)('%s is refused as %s and leaves nothing behind', async (_what, code, entries, changes) => {
    const { root, final } = await run(await packEntries([file('VERSION', '1.0.0\n'), ...entries]), changes);
    expect(final).toMatchObject({ outcome: 'failed', step: 'unpack', code, current: null });
    nothingLeft(root);
  });

  test.each(BROKEN)('%s: refused as %s', async (_what, code, build) => {
    const { root, final } = await run(await build());
    expect(final).toMatchObject({ outcome: 'failed', step: 'unpack', code });
    nothingLeft(root);
  });

  test('links inside the folder, odd names and set-uid bits are survived', async () => {
    const built = await buildPackage({
      version: '1.0.0',
      hooks: { health: 'cat bin/app "with space/-rf"' },
      extra: [
        { name: 'lib/app', mode: 0o4755, content: 'app\n' },
        link('bin/app', '../lib/app'),
        link('latest', 'lib'),
        file('with space/-rf', 'dash\n'),
        file('.signalbox', 'a lie'),
      ],
    });
    const { root, final } = await run(built);
    expect(final).toMatchObject({ outcome: 'succeeded', current: { version: '1.0.0', digest: built.digest } });
    expect(statSync(join(root, 'shop', 'current', 'lib', 'app')).mode & 0o7777).toBe(0o555);
  });
});

function nothingLeft(root: string): void {
  expect(readdirSync(root)).toEqual(['shop']);
  expect(releasesOn(root)).toEqual([]);
  expect(existsSync('/tmp/signalbox-evil')).toBe(false);
  const journal = join(root, 'shop', 'journal');
  const [attempt = ''] = readdirSync(journal);
  expect(readdirSync(join(journal, attempt)).filter((name) => /artifact|incoming|listing/.test(name))).toEqual([]);
}
