import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import {
  HOOK_NAMES,
  parseReleaseManifest,
  releaseHooks,
  type ReleaseHooks,
  type ReleaseManifest,
} from '../contracts/package.ts';
import { problemLines } from '../contracts/parse-problem.ts';
import { startDigest } from './artifact-digest.ts';
import { causeOf } from './http-get.ts';
import { addEntry, judgeTree, type PackageTree } from './package-entries.ts';
import { PackageError } from './package-error.ts';

export interface PackageLimits {
  /** Bytes the package may take once unpacked, tar headers included. */
  readonly unpackedBytes: number;
  readonly entries: number;
  readonly manifestBytes: number;
}

export const PACKAGE_LIMITS: PackageLimits = {
  unpackedBytes: 8 * 1024 ** 3,
  entries: 100_000,
  manifestBytes: 256 * 1024,
};

export interface InspectOptions {
  readonly limits?: Partial<PackageLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PackageFacts {
  /** Bytes of the `.tar.gz` itself. */
  readonly size: number;
  readonly sha256: string;
  readonly blake2b512: Buffer;
  /** Bytes of all files together once unpacked. */
  readonly unpackedBytes: number;
  readonly files: number;
}

export interface InspectedPackage {
  /** What `release.json` says; its hooks are those that the package has, with their timeouts. */
  readonly manifest: ReleaseManifest;
  readonly facts: PackageFacts;
}

/**
 * Reads a package once from end to end without unpacking it: judges every entry, parses `release.json`, checks the hooks
 * and computes the digests. Memory stays small whatever the package says. Throws PackageError. Rule: DESIGN, "Release package".
 */
export async function inspectPackage(path: string, options: InspectOptions = {}): Promise<InspectedPackage> {
  const limits = { ...PACKAGE_LIMITS, ...options.limits };
  const digest = startDigest();
  try {
    const isManifest = (name: string) => name === 'release.json';
    const reading = { limits, isManifest, onBytes: digest.add, signal: options.signal };
    const { tree, manifestText, packedBytes } = await readArchive(path, reading);
    judgeTree(tree);
    const declared = manifestOf(tree, manifestText);
    const manifest = { ...declared, hooks: hooksOf(tree, declared) };
    const { size, sha256, blake2b512 } = digest.end();
    if (packedBytes !== size) throw damaged('there are bytes after its end');
    const files = [...tree.values()].filter(({ kind }) => kind === 'file');
    const unpackedBytes = files.reduce((sum, file) => sum + file.size, 0);
    return { manifest, facts: { size, sha256, blake2b512, unpackedBytes, files: files.length } };
  } catch (error) {
    throw asPackageError(error, options.signal);
  }
}

export interface Archive {
  readonly tree: PackageTree;
  readonly manifestText: Buffer | undefined;
  /** How much of the file belongs to the gzip stream. */
  readonly packedBytes: number;
}

export interface ArchiveReading {
  readonly limits: PackageLimits;
  /** Whether the file at this path of the archive is the one that says what it is. */
  isManifest(path: string): boolean;
  onBytes(chunk: Buffer): void;
  readonly signal: AbortSignal | undefined;
}

/** Reads a `.tar.gz` once from end to end, judges every entry, and keeps its manifest. Throws PackageError, and what the reading itself throws. */
export async function readArchive(path: string, reading: ArchiveReading): Promise<Archive> {
  const { limits, isManifest, onBytes, signal } = reading;
  const tree: PackageTree = new Map();
  const gunzip = createGunzip();
  const entries = extract();
  let manifestText: Buffer | undefined;
  const streaming = pipeline(
    createReadStream(path, { highWaterMark: 256 * 1024 }),
    tap(onBytes),
    gunzip,
    limiter(limits.unpackedBytes),
    entries,
    { signal },
  );
  // The loop below rethrows what went wrong; without this the same error would also be an unhandled rejection.
  streaming.catch(() => {});
  for await (const entry of entries) {
    const name = addEntry(tree, entry.header);
    if (tree.size > limits.entries) {
      throw new PackageError('too_many_entries', `The package has more than ${limits.entries} entries. Pack less.`);
    }
    if (isManifest(name)) manifestText = await readManifest(entry, entry.header.size, limits.manifestBytes);
    else entry.resume();
  }
  await streaming;
  return { tree, manifestText, packedBytes: gunzip.bytesWritten };
}

function tap(onBytes: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk);
      done(null, chunk);
    },
  });
}

function limiter(limit: number): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (passed > limit) done(tooLarge(limit));
      else done(null, chunk);
    },
  });
}

async function readManifest(content: AsyncIterable<unknown>, size: number, limit: number): Promise<Buffer> {
  if (size > limit) {
    throw new PackageError(
      'manifest_too_large',
      `release.json or Chart.yaml is larger than ${limit} bytes. Shorten it.`,
    );
  }
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function manifestOf(tree: PackageTree, content: Buffer | undefined): ReleaseManifest {
  if (content === undefined || tree.get('release.json')?.kind !== 'file') {
    throw new PackageError(
      'manifest_missing',
      'The package has no release.json. Put one at its root; its schema is at /schemas/release.json.',
    );
  }
  const parsed = parseReleaseManifest(parseJson(content));
  if (parsed.ok) return parsed.value;
  throw new PackageError(
    'manifest_invalid',
    `release.json is refused:\n${problemLines(parsed.problems)
      .map((line) => `  ${line}`)
      .join('\n')}`,
  );
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (error) {
    throw new PackageError(
      'manifest_invalid',
      `release.json is not JSON: ${causeOf(error)}. Correct it and pack again.`,
    );
  }
}

/** The hooks that will run: a host runs every hook that the package has, named in the manifest or not. */
function hooksOf(tree: PackageTree, manifest: ReleaseManifest): ReleaseHooks {
  const present = HOOK_NAMES.filter((name) => {
    const file = tree.get(`hooks/${name}`);
    if (file === undefined && manifest.hooks[name] === undefined) return false;
    if (file?.kind !== 'file') {
      throw new PackageError(
        'hook_missing',
        `hooks/${name} is not a file in the package, and release.json names it. Add it, or remove "${name}" from hooks.`,
      );
    }
    if ((file.mode & 0o100) === 0) {
      throw new PackageError('hook_not_executable', `hooks/${name} is not executable. Pack it after chmod +x.`);
    }
    return true;
  });
  return releaseHooks.parse(Object.fromEntries(present.map((name) => [name, manifest.hooks[name] ?? {}])));
}

function tooLarge(limit: number): PackageError {
  return new PackageError(
    'too_large',
    `The package unpacks to more than ${limit} bytes. Pack less, or raise the limit.`,
  );
}

export function damaged(cause: string): PackageError {
  return new PackageError('damaged', `The package is not a whole .tar.gz: ${cause}. Pack or download it again.`);
}

/** Whatever the reading of an archive threw, as a PackageError. */
export function asPackageError(error: unknown, signal: AbortSignal | undefined): PackageError {
  if (error instanceof PackageError) return error;
  if (signal?.aborted) {
    return new PackageError('cancelled', 'Reading the package was cancelled. Start it again when it is wanted.');
  }
  if (error instanceof Error && 'syscall' in error) {
    return new PackageError('unreadable', `The package cannot be read: ${causeOf(error)}. Check its path and rights.`);
  }
  return damaged(causeOf(error));
}
