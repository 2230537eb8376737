import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hookSpecs } from '../contracts/package.ts';
import { FeedError } from './feed-error.ts';
import type {
  FeedProblem,
  FeedReading,
  FeedRelease,
  FolderScan,
  ReadFeedOptions,
  ScannedFile,
} from './feed-reading.ts';
import { causeOf } from './http-get.ts';
import { PackageError } from './package-error.ts';
import { inspectPackage, type InspectedPackage, type PackageLimits } from './package-read.ts';

type FolderReading = Extract<FeedReading, { kind: 'read' }>;

interface ScannedPackage extends InspectedPackage {
  readonly file: string;
  readonly modifiedAt: number;
}

export function newFolderScan(): FolderScan {
  return new Map();
}

/**
 * Reads every `*.tar.gz` in a folder, with the `.minisig` beside it where there is one. Hidden files are passed over.
 * Oldest file first. Throws FeedError `unreachable` or `cancelled`.
 */
export async function readFolderFeed(
  path: string,
  options: ReadFeedOptions & { limits?: Partial<PackageLimits> | undefined },
): Promise<FolderReading> {
  const folder = resolve(path);
  const names = new Set(await list(folder));
  const scan = options.scan ?? newFolderScan();
  for (const file of scan.keys()) if (!names.has(file)) scan.delete(file);
  const problems: FeedProblem[] = [];
  const packages: ScannedPackage[] = [];
  for (const file of [...names].filter((name) => name.endsWith('.tar.gz') && !name.startsWith('.')).sort()) {
    const outcome = await scanFile(folder, file, scan, options);
    if ('code' in outcome) problems.push(outcome);
    else packages.push(outcome);
    refuseCancelled(folder, options.signal);
  }
  const judged = judge(packages, options.product);
  const releases = judged.good.map((found) => feedRelease(folder, found, names));
  return { kind: 'read', releases, problems: [...problems, ...judged.problems], etag: undefined };
}

function refuseCancelled(folder: string, signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new FeedError('cancelled', `The reading of the folder ${folder} was cancelled. Check the feed again.`);
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new FeedError(
      'unreachable',
      `The feed folder ${folder} cannot be read: ${causeOf(error)}. Check the path and its rights, then check the feed again.`,
      { cause: error },
    );
  }
}

async function scanFile(
  folder: string,
  file: string,
  scan: FolderScan,
  options: { signal?: AbortSignal | undefined; limits?: Partial<PackageLimits> | undefined },
): Promise<ScannedPackage | FeedProblem> {
  const path = join(folder, file);
  const before = await look(path);
  const known = scan.get(file);
  if (known !== undefined && known.stamp === before.stamp) return outcomeOf(file, known);
  const found = await inspectPackage(path, options).catch((error: unknown) => {
    if (error instanceof PackageError) return error;
    throw error;
  });
  if ((await look(path)).stamp !== before.stamp) {
    const message = `${file} is still being written. Wait until its copy is complete; better, copy under another name and rename.`;
    return { file, code: 'still_changing', message };
  }
  const scanned = { ...before, found };
  if (!(found instanceof PackageError && found.code === 'cancelled')) scan.set(file, scanned);
  return outcomeOf(file, scanned);
}

/** Inode and change time too: a file that was replaced by one of the same size and time is another file. */
async function look(path: string): Promise<{ stamp: string; modifiedAt: number }> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  if (found === null) return { stamp: 'gone', modifiedAt: 0 };
  const { ino, size, mtimeNs, ctimeNs, mtimeMs } = found;
  return { stamp: [ino, size, mtimeNs, ctimeNs].join('-'), modifiedAt: Number(mtimeMs) };
}

function outcomeOf(file: string, { found, modifiedAt }: ScannedFile): ScannedPackage | FeedProblem {
  if (!(found instanceof PackageError)) return { ...found, file, modifiedAt };
  return { file, code: found.code, message: `${file}: ${found.message}` };
}

/** One version means one digest: where two files disagree, neither is published until a person has said which is right. */
function judge(
  packages: readonly ScannedPackage[],
  product: string,
): { good: ScannedPackage[]; problems: FeedProblem[] } {
  const problems: FeedProblem[] = [];
  const own = packages.filter(({ file, manifest }) => {
    if (manifest.product === product) return true;
    const message = `${file} is of product "${manifest.product}", not "${product}". Move it to that product's folder.`;
    problems.push({ file, code: 'wrong_product', message });
    return false;
  });
  const byVersion = Map.groupBy(own, ({ manifest }) => manifest.version);
  const good = [...byVersion.values()].flatMap((same) => {
    const [first, ...others] = same;
    if (first === undefined || others.every(({ facts }) => facts.sha256 === first.facts.sha256)) return first ?? [];
    const files = same.map(({ file }) => file).join(', ');
    const message = `version ${first.manifest.version} is in several different packages: ${files}. Keep the right one.`;
    problems.push(...same.map(({ file }) => ({ file, code: 'duplicate_version', message }) as const));
    return [];
  });
  return { good: good.sort((a, b) => a.modifiedAt - b.modifiedAt || (a.file < b.file ? -1 : 1)), problems };
}

function feedRelease(
  folder: string,
  { file, facts, manifest, modifiedAt }: ScannedPackage,
  names: Set<string>,
): FeedRelease {
  return {
    version: manifest.version,
    artifact: pathToFileURL(join(folder, file)),
    size: facts.size,
    sha256: facts.sha256,
    signature: names.has(`${file}.minisig`) ? pathToFileURL(join(folder, `${file}.minisig`)) : undefined,
    notes: manifest.notes,
    labels: manifest.labels,
    required: manifest.required,
    minimumVersion: manifest.minimumVersion,
    hooks: hookSpecs(manifest.hooks),
    publishedAt: modifiedAt,
  };
}
