import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open as openFile, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openSessionLocks } from '../../../db/session-lock.ts';
import { jobViews, releaseViews } from '../../../db/queries/views.ts';
import { listen } from '../../../server/demo/feed-server.ts';
import { generateKeyPair, parseSecretKey } from '../../../server/feeds/minisign.ts';
import { signPackage } from '../../../server/feeds/package-sign.ts';
import type { Context } from '../../../server/services/context.ts';
import { recordFeedCheck } from '../../../server/services/feed/record-check.ts';
import { cancelJob } from '../../../server/services/job/cancel.ts';
import { retryJob } from '../../../server/services/job/retry.ts';
import { findOrphanedDownloads } from '../../../server/services/release/download.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { downloadWork } from '../../../server/worker/downloads.ts';
import { Pool } from '../../../server/worker/pool.ts';
import { startFaultyFeed, type FaultyFeed, type Fault } from '../../support/faulty-feed.ts';
import { activities, apply } from '../../support/fleet.ts';
import { REFUSED_DOWNLOADS } from '../../support/hostile/downloads.ts';
import { buildPackage, type BuiltPackage, type PackageContent } from '../../support/package.ts';
import { until } from '../../support/until.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
let folder: string;
let feed: FaultyFeed;
const open: { stop: AbortController; close(): Promise<void> }[] = [];

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  await world.clear();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-download-'));
  feed = await startFaultyFeed(folder);
  world.ctx.config.dataFolder = join(folder, 'data');
  await declare();
});
afterEach(async () => {
  for (const worker of open.splice(0)) {
    worker.stop.abort(new Error('the test is over'));
    await worker.close();
  }
  await feed.close();
  await rm(folder, { recursive: true, force: true });
});
afterAll(() => world.close());

const declare = (more: object = {}) =>
  apply(world, { products: [{ name: 'orders', channels: ['stable'], entryChannels: ['stable'], ...more }] });

/** Large enough to be cut in its middle. */
const sound = (content: Partial<PackageContent> = {}) =>
  buildPackage({
    product: 'orders',
    version: '1.0.0',
    hooks: { 'pre-install': 'exit 0' },
    extra: [{ name: 'data', content: randomBytes(600_000) }],
    ...content,
  });

/** Puts a package on the feed and its release into the catalog, stated as it is unless told otherwise. */
async function publish(built: BuiltPackage, stated: Record<string, unknown> = {}): Promise<void> {
  const version = String(stated['version'] ?? '1.0.0');
  await writeFile(join(folder, `${version}.tar.gz`), built.bytes);
  const release = {
    version,
    digest: built.digest,
    size: built.size,
    artifactUrl: `${feed.url}${version}.tar.gz`,
    signatureUrl: null,
    notes: '',
    labels: {},
    required: false,
    hooks: {},
    ...stated,
  };
  await recordFeedCheck(world.ctx, 1, { releases: [release], problems: [] });
}

/** The download role of one process: a lock connection, a pool and a way to stop. */
function newWorker(settings: Partial<Context['config']> = {}, size = 4) {
  const ctx = { ...world.ctx, config: { ...world.ctx.config, ...settings } };
  const stop = new AbortController();
  const pool = new Pool(size);
  const locks = openSessionLocks(world.url, 'downloads');
  const worker = {
    ...downloadWork(ctx, pool, locks.tryHold, stop.signal),
    stop,
    idle: () => pool.room === size,
    async close() {
      await pool.idle();
      await locks.close();
    },
  };
  open.push(worker);
  return worker;
}

async function request(id = 1): Promise<number> {
  return (await requestDownload.run(world.ctx, world.operator, { id })).id;
}

/** Delivers every message that waits. */
async function deliver(worker = newWorker()): Promise<void> {
  for (const { jobId } of await world.take('release.download')) {
    void worker.onMessage(jobId, new AbortController().signal).catch(() => undefined);
  }
}

const job = async (id: number) => (await jobViews(world.ctx.db, [id]))[0]!;
const release = async (id = 1) => (await releaseViews(world.ctx.db, [id]))[0]!;
const ended = (id: number) =>
  until('the job ends', async () => {
    const seen = await job(id);
    return seen.endedAt !== null && seen;
  });

async function download(settings: Partial<Context['config']> = {}) {
  const id = await request();
  await deliver(newWorker(settings));
  return ended(id);
}

const stored = () => readdir(join(folder, 'data', 'packages', 'orders')).catch(() => []);
const ranges = () => feed.seen.filter(({ path }) => path.endsWith('.gz')).map(({ range }) => range);
const kinds = async (of: string) =>
  (await activities(world)).filter(({ entity }) => entity.kind === of).map(({ kind }) => kind);

