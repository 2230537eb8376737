import { randomBytes } from 'node:crypto';
import { cp, mkdir, open, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { redirectTarget } from '../../../server/feeds/http-get.ts';
import { writeFeedIndex } from '../../../server/feeds/index-write.ts';
import { generateKeyPair, parseSecretKey } from '../../../server/feeds/minisign.ts';
import { buildPackage } from '../../../server/feeds/package-build.ts';
import { newFolderScan, readFeed, type FeedReading, type ReadFeedOptions } from '../../../server/feeds/source.ts';
import { downloadArtifact } from '../../../server/feeds/download.ts';
import { startFaultyFeed, type Fault } from '../../support/faulty-feed.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const NOW = Date.UTC(2026, 4, 4, 12);
const PRODUCT = { product: 'gateway' };
const SHA = 'ab'.repeat(32);

/** A folder with packages, each a minute younger than the one before. */
async function folderWith(...versions: string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const [index, version] of versions.entries()) {
    const manifest = { ...PRODUCT, version, notes: `notes of ${version}`, labels: { ring: 'early' } };
    const path = join(folder, `gateway-${version}.tar.gz`);
    await buildPackage({ manifest, files: { 'hooks/health': '#!/bin/sh\n' } }, path);
    const at = NOW / 1_000 + index * 60;
    await utimes(path, at, at);
  }
  return folder;
}

async function feedOf(folder: string) {
  const feed = await startFaultyFeed(folder);
  onTestFinished(feed.close);
  return { feed, source: { kind: 'http', url: `${feed.url}index.json` } as const };
}

async function read(source: Parameters<typeof readFeed>[0], options: Partial<ReadFeedOptions> = {}) {
  const reading = await readFeed(source, { ...PRODUCT, ...options });
  if (reading.kind !== 'read') throw new Error('the feed was to be read');
  return reading;
}

const versions = (reading: Extract<FeedReading, { kind: 'read' }>) => reading.releases.map(({ version }) => version);
const folderSource = (path: string) => ({ kind: 'folder', path }) as const;

