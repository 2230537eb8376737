import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished, describe, expect, test } from 'vitest';
import { downloadArtifact, type DownloadRequest } from '../../../server/feeds/download.ts';
import { generateKeyPair, parseSecretKey, signLegacy } from '../../../server/feeds/minisign.ts';
import { signPackage } from '../../../server/feeds/package-sign.ts';
import { startFaultyFeed, type Fault } from '../../support/faulty-feed.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const SIZE = 700_000;
const NOW = Date.UTC(2026, 4, 4, 12);

/** A feed with one artifact, and a request for it into a folder of its own. */
async function artifactOnFeed() {
  const folder = await temporaryFolder();
  const [served, store] = [join(folder, 'feed'), join(folder, 'store')];
  await mkdir(served);
  await mkdir(store);
  const content = randomBytes(SIZE);
  await writeFile(join(served, 'a.tar.gz'), content);
  const feed = await startFaultyFeed(served);
  onTestFinished(feed.close);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const request: DownloadRequest = { url: `${feed.url}a.tar.gz`, path: join(store, 'a.tar.gz'), size: SIZE, sha256 };
  return { feed, served, store, content, request, part: `${request.path}.part` };
}

async function signedArtifact() {
  const artifact = await artifactOnFeed();
  const key = parseSecretKey(generateKeyPair().secretKey);
  const text = await signPackage(join(artifact.served, 'a.tar.gz'), key, NOW);
  const url = `${artifact.feed.url}a.tar.gz.minisig`;
  return { ...artifact, key, text, demand: { url, publicKeys: [key.publicKey], required: true } };
}

describe('a download', () => {
  test('ends under its final name with the bytes of the feed, and reports its progress', async () => {
    const { request, store, content } = await artifactOnFeed();
    const progress: { received: number; total: number }[] = [];
    const result = await downloadArtifact({ ...request, onProgress: (at) => progress.push(at) });
    expect(result).toEqual({ path: request.path, size: SIZE, sha256: request.sha256, signature: null, resumedFrom: 0 });
    expect(await readFile(request.path)).toEqual(content);
    expect(await readdir(store)).toEqual(['a.tar.gz']);
    expect(progress.at(0)).toEqual({ received: 0, total: SIZE });
    expect(progress.at(-1)).toEqual({ received: SIZE, total: SIZE });
    expect(progress.map(({ received }) => received)).toEqual(
      progress.map(({ received }) => received).toSorted((a, b) => a - b),
    );
  });

  test('is not visible under its final name before all of it is verified', async () => {
    const { request } = await artifactOnFeed();
    const seen: Promise<boolean>[] = [];
    const visible = () =>
      access(request.path).then(
        () => true,
        () => false,
      );
    await downloadArtifact({ ...request, onProgress: () => seen.push(visible()) });
    expect(seen.length).toBeGreaterThan(2);
    // The last look may fall together with the rename.
    expect(await Promise.all(seen.slice(0, -1))).not.toContain(true);
    expect(await visible()).toBe(true);
  });

  test('comes from a folder by the same rules', async () => {
    const { request, served, content, part } = await artifactOnFeed();
    const url = pathToFileURL(join(served, 'a.tar.gz'));
    await writeFile(part, content.subarray(0, 1_000));
    const result = await downloadArtifact({ ...request, url });
    expect(result.resumedFrom).toBe(1_000);
    expect(await readFile(request.path)).toEqual(content);
  });

  test('follows redirects and creates the folder it writes to', async () => {
    const { feed, request, store, content } = await artifactOnFeed();
    feed.break('moved.tar.gz', { kind: 'redirect', to: '/a.tar.gz' });
    const path = join(store, 'gateway', '1.0.0', 'a.tar.gz');
    await downloadArtifact({ ...request, url: `${feed.url}moved.tar.gz`, path });
    expect(await readFile(path)).toEqual(content);
  });

  test('takes a package that is labelled as compressed content as it is', async () => {
    const { feed, request, content } = await artifactOnFeed();
    feed.break('a.tar.gz', { kind: 'header', name: 'content-encoding', value: 'gzip' });
    await downloadArtifact(request);
    expect(await readFile(request.path)).toEqual(content);
  });

  test('that is asked for again sends nothing', async () => {
    const { feed, request } = await artifactOnFeed();
    await downloadArtifact(request);
    expect(await downloadArtifact(request)).toMatchObject({ resumedFrom: SIZE });
    expect(feed.seen).toHaveLength(1);
  });

  test('replaces what lies under its final name only when the new one is verified', async () => {
    const { feed, request, content } = await artifactOnFeed();
    await writeFile(request.path, 'another package');
    feed.break('a.tar.gz', { kind: 'corrupt', atByte: 5 });
    await expect(downloadArtifact(request)).rejects.toMatchObject({ code: 'digest_mismatch' });
    expect(await readFile(request.path, 'utf8')).toBe('another package');
    await downloadArtifact(request);
    expect(await readFile(request.path)).toEqual(content);
  });
});