describe('a download', () => {
  test('ends with the verified package under its final name, and its hooks known', async () => {
    const built = await sound();
    await publish(built);
    expect(await download()).toMatchObject({ status: 'succeeded', problem: null, startedAt: world.time.now });
    expect(await release()).toMatchObject({ package: 'present', received: built.size, downloadProblem: null });
    const name = `1.0.0-${built.digest.slice(0, 8)}.tar.gz`;
    expect(await stored()).toEqual([name]);
    expect(await readFile(join(folder, 'data', 'packages', 'orders', name))).toEqual(built.bytes);
    expect(await kinds('job')).toEqual(['job.requested', 'job.started', 'job.ended']);
    const [row] = await world.ctx.db.$client`select hooks from release`;
    expect(row).toEqual({ hooks: { 'pre-install': { timeoutMs: 300_000 } } });
    await expect(request()).rejects.toMatchObject({ reason: 'already_downloaded' });
  });

  test('that is asked for twice at once is one job', async () => {
    await publish(await sound());
    const [first, second] = await Promise.all([request(), request()]);
    expect(second).toBe(first);
    expect(await world.take('release.download')).toEqual([{ jobId: first }]);
  });

  test('whose message comes twice, to two workers and again at its end, is fetched once', async () => {
    await publish(await sound());
    const id = await request();
    const [one, two] = [newWorker(), newWorker()];
    const { signal } = new AbortController();
    await Promise.all([one, one, two].map((worker) => worker.onMessage(id, signal)));
    await ended(id);
    await one.onMessage(id, signal);
    expect(ranges()).toEqual([undefined]);
    expect(await kinds('release')).toEqual(['release.published', 'release.download_started', 'release.downloaded']);
  });

  test('says how far it is, and is asked about no more than twice a second', async () => {
    const id = await stalledDownload(200_000);
    expect(await release()).toMatchObject({ package: 'downloading', received: 200_000 });
    expect((await kinds('release')).slice(2)).toEqual(['release.download_progressed']);
    expect((await job(id)).status).toBe('running');
  });

  test('of more than its pool has room for waits its turn', async () => {
    const worker = newWorker({}, 1);
    await stalledDownload(100_000, worker);
    await publish(await sound({ version: '1.1.0' }), { version: '1.1.0' });
    const second = await request(2);
    await deliver(worker);
    expect((await job(second)).status).toBe('queued');
    await cancelJob.run(world.ctx, world.operator, { id: 1 });
    expect(await ended(second)).toMatchObject({ status: 'succeeded' });
  });

  test('of a demoted release is refused, and changes nothing', async () => {
    await publish(await sound());
    await world.ctx.db.$client`update channel_entry set demoted_at = now()`;
    await expect(request()).rejects.toMatchObject({ code: 'refused', reason: 'demoted' });
    expect(await release()).toMatchObject({ package: 'absent', revision: 1 });
  });
});

/** A download that has received so much and then hears nothing more. */
async function stalledDownload(afterBytes: number, worker = newWorker()): Promise<number> {
  await publish(await sound());
  feed.break('1.0.0.tar.gz', { kind: 'stall', afterBytes });
  const id = await request();
  await deliver(worker);
  await until('progress is stored', async () => (await release()).received === afterBytes);
  expect(await stored()).toEqual([expect.stringMatching(/\.part$/)]);
  return id;
}