describe('an HTTP feed', () => {
  test('that was written from a folder says what the folder says, with addresses that lead to the packages', async () => {
    const folder = await folderWith('1.0.0', '1.1.0+build.5');
    await writeFeedIndex(folder, 'gateway');
    const { feed, source } = await feedOf(folder);
    const [overHttp, fromFolder] = [await read(source), await read(folderSource(folder))];
    const without = ({ releases }: typeof overHttp) => releases.map((release) => ({ ...release, artifact: '' }));
    expect(without(overHttp)).toEqual(without(fromFolder));
    const newest = overHttp.releases[1];
    expect(newest).toMatchObject({
      version: '1.1.0+build.5',
      notes: 'notes of 1.1.0+build.5',
      labels: { ring: 'early' },
      required: false,
      hooks: { health: { timeoutMs: 60_000 } },
      publishedAt: NOW + 60_000,
    });
    expect(newest?.artifact.href).toBe(`${feed.url}gateway-1.1.0%2Bbuild.5.tar.gz`);
    const { size, sha256 } = newest!;
    const path = join(await temporaryFolder(), 'a.tar.gz');
    await expect(downloadArtifact({ url: newest!.artifact, path, size, sha256 })).resolves.toMatchObject({ sha256 });
  });

  test('that has not changed is not sent again', async () => {
    const folder = await folderWith('1.0.0');
    await writeFeedIndex(folder, 'gateway');
    const { feed, source } = await feedOf(folder);
    const { etag } = await read(source);
    expect(await readFeed(source, { ...PRODUCT, etag })).toEqual({ kind: 'unchanged', etag });
    await buildPackage({ manifest: { ...PRODUCT, version: '1.1.0' } }, join(folder, 'b.tar.gz'));
    await writeFeedIndex(folder, 'gateway');
    expect(versions(await read(source, { etag }))).toContain('1.1.0');
    expect(feed.seen.map(({ status }) => status)).toEqual([200, 304, 200]);
  });

  test('is asked once more when the server has meanwhile closed the kept connection', async () => {
    const folder = await folderWith('1.0.0');
    await writeFeedIndex(folder, 'gateway');
    const { feed, source } = await feedOf(folder);
    await read(source);
    feed.break('index.json', { kind: 'hang_up' });
    expect(versions(await read(source))).toEqual(['1.0.0']);
    expect(feed.seen).toHaveLength(3);
    feed.break('index.json', { kind: 'hang_up' }, { kind: 'hang_up' });
    await expect(readFeed(source, PRODUCT)).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('resolves addresses against where the index was found in the end', async () => {
    const folder = await folderWith('1.0.0');
    await writeFeedIndex(folder, 'gateway');
    const { feed } = await feedOf(folder);
    const { feed: old } = await feedOf(await temporaryFolder());
    old.break('index.json', { kind: 'redirect', to: `${feed.url}index.json` });
    const reading = await read({ kind: 'http', url: `${old.url}index.json` });
    expect(reading.releases[0]?.artifact.href).toBe(`${feed.url}gateway-1.0.0.tar.gz`);
  });

  test.each<[string, string, Fault]>([
    ['cut off in the middle', 'unreachable', { kind: 'truncate', afterBytes: 40 }],
    ['that ends in the middle', 'malformed', { kind: 'end_early', afterBytes: 40 }],
    ['that is a page of HTML', 'malformed', { kind: 'body', content: '<html></html>' }],
    ['that is empty', 'malformed', { kind: 'body', content: '' }],
    ['that does not fit the schema', 'malformed', { kind: 'body', content: '{"schema":1,"product":"gateway"}' }],
    ['with an artifact outside the web', 'malformed', { kind: 'body', content: indexWith('file:///etc/shadow') }],
    ['of another product', 'wrong_product', { kind: 'body', content: '{"schema":1,"product":"other","releases":[]}' }],
    ['that is not there', 'bad_status', { kind: 'status', status: 404 }],
    ['on a server out of order', 'bad_status', { kind: 'status', status: 503 }],
    ['that is unchanged though nobody asked', 'bad_status', { kind: 'status', status: 304 }],
  ])('%s: %s', async (_what, code, fault) => {
    const folder = await folderWith('1.0.0');
    await writeFeedIndex(folder, 'gateway');
    const { feed, source } = await feedOf(folder);
    feed.break('index.json', fault);
    await expect(readFeed(source, PRODUCT)).rejects.toMatchObject({ name: 'FeedError', code });
    expect(versions(await read(source))).toEqual(['1.0.0']);
  });

  test('with several mistakes has them all named at once', async () => {
    const { feed, source } = await feedOf(await temporaryFolder());
    const releases = [{ version: '/', artifact: 'a', size: 0, sha256: SHA }];
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'index.json'), JSON.stringify({ schema: 1, product: 'gateway', releases }));
    const { source: wrong } = await feedOf(folder);
    await expect(readFeed(wrong, PRODUCT)).rejects.toMatchObject({
      message: expect.stringMatching(/releases\[0\]\.version: .*\n.*releases\[0\]\.size: /),
    });
    await feed.close();
    await expect(readFeed(source, PRODUCT)).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('that is larger than the limit is not read to its end', async () => {
    const folder = await folderWith('1.0.0');
    await writeFeedIndex(folder, 'gateway');
    const { source } = await feedOf(folder);
    await expect(readFeed(source, { ...PRODUCT, indexLimitBytes: 100 })).rejects.toMatchObject({ code: 'too_large' });
  });

  test('that falls silent ends with the timeout, or with the one who cancels', async () => {
    const folder = await folderWith('1.0.0');
    await writeFeedIndex(folder, 'gateway');
    const { feed, source } = await feedOf(folder);
    const silence: Fault = { kind: 'stall', afterBytes: 10 };
    feed.break('index.json', silence, silence);
    await expect(readFeed(source, { ...PRODUCT, timeoutMs: 200 })).rejects.toMatchObject({ code: 'timeout' });
    const signal = AbortSignal.abort();
    await expect(readFeed(source, { ...PRODUCT, signal })).rejects.toMatchObject({ code: 'cancelled' });
  });

  test.each(['ftp://feed.example/', 'gateway', ''])('at %j is refused', async (url) => {
    await expect(readFeed({ kind: 'http', url }, PRODUCT)).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('a redirect', () => {
  test.each([
    ['http://a/x/index.json', 'b.json', 'http://a/x/b.json'],
    ['http://a/x', 'https://b/y', 'https://b/y'],
    ['https://a/x', '//b/y', 'https://b/y'],
  ])('from %s to %s is followed', (from, location, to) => {
    expect(redirectTarget(new URL(from), location).href).toBe(to);
  });

  test.each([
    ['https://a/x', 'http://a/x'],
    ['https://a/x', 'http://user:secret@a/x?token=secret'],
    ['http://a/x', 'file:///etc/passwd'],
    ['http://a/x', 'http://'],
  ])('from %s to %s is not, and no secret is told', (from, location) => {
    expect(() => redirectTarget(new URL(from), location)).toThrow(/^it redirects to (?!.*secret).*not followed$/);
  });
});

describe('a folder feed', () => {
  test('has a release for every package, oldest file first, with the signature beside it', async () => {
    const folder = await folderWith('1.10.0', '1.9.0');
    await writeFile(join(folder, 'gateway-1.9.0.tar.gz.minisig'), 'signature');
    await writeFile(join(folder, '.gateway-2.0.0.tar.gz'), 'hidden');
    await writeFile(join(folder, 'README.md'), 'no package');
    const { releases, problems } = await read(folderSource(folder));
    expect(problems).toEqual([]);
    expect(releases.map(({ version, signature, publishedAt }) => [version, signature?.href, publishedAt])).toEqual([
      ['1.10.0', undefined, NOW],
      ['1.9.0', pathToFileURL(join(folder, 'gateway-1.9.0.tar.gz.minisig')).href, NOW + 60_000],
    ]);
  });

  test('tells what is wrong with a bad package beside the good ones', async () => {
    const folder = await folderWith('1.0.0');
    await writeFile(
      join(folder, 'torn.tar.gz'),
      (await readFile(join(folder, 'gateway-1.0.0.tar.gz'))).subarray(0, 99),
    );
    await buildPackage({ manifest: { product: 'other', version: '1.0.0' } }, join(folder, 'other.tar.gz'));
    await mkdir(join(folder, 'folder.tar.gz'));
    const reading = await read(folderSource(folder));
    expect(versions(reading)).toEqual(['1.0.0']);
    expect(reading.problems.map(({ file, code }) => [file, code])).toEqual([
      ['folder.tar.gz', 'unreadable'],
      ['torn.tar.gz', 'damaged'],
      ['other.tar.gz', 'wrong_product'],
    ]);
    expect(reading.problems.every(({ file, message }) => message.includes(file))).toBe(true);
  });

  test('publishes neither of two different packages with one version, and one of two equal ones', async () => {
    const folder = await folderWith('1.0.0', '1.1.0');
    await cp(join(folder, 'gateway-1.0.0.tar.gz'), join(folder, 'copy.tar.gz'));
    await buildPackage({ manifest: { ...PRODUCT, version: '1.1.0' } }, join(folder, 'changed.tar.gz'));
    const reading = await read(folderSource(folder));
    expect(versions(reading)).toEqual(['1.0.0']);
    expect(reading.problems.map(({ file, code }) => [file, code])).toEqual([
      ['changed.tar.gz', 'duplicate_version'],
      ['gateway-1.1.0.tar.gz', 'duplicate_version'],
    ]);
  });

  test('reads a package again only when its file has changed', async () => {
    const folder = await folderWith('1.0.0', '1.1.0');
    const scan = newFolderScan();
    const first = await read(folderSource(folder), { scan });
    const remembered = scan.get('gateway-1.0.0.tar.gz');
    expect(await read(folderSource(folder), { scan })).toEqual(first);
    expect(scan.get('gateway-1.0.0.tar.gz')).toBe(remembered);
    await rm(join(folder, 'gateway-1.1.0.tar.gz'));
    const path = join(folder, 'gateway-1.0.0.tar.gz');
    await buildPackage({ manifest: { ...PRODUCT, version: '1.0.1' } }, join(folder, 'new'));
    await utimes(join(folder, 'new'), NOW / 1_000, NOW / 1_000);
    await rename(join(folder, 'new'), path);
    expect(versions(await read(folderSource(folder), { scan }))).toEqual(['1.0.1']);
    expect([...scan.keys()]).toEqual(['gateway-1.0.0.tar.gz']);
  });

  test('leaves a package alone that is still being written, until it is complete', async () => {
    const folder = await folderWith('1.0.0');
    const path = join(folder, 'gateway-1.1.0.tar.gz');
    const manifest = { ...PRODUCT, version: '1.1.0' };
    await buildPackage({ manifest, files: { data: randomBytes(8_000_000) } }, path);
    const file = await open(path, 'r+');
    onTestFinished(() => file.close());
    const first = (await readFile(path)).subarray(0, 1);
    const scan = newFolderScan();
    let reading: Awaited<ReturnType<typeof read>> | undefined;
    const done = read(folderSource(folder), { scan }).then((answer) => (reading = answer));
    while (reading === undefined) await file.write(first, 0, 1, 0);
    await done;
    expect(versions(reading)).toEqual(['1.0.0']);
    expect(reading.problems.map(({ code }) => code)).toEqual(['still_changing']);
    expect(versions(await read(folderSource(folder), { scan }))).toEqual(['1.0.0', '1.1.0']);
  });

  test('that does not exist is unreachable; a cancelled reading says so', async () => {
    const folder = await folderWith('1.0.0');
    const absent = readFeed(folderSource(join(folder, 'no')), PRODUCT);
    await expect(absent).rejects.toMatchObject({ name: 'FeedError', code: 'unreachable' });
    const cancelled = readFeed(folderSource(folder), { ...PRODUCT, signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('writing an index', () => {
  test('signs what is not signed yet, so that clients who demand signatures are content', async () => {
    const folder = await folderWith('1.0.0');
    const key = parseSecretKey(generateKeyPair().secretKey);
    const written = await writeFeedIndex(folder, 'gateway', { sign: { key, now: NOW } });
    expect(written).toMatchObject({ releases: 1, problems: [] });
    const { source } = await feedOf(folder);
    const [release] = (await read(source)).releases;
    const result = await downloadArtifact({
      url: release!.artifact,
      path: join(await temporaryFolder(), 'a.tar.gz'),
      size: release!.size,
      sha256: release!.sha256,
      signature: { url: release!.signature, publicKeys: [key.publicKey], required: true },
    });
    expect(result.signature?.keyId).toBe(key.keyId);
    const signature = await readFile(join(folder, 'gateway-1.0.0.tar.gz.minisig'), 'utf8');
    await writeFeedIndex(folder, 'gateway', { sign: { key, now: NOW + 1_000 } });
    expect(await readFile(join(folder, 'gateway-1.0.0.tar.gz.minisig'), 'utf8')).toBe(signature);
  });

  test('gives the same index for the same folder, leaves bad packages out and nothing else behind', async () => {
    const folder = await folderWith('1.0.0');
    await writeFile(join(folder, 'bad.tar.gz'), 'bad');
    const { path, problems } = await writeFeedIndex(folder, 'gateway');
    expect(problems.map(({ code }) => code)).toEqual(['damaged']);
    const first = await readFile(path, 'utf8');
    await writeFeedIndex(folder, 'gateway');
    expect(await readFile(path, 'utf8')).toBe(first);
    expect((await readdir(folder)).toSorted()).toEqual(['bad.tar.gz', 'gateway-1.0.0.tar.gz', 'index.json']);
  });
});

function indexWith(artifact: string): string {
  return JSON.stringify({
    schema: 1,
    product: 'gateway',
    releases: [{ version: '1', artifact, size: 1, sha256: SHA }],
  });
}
