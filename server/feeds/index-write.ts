import { join } from 'node:path';
import { basename } from 'node:path/posix';
import { parseFeedIndex, type FeedIndexInput } from '../contracts/feed.ts';
import { problemLines } from '../contracts/parse-problem.ts';
import { writeDurably } from './durable-file.ts';
import { FeedError } from './feed-error.ts';
import type { FeedProblem, FeedRelease, FolderScan } from './feed-reading.ts';
import { readFolderFeed } from './folder-feed.ts';
import type { MinisignSecretKey } from './minisign.ts';
import { signPackage } from './package-sign.ts';

export interface WrittenIndex {
  /** The path of the `index.json`. */
  readonly path: string;
  readonly releases: number;
  /** Packages that are not in the index, and why. */
  readonly problems: readonly FeedProblem[];
}

/**
 * Writes `index.json` for a folder of packages, so that any static web server is a feed of `product`. The index names the
 * packages relative to itself and is replaced in one step. With `sign`, packages without a `.minisig` get one first.
 * Throws FeedError.
 */
export async function writeFeedIndex(
  folder: string,
  product: string,
  options: { sign?: { key: MinisignSecretKey; now: number } | undefined; scan?: FolderScan | undefined } = {},
): Promise<WrittenIndex> {
  const reading = await readFolderFeed(folder, { product, scan: options.scan });
  const releases: FeedIndexInput['releases'] = [];
  for (const release of reading.releases) releases.push(await indexRelease(release, folder, options.sign));
  const index: FeedIndexInput = { schema: 1, product, releases };
  const parsed = parseFeedIndex(index);
  if (!parsed.ok) {
    throw new FeedError(
      'malformed',
      `The index of ${folder} would not be valid: ${problemLines(parsed.problems).join('; ')}`,
    );
  }
  const path = join(folder, 'index.json');
  await writeDurably(path, `${JSON.stringify(index, null, 2)}\n`);
  return { path, releases: releases.length, problems: reading.problems };
}

async function indexRelease(
  release: FeedRelease,
  folder: string,
  sign: { key: MinisignSecretKey; now: number } | undefined,
): Promise<FeedIndexInput['releases'][number]> {
  const file = decodeURIComponent(basename(release.artifact.pathname));
  const signed = release.signature !== undefined || sign !== undefined;
  if (release.signature === undefined && sign) await signPackage(join(folder, file), sign.key, sign.now);
  const hooks = Object.entries(release.hooks ?? {}).map(
    ([name, { timeoutMs }]) => [name, { timeoutSeconds: timeoutMs / 1_000 }] as const,
  );
  return {
    version: release.version,
    artifact: encodeURIComponent(file),
    size: release.size,
    sha256: release.sha256,
    signature: signed ? encodeURIComponent(`${file}.minisig`) : undefined,
    notes: release.notes,
    labels: release.labels,
    required: release.required,
    minimumVersion: release.minimumVersion,
    hooks: Object.fromEntries(hooks),
    publishedAt: release.publishedAt === undefined ? undefined : new Date(release.publishedAt).toISOString(),
  };
}