describe('a download that was cut off', () => {
  test.each<[string, Fault]>([
    ['by a broken line', { kind: 'truncate', afterBytes: 300_000 }],
    ['by a server that ended early', { kind: 'end_early', afterBytes: 300_000 }],
  ])('%s keeps what it has and goes on from there', async (_how, fault) => {
    const { feed, request, store, content, part } = await artifactOnFeed();
    feed.break('a.tar.gz', fault);
    await expect(downloadArtifact(request)).rejects.toMatchObject({ name: 'DownloadError', code: 'truncated' });
    expect(await readdir(store)).toEqual(['a.tar.gz.part']);
    const kept = await readFile(part);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept).toEqual(content.subarray(0, kept.length));
    const result = await downloadArtifact(request);
    expect(result.resumedFrom).toBe(kept.length);
    expect(feed.seen.map(({ range, status }) => [range, status])).toEqual([
      [undefined, 200],
      [`bytes=${kept.length}-`, 206],
    ]);
    expect(await readFile(request.path)).toEqual(content);
  });

  test('twice still ends with the right bytes', async () => {
    const { feed, request, content, part } = await artifactOnFeed();
    const cut: Fault = { kind: 'end_early', afterBytes: 100_000 };
    feed.break('a.tar.gz', cut, cut);
    await expect(downloadArtifact(request)).rejects.toMatchObject({ code: 'truncated' });
    await expect(downloadArtifact(request)).rejects.toMatchObject({ code: 'truncated' });
    expect(await readFile(part)).toEqual(content.subarray(0, 200_000));
    expect(await downloadArtifact(request)).toMatchObject({ resumedFrom: 200_000 });
    expect(await readFile(request.path)).toEqual(content);
  });

  test.each<[string, Fault[]]>([
    ['ignores ranges', [{ kind: 'ignore_range' }]],
    ['answers with another range', [{ kind: 'wrong_range' }]],
    ['says that the range does not exist', [{ kind: 'status', status: 416 }]],
  ])('starts over at a server that %s', async (_how, faults) => {
    const { feed, request, content, part } = await artifactOnFeed();
    await writeFile(part, content.subarray(0, 300_000));
    feed.break('a.tar.gz', ...faults);
    expect(await downloadArtifact(request)).toMatchObject({ resumedFrom: 0 });
    expect(await readFile(request.path)).toEqual(content);
  });

  test('keeps what arrived when the server is out of order the next time', async () => {
    const { feed, request, content, part } = await artifactOnFeed();
    await writeFile(part, content.subarray(0, 300_000));
    feed.break('a.tar.gz', { kind: 'status', status: 503 });
    await expect(downloadArtifact(request)).rejects.toMatchObject({ code: 'bad_status' });
    expect(await downloadArtifact(request)).toMatchObject({ resumedFrom: 300_000 });
  });

  test('starts over by itself when the bytes of the first try were not those of the artifact', async () => {
    const { feed, request, content, part } = await artifactOnFeed();
    await writeFile(part, randomBytes(300_000));
    expect(await downloadArtifact(request)).toMatchObject({ resumedFrom: 0 });
    expect(await readFile(request.path)).toEqual(content);
    expect(feed.seen.map(({ range }) => range)).toEqual(['bytes=300000-', undefined]);
  });

  test('after its last byte needs no further byte', async () => {
    const { feed, request, content, part } = await artifactOnFeed();
    await writeFile(part, content);
    expect(await downloadArtifact(request)).toMatchObject({ resumedFrom: SIZE });
    expect(feed.seen).toEqual([]);
  });

  test('does not trust a part that is longer than the artifact', async () => {
    const { request, content, part } = await artifactOnFeed();
    await writeFile(part, Buffer.concat([content, Buffer.from('more')]));
    await downloadArtifact(request);
    expect(await readFile(request.path)).toEqual(content);
  });
});