describe('a download that fails', () => {
  const wrong: [what: string, stated: object, fault: Fault | null, code: string][] = [
    ['the digest', { digest: 'f'.repeat(64) }, null, 'digest_mismatch'],
    ['one byte', {}, { kind: 'corrupt', atByte: 300_000 }, 'digest_mismatch'],
    ['the size', { size: 1_000 }, null, 'size_mismatch'],
    ['the end, which never comes', {}, { kind: 'append', bytes: 10 }, 'size_mismatch'],
    ['the line', {}, { kind: 'truncate', afterBytes: 300_000 }, 'truncated'],
    ['the server', {}, { kind: 'status', status: 404 }, 'bad_status'],
    ['the address', { artifactUrl: 'http://127.0.0.1:1/a.tar.gz' }, null, 'unreachable'],
  ];

  test.each(wrong)(
    'over %s goes back to available with the reason; no package is seen',
    async (_what, stated, fault, code) => {
      const built = await sound();
      await publish(built, { ...stated });
      if (fault) feed.break('1.0.0.tar.gz', fault);
      const seen = new Set<string>();
      const look = setInterval(() => void stored().then((names) => names.forEach((name) => seen.add(name))), 2);
      const { status, problem } = await download();
      clearInterval(look);
      expect({ status, code: problem?.code }).toEqual({ status: 'failed', code });
      expect(await release()).toMatchObject({ package: 'absent', received: 0, downloadProblem: problem });
      expect([...seen].filter((name) => !name.endsWith('.part'))).toEqual([]);
      expect(await kinds('release')).toContain('release.download_failed');
    },
  );

  test('can be tried again, and goes on where it was cut off', async () => {
    await publish(await sound());
    feed.break('1.0.0.tar.gz', { kind: 'truncate', afterBytes: 300_000 });
    const first = await download();
    expect(first.problem?.code).toBe('truncated');
    const again = await retryJob.run(world.ctx, world.operator, { id: first.id });
    expect(again.id).not.toBe(first.id);
    expect(await release()).toMatchObject({ package: 'downloading', downloadProblem: null });
    await deliver();
    expect((await ended(again.id)).status).toBe('succeeded');
    // What was on the line when it broke is lost, what had arrived is not.
    expect(ranges()).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  });

  test.skipIf(process.platform !== 'linux')('for want of room is told, and succeeds once there is some', async () => {
    const built = await sound();
    await publish(built);
    const packages = join(folder, 'data', 'packages', 'orders');
    await mkdir(packages, { recursive: true });
    // What is written there is written to a disk that is full.
    await symlink('/dev/full', join(packages, `1.0.0-${built.digest.slice(0, 8)}.tar.gz.part`));
    const failed = await download();
    expect(failed).toMatchObject({
      status: 'failed',
      problem: { code: 'disk_full', sentence: expect.stringMatching(/Free some/) },
    });
    expect(await release()).toMatchObject({ package: 'absent', downloadProblem: { code: 'disk_full' } });
    expect(await stored()).toEqual([]);
    const again = await retryJob.run(world.ctx, world.operator, { id: failed.id });
    await deliver();
    expect(await ended(again.id)).toMatchObject({ status: 'succeeded' });
  });

  test('for its size above what this server takes asks for nothing', async () => {
    const built = await sound();
    await publish(built);
    const { problem } = await download({ packageLimitBytes: built.size - 1 });
    expect(problem).toMatchObject({
      code: 'too_large',
      sentence: expect.stringContaining('SIGNALBOX_PACKAGE_LIMIT_BYTES'),
    });
    expect(feed.seen).toEqual([]);
    expect((await download({ packageLimitBytes: built.size })).status).toBe('succeeded');
  });

  test.each(REFUSED_DOWNLOADS)(
    '$what: $code, and nothing of it stays',
    async ({ code, content, settings, publish: how }) => {
      const built = await sound(content);
      const key = parseSecretKey(generateKeyPair().secretKey);
      const { product, release: stated, fault } = how ? await how({ built, key, folder, url: feed.url }) : {};
      if (product) await declare(product);
      await publish(built, stated);
      if (fault) feed.break('1.0.0.tar.gz', fault);
      const { status, problem } = await download(settings);
      expect({ status, code: problem?.code }).toEqual({ status: 'failed', code });
      expect(await release()).toMatchObject({ package: 'absent', downloadProblem: { code } });
      expect(await stored()).toEqual([]);
    },
  );

  test('because its bytes changed on the disk while the rest arrived is found out', async () => {
    const built = await sound();
    const half = built.size >> 1;
    const { promise: tampered, resolve: go } = Promise.withResolvers<void>();
    const server = await listen(0, async (_request, response) => {
      response.writeHead(200, { 'content-length': built.size });
      response.write(built.bytes.subarray(0, half));
      await tampered;
      response.end(built.bytes.subarray(half));
    });
    onTestFinished(() => server.close());
    await publish(built, { artifactUrl: `${server.url}1.0.0.tar.gz` });
    const id = await request();
    await deliver();
    const packages = join(folder, 'data', 'packages', 'orders');
    const [part = ''] = await until('the half is there', async () => {
      const names = await stored();
      return names.length === 1 && (await stat(join(packages, names[0]!))).size === half && names;
    });
    const file = await openFile(join(packages, part), 'r+');
    // The time in the head of a gzip file: the package stays readable.
    await file.write(Buffer.from([7]), 0, 1, 4);
    await file.close();
    go();
    expect((await ended(id)).problem).toMatchObject({ code: 'digest_mismatch' });
    expect(await stored()).toEqual([]);
  });

  test('for a reason that nobody thought of ends too, instead of being tried for ever', async () => {
    await publish(await sound());
    const { problem } = await download({ dataFolder: 'no\0folder' });
    expect(problem).toMatchObject({ code: 'broken' });
    expect(await findOrphanedDownloads(world.ctx)).toEqual([]);
  });
});

