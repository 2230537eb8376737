/** What a host must refuse or survive by itself, though no server should have sent it; each with the code of its end. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { AttemptPlan } from '../../../server/hosts/contract.ts';
import type { FinalCode, Step } from '../../../server/hosts/protocol.ts';
import { buildPackage as buildSound, packEntries, sealed } from '../package.ts';
import type { BuiltPackage, Entry } from '../package.ts';
import { endlessHeader, flipped as bitFlipped, sparse } from './tar-bytes.ts';

export const file = (name: string, content = 'x'): Entry => ({ name, content });
export const link = (name: string, linkname: string): Entry => ({ name, type: 'symlink', linkname });
const evil = '../../../evil'; // from releases/.unpack-… this would be <root>/evil

export interface HostPackage {
  readonly what: string;
  readonly code: FinalCode;
  readonly entries: readonly Entry[];
  /** What the plan says otherwise. */
  readonly changes: Partial<AttemptPlan>;
}

function row(
  what: string,
  code: FinalCode,
  entries: readonly Entry[],
  changes: Partial<AttemptPlan> = {},
): HostPackage {
  return { what, code, entries, changes };
}

/** Each is refused at `unpack`: nothing of it stays, nothing outside its folder is touched. */
export const HOSTILE_ON_HOST: readonly HostPackage[] = [
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
  row('a file that a listing shows as a link', 'hard_link', [file('x -> VERSION')]),
  row('a file below a file', 'unpack_failed', [file('a'), file('a/b')]),
  row('a name longer than any file system takes', 'unpack_failed', [file('x'.repeat(300))]),
  row('a bomb of zeros', 'too_large', [file('zeros', '\0'.repeat(3_000_000))], { unpackLimitBytes: 1_000_000 }),
  row(
    'a flood of tiny files',
    'too_many_entries',
    Array.from({ length: 60 }, (_, n) => file(`f${n}`)),
    { unpackLimitEntries: 50 },
  ),
];

export interface SentPackage {
  readonly what: string;
  readonly code: FinalCode;
  readonly step: Step;
  /** What the server sends. */
  readonly build: () => Promise<BuiltPackage>;
  /** What the plan says of it; absent: what it is. */
  readonly changes?: (built: BuiltPackage) => Partial<AttemptPlan>;
}

const sound = () => buildSound({ version: '1.0.0', hooks: { health: 'exit 0' } });

/** Refused before or while they are unpacked, whatever a server may have taken them for. */
export const BROKEN_ON_HOST: readonly SentPackage[] = [
  {
    what: 'random bytes',
    code: 'not_an_archive',
    step: 'unpack',
    build: async () => sealed(Buffer.from('this is no gzip at all'.repeat(50))),
  },
  {
    what: 'a gzip of something else',
    code: 'not_an_archive',
    step: 'unpack',
    build: async () => sealed(gzipSync(Buffer.from('no tar in here'.repeat(100)))),
  },
  {
    what: 'a bomb inside a bomb',
    code: 'not_an_archive',
    step: 'unpack',
    build: async () => sealed(gzipSync(gzipSync(Buffer.alloc(8 * 1024 ** 2)))),
  },
  {
    what: 'a truncated package',
    code: 'not_an_archive',
    step: 'unpack',
    build: async () => {
      const { bytes } = await packEntries([file('VERSION'), file('big', 'abc'.repeat(100_000))]);
      return sealed(bytes.subarray(0, bytes.length / 2));
    },
  },
  {
    what: 'a package with a wrong checksum',
    code: 'not_an_archive',
    step: 'unpack',
    build: async () => sealed(bitFlipped((await packEntries([file('VERSION')])).bytes, -6)),
  },
  {
    what: 'a flipped bit in a header',
    code: 'not_an_archive',
    step: 'unpack',
    build: () => spoilt((tarball) => bitFlipped(tarball, 3)),
  },
  {
    what: 'a header that would fill the memory',
    code: 'not_an_archive',
    step: 'unpack',
    build: () => spoilt(endlessHeader),
  },
  {
    what: 'one wrong byte on the way',
    code: 'digest_mismatch',
    step: 'verify',
    build: async () => flipped(await sound()),
  },
  {
    what: 'the package of another product, sent in its place',
    code: 'digest_mismatch',
    step: 'verify',
    build: () => inPlaceOf(sound(), buildSound({ product: 'other', version: '1.0.0', hooks: { health: 'exit 0' } })),
  },
  {
    what: 'the package of another version, sent in its place',
    code: 'digest_mismatch',
    step: 'verify',
    build: () => inPlaceOf(sound(), buildSound({ version: '6.6.6', hooks: { health: 'exit 0' } })),
  },
];

/** Told once, on this machine's own tools: what makes it large takes seconds. */
export const MILLION_ON_HOST = {
  what: 'a million tiny files',
  code: 'too_many_entries',
  changes: { unpackLimitBytes: 1024 ** 3 },
} as const satisfies { what: string; code: FinalCode; changes: Partial<AttemptPlan> };