describe('a download that fails', () => {
  test.each<[string, string, Fault]>([
    ['one wrong byte', 'digest_mismatch', { kind: 'corrupt', atByte: 699_999 }],
    ['more bytes than the feed says', 'size_mismatch', { kind: 'append', bytes: 1 }],
    ['another length than the feed says', 'size_mismatch', { kind: 'header', name: 'content-length', value: '5' }],
    ['a page instead of the artifact', 'bad_status', { kind: 'status', status: 404 }],
    ['a server error', 'bad_status', { kind: 'status', status: 500 }],
    ['a redirect to a server that does not listen', 'unreachable', { kind: 'redirect', to: 'http://127.0.0.1:1/' }],
    ['a line that breaks before the answer', 'unreachable', { kind: 'hang_up' }],
    ['a redirect away from the web', 'unreachable', { kind: 'redirect', to: 'file:///etc/passwd' }],
  ])('by %s leaves nothing behind: %s', async (_what, code, fault) => {
    const { feed, request, store } = await artifactOnFeed();
    feed.break('a.tar.gz', fault);
    await expect(downloadArtifact(request)).rejects.toMatchObject({ name: 'DownloadError', code });
    expect(await readdir(store)).toEqual([]);
  });

  test('because of redirects in a circle says so', async () => {
    const { feed, request } = await artifactOnFeed();
    feed.break('a.tar.gz', ...Array.from({ length: 9 }, (): Fault => ({ kind: 'redirect', to: '/a.tar.gz' })));
    await expect(downloadArtifact(request)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('redirects more than'),
    });
  });

  test('names the digests and the way on when the artifact is not the one of the feed', async () => {
    const { request } = await artifactOnFeed();
    const expected = 'ab'.repeat(32);
    await expect(downloadArtifact({ ...request, sha256: expected })).rejects.toMatchObject({
      code: 'digest_mismatch',
      message: expect.stringMatching(new RegExp(`${request.sha256}; the feed says ${expected}.*Publish`)),
    });
  });

  test('because nobody listens is unreachable, and says so without the password in the address', async () => {
    const { feed, request } = await artifactOnFeed();
    await feed.close();
    const url = request.url.toString().replace('http://', 'http://user:secret@').concat('?token=secret');
    const error = await downloadArtifact({ ...request, url }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining('refused') });
    expect((error as Error).message).not.toContain('secret');
  });

  test('because its file is gone from the folder is unreachable', async () => {
    const { request, served } = await artifactOnFeed();
    const url = pathToFileURL(join(served, 'gone.tar.gz'));
    await expect(downloadArtifact({ ...request, url })).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('because the server falls silent keeps what arrived', async () => {
    const { feed, request, content, part } = await artifactOnFeed();
    feed.break('a.tar.gz', { kind: 'stall', afterBytes: 200_000 });
    await expect(downloadArtifact({ ...request, stallMs: 250 })).rejects.toMatchObject({ code: 'stalled' });
    expect(await readFile(part)).toEqual(content.subarray(0, 200_000));
    expect(await downloadArtifact(request)).toMatchObject({ resumedFrom: 200_000 });
  });

  test('because somebody cancels keeps what arrived', async () => {
    const { feed, request } = await artifactOnFeed();
    feed.break('a.tar.gz', { kind: 'stall', afterBytes: 200_000 });
    const controller = new AbortController();
    const cancelled = downloadArtifact({
      ...request,
      signal: controller.signal,
      onProgress: ({ received }) => received === 200_000 && controller.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(await downloadArtifact(request)).toMatchObject({ resumedFrom: 200_000 });
  });

  test('that was cancelled before it began asks for nothing', async () => {
    const { feed, request } = await artifactOnFeed();
    const cancelled = downloadArtifact({ ...request, signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(feed.seen).toEqual([]);
  });

  test('for want of room is refused before the first byte, with the figures', async () => {
    const { feed, request } = await artifactOnFeed();
    const size = 2 ** 52;
    await expect(downloadArtifact({ ...request, size })).rejects.toMatchObject({
      code: 'disk_full',
      message: expect.stringContaining(`${size} bytes are needed`),
    });
    expect(feed.seen).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')('because the disk fills up on the way frees what it took', async () => {
    const { request, store, part } = await artifactOnFeed();
    await symlink('/dev/full', part);
    await expect(downloadArtifact(request)).rejects.toMatchObject({ code: 'disk_full' });
    expect(await readdir(store)).toEqual([]);
  });

  test('because its folder cannot be written names the folder', async () => {
    const { request, store } = await artifactOnFeed();
    await writeFile(join(store, 'file'), '');
    const path = join(store, 'file', 'a.tar.gz');
    await expect(downloadArtifact({ ...request, path })).rejects.toMatchObject({
      code: 'disk_failed',
      message: expect.stringContaining(path),
    });
  });
});

describe('a signature', () => {
  test('that is good is told with its key and its trusted comment', async () => {
    const { request, demand, key, text } = await signedArtifact();
    const result = await downloadArtifact({ ...request, signature: demand });
    expect(result.signature).toEqual({
      text,
      keyId: key.keyId,
      trustedComment: `timestamp:${NOW / 1_000}\tfile:a.tar.gz\thashed`,
    });
  });

  test('may be given as text, and in the legacy form', async () => {
    const { feed, request, demand, key, content } = await signedArtifact();
    const text = signLegacy(content, key, 'legacy');
    const result = await downloadArtifact({ ...request, signature: { ...demand, text } });
    expect(result.signature?.trustedComment).toBe('legacy');
    expect(feed.seen.map(({ path }) => path)).toEqual(['a.tar.gz']);
  });

  test('that is demanded and absent refuses the artifact before it is sent', async () => {
    const { feed, request, demand } = await signedArtifact();
    feed.break('a.tar.gz.minisig', { kind: 'status', status: 404 });
    await expect(downloadArtifact({ ...request, signature: demand })).rejects.toMatchObject({
      code: 'signature_missing',
    });
    const unnamed = { ...demand, url: undefined };
    await expect(downloadArtifact({ ...request, signature: unnamed })).rejects.toMatchObject({
      code: 'signature_missing',
    });
    expect(feed.seen.map(({ path }) => path)).toEqual(['a.tar.gz.minisig']);
  });

  test('by an unknown key refuses the artifact before it is sent', async () => {
    const { feed, request, demand } = await signedArtifact();
    const signature = { ...demand, publicKeys: [generateKeyPair().publicKey] };
    await expect(downloadArtifact({ ...request, signature })).rejects.toMatchObject({ code: 'unknown_key' });
    const nobody = { ...demand, publicKeys: [] };
    await expect(downloadArtifact({ ...request, signature: nobody })).rejects.toMatchObject({ code: 'unknown_key' });
    expect(feed.seen.filter(({ path }) => path === 'a.tar.gz')).toEqual([]);
  });

  test('over another artifact refuses this one, and leaves nothing', async () => {
    const { request, demand, key, served, store } = await signedArtifact();
    await writeFile(join(served, 'b.tar.gz'), 'another');
    const text = await signPackage(join(served, 'b.tar.gz'), key, NOW);
    const signature = { ...demand, text };
    await expect(downloadArtifact({ ...request, signature })).rejects.toMatchObject({ code: 'signature_invalid' });
    expect(await readdir(store)).toEqual([]);
  });

  test('that is no signature is invalid, not missing', async () => {
    const { feed, request, demand } = await signedArtifact();
    feed.break('a.tar.gz.minisig', { kind: 'body', content: '<html>Please sign in</html>' });
    await expect(downloadArtifact({ ...request, signature: demand })).rejects.toMatchObject({
      code: 'signature_invalid',
    });
  });

  test('that cannot be fetched is not taken for absent, even where it is not demanded', async () => {
    const { feed, request, demand } = await signedArtifact();
    feed.break('a.tar.gz.minisig', { kind: 'status', status: 500 });
    const signature = { ...demand, required: false };
    await expect(downloadArtifact({ ...request, signature })).rejects.toMatchObject({ code: 'bad_status' });
  });

  test('that is not demanded may be absent, but must be good where the product has keys', async () => {
    const { feed, request, demand, served } = await signedArtifact();
    const optional = { ...demand, required: false };
    feed.break('a.tar.gz.minisig', { kind: 'status', status: 404 });
    expect(await downloadArtifact({ ...request, signature: optional })).toMatchObject({ signature: null });
    const forged = {
      ...optional,
      text: signLegacy(Buffer.from('x'), parseSecretKey(generateKeyPair().secretKey), 'x'),
    };
    await expect(downloadArtifact({ ...request, signature: forged })).rejects.toMatchObject({ code: 'unknown_key' });
    const fromFolder = { ...optional, url: pathToFileURL(join(served, 'absent.minisig')) };
    expect(await downloadArtifact({ ...request, signature: fromFolder })).toMatchObject({ signature: null });
  });

  test('is judged again for a package that is on the disk already', async () => {
    const { request, demand } = await signedArtifact();
    await downloadArtifact(request);
    const stranger = { ...demand, publicKeys: [generateKeyPair().publicKey] };
    await expect(downloadArtifact({ ...request, signature: stranger })).rejects.toMatchObject({ code: 'unknown_key' });
    expect(await downloadArtifact({ ...request, signature: demand })).toMatchObject({ resumedFrom: SIZE });
  });
});