describe('a signature', () => {
  const key = parseSecretKey(generateKeyPair().secretKey);
  const publicKey = (of: typeof key) => of.publicKey.split('\n').find((line) => line.startsWith('RW'));
  const signed = { signingKeys: [publicKey(key)], signatureRequired: true };

  async function publishSigned(by: typeof key | null): Promise<void> {
    const built = await sound();
    await writeFile(join(folder, '1.0.0.tar.gz'), built.bytes);
    if (by) await signPackage(join(folder, '1.0.0.tar.gz'), by, world.time.now);
    await publish(built, { signatureUrl: by ? `${feed.url}1.0.0.tar.gz.minisig` : null });
  }

  test('that is demanded and good lets the package in', async () => {
    await declare(signed);
    await publishSigned(key);
    expect((await download()).status).toBe('succeeded');
  });

  test('that is demanded and missing refuses it before it is sent', async () => {
    await declare(signed);
    await publishSigned(null);
    expect((await download()).problem?.code).toBe('signature_missing');
    expect(ranges()).toEqual([]);
    expect(await release()).toMatchObject({ package: 'absent' });
  });

  test('that the product no longer demands is not asked for', async () => {
    await publishSigned(null);
    expect((await download()).status).toBe('succeeded');
  });
});

describe('cancel', () => {
  test('stops a download in its middle, even one that hears nothing more; the next goes on from there', async () => {
    const id = await stalledDownload(200_000);
    expect((await cancelJob.run(world.ctx, world.operator, { id })).status).toBe('cancelling');
    await expect(request()).rejects.toMatchObject({ code: 'refused', reason: 'cancelling' });
    expect(await ended(id)).toMatchObject({ status: 'cancelled', problem: null });
    expect(await release()).toMatchObject({ package: 'absent', received: 0, downloadProblem: null });
    expect((await download()).status).toBe('succeeded');
    expect(ranges()).toEqual([undefined, 'bytes=200000-']);
  });

  test('of one that nobody has begun ends it at once, and its message finds nothing to do', async () => {
    await publish(await sound());
    const id = await request();
    expect((await cancelJob.run(world.ctx, world.operator, { id })).status).toBe('cancelled');
    expect(await release()).toMatchObject({ package: 'absent' });
    await deliver();
    expect((await download()).status).toBe('succeeded');
    expect(ranges()).toEqual([undefined]);
  });

  test('of one whose worker is gone is carried out by the next', async () => {
    const worker = newWorker();
    const id = await stalledDownload(200_000, worker);
    await kill(worker);
    await cancelJob.run(world.ctx, world.operator, { id });
    await newWorker().takeOver();
    expect((await ended(id)).status).toBe('cancelled');
    expect(ranges()).toEqual([undefined]);
  });
});

describe('a worker that is gone', () => {
  test('leaves its download to another, which goes on from the byte that was stored', async () => {
    const worker = newWorker();
    const id = await stalledDownload(200_000, worker);
    expect(await findOrphanedDownloads(world.ctx)).toEqual([]);
    await kill(worker);
    expect((await job(id)).status).toBe('running');
    expect(await release()).toMatchObject({ package: 'downloading' });
    expect(await findOrphanedDownloads(world.ctx)).toEqual([id]);
    await newWorker().takeOver();
    expect((await ended(id)).status).toBe('succeeded');
    expect(ranges()).toEqual([undefined, 'bytes=200000-']);
  });

  test('because its lock connection broke lets go once another has taken over', async () => {
    const [first, second] = [newWorker(), newWorker()];
    const id = await stalledDownload(200_000, first);
    feed.break('1.0.0.tar.gz', { kind: 'stall', afterBytes: 100_000 });
    // One sweep as it is after the cut: before the first worker's connection is back.
    await world.ctx.db.$client`
      select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory' and classid = ${0x5b02}`;
    await second.takeOver();
    await until('the second stores what it has', async () => (await release()).received === 300_000);
    await until('the first lets go', () => first.idle());
    expect((await job(id)).status).toBe('running');
    await cancelJob.run(world.ctx, world.operator, { id });
    expect((await ended(id)).status).toBe('cancelled');
  });

  test('before it began leaves a request whose message is lost to a sweep', async () => {
    await publish(await sound());
    const id = await request();
    await world.take('release.download');
    await newWorker().takeOver();
    expect((await ended(id)).status).toBe('succeeded');
  });

  test('after the package was stored and before that was told costs no second transfer', async () => {
    const built = await sound();
    await publish(built);
    const id = await request();
    expect((await download()).status).toBe('succeeded');
    await world.ctx.db.$client`update release set package = 'downloading'`;
    await world.ctx.db.$client`update job set status = 'running', ended_at = null where id = ${id}`;
    await newWorker().takeOver();
    expect((await ended(id)).status).toBe('succeeded');
    expect(ranges()).toEqual([undefined]);
  });
});

/** As a SIGKILL leaves it: nothing more is said, and the lock is free. */
async function kill(worker: ReturnType<typeof newWorker>): Promise<void> {
  worker.stop.abort(new Error('killed'));
  await worker.close();
  open.splice(open.indexOf(worker), 1);
}