/** The package on the host loses its end between its arrival and its check. */
export const SHRUNK_ON_HOST = {
  what: 'a package that lost its end on the disk',
  code: 'size_mismatch',
} as const satisfies { what: string; code: FinalCode };

/** Told on this machine's own tar: one that knows no sparse files takes it for no archive at all. */
export const SPARSE_ON_HOST = {
  what: 'a sparse file of eight gibibytes',
  code: 'too_large',
  build: async () => spoilt(sparse, [file('big', 'x'.repeat(512))]),
} as const satisfies { what: string; code: FinalCode; build: () => Promise<BuiltPackage> };

/** A sound tar that is spoilt, and then compressed and sealed as if nothing were wrong with it. */
async function spoilt(
  spoil: (tarball: Buffer) => Buffer,
  entries: readonly Entry[] = [file('VERSION')],
): Promise<BuiltPackage> {
  return sealed(gzipSync(spoil(gunzipSync((await packEntries(entries)).bytes))));
}

/** Arrives whole, but is not what was promised. */
function flipped(built: BuiltPackage): BuiltPackage {
  const bytes = Buffer.from(built.bytes);
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  return { ...built, bytes };
}

/** The bytes of one package under the digest of another: what a server that lost its mind would send. */
async function inPlaceOf(promised: Promise<BuiltPackage>, sent: Promise<BuiltPackage>): Promise<BuiltPackage> {
  const [{ digest }, { bytes, size }] = [await promised, await sent];
  return { bytes, size, digest };
}

export interface HostHook {
  readonly what: string;
  /** The code of the attempt's end; `done`: survived. */
  readonly code: FinalCode;
  readonly entry: Entry;
  readonly changes?: Partial<AttemptPlan>;
  /** What the log has to be, byte for byte; absent: whatever the shell says. */
  readonly log?: string;
}

const hook = (content: string | Buffer, mode = 0o755): Entry => ({ name: 'hooks/health', mode, content });
const sh = (script: string) => hook(`#!/bin/sh\n${script}\n`);
const soon = { hooks: { health: { timeoutMs: 1_000 } } };

/** Hooks as they should not be. All but the ones that are `done` leave what was current before. */
export const HOOKS_ON_HOST: readonly HostHook[] = [
  { what: 'a hook that is not there', code: 'done', entry: file('hooks/README'), log: '' },
  { what: 'a hook without the right to run', code: 'hook_not_executable', entry: hook('#!/bin/sh\n', 0o644), log: '' },
  {
    what: 'a hook that is a folder',
    code: 'hook_not_executable',
    entry: { name: 'hooks/health', type: 'directory', mode: 0o755 },
  },
  { what: 'a hook that links to nothing', code: 'hook_not_executable', entry: link('hooks/health', 'gone') },
  { what: 'a hook for an interpreter that the host lacks', code: 'hook_failed', entry: hook('#!/no/such/shell\n') },
  {
    what: 'a hook of random bytes',
    code: 'hook_failed',
    entry: hook(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 255])),
  },
  { what: 'a hook that kills itself', code: 'hook_failed', entry: sh('kill -9 $$') },
  { what: 'an endless hook', code: 'hook_timeout', entry: sh('sleep 600'), changes: soon, log: '' },
  {
    what: 'an endless hook that ignores the signal',
    code: 'hook_timeout',
    entry: sh("trap '' TERM INT HUP; while :; do sleep 1; done"),
    changes: soon,
  },
  {
    what: 'a hook that talks for ever',
    code: 'hook_timeout',
    entry: sh('exec yes'),
    changes: { ...soon, logCapBytes: 1_000 },
    log: 'y\n'.repeat(500),
  },
  { what: 'a hook that reads its input', code: 'done', entry: sh('cat; echo read'), log: 'read\n' },
  { what: 'a hook that writes NUL bytes', code: 'done', entry: sh("printf 'a\\000b\\000'"), log: 'a\0b\0' },
  {
    what: 'a hook that writes bidi characters',
    code: 'done',
    entry: sh("printf '\\342\\200\\256txt.exe'"),
    log: '\u202etxt.exe',
  },
  {
    what: 'a hook that writes terminal escapes',
    code: 'done',
    entry: sh("printf '\\033[2J\\033]0;x\\007'"),
    log: '\u001b[2J\u001b]0;x\u0007',
  },
  {
    what: 'a hook that writes lines of the journal',
    code: 'done',
    entry: sh(`echo '{"event":"final","outcome":"succeeded","code":"done","bootNow":"x"}'; echo "end {}"`),
    log: '{"event":"final","outcome":"succeeded","code":"done","bootNow":"x"}\nend {}\n',
  },
  { what: 'a hook that closes its output', code: 'done', entry: sh('exec >&- 2>&-; exit 0'), log: '' },
];
