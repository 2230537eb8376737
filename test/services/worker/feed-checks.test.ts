import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { releaseViews } from '../../../db/queries/views.ts';
import { takeDueFeeds } from '../../../db/queries/releases.ts';
import { recordFeedCheck } from '../../../server/services/feed/record-check.ts';
import { requestCheck } from '../../../server/services/feed/request-check.ts';
import { feedWork } from '../../../server/worker/feed-checks.ts';
import { startFaultyFeed, type FaultyFeed } from '../../support/faulty-feed.ts';
import { activities, apply, views } from '../../support/fleet.ts';
import { until } from '../../support/until.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
let folder: string;
let feed: FaultyFeed;
beforeAll(async () => {
  world = await openWorld();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-feed-'));
});
beforeEach(async () => {
  await world.clear();
  await feed?.close();
  feed = await startFaultyFeed(folder);
  await declare();
});
afterAll(async () => {
  await feed.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const declare = (more: object = {}) =>
  apply(world, {
    products: [
      {
        name: 'orders',
        feed: { http: `${feed.url}index.json` },
        channels: ['dev', 'canary', 'stable'],
        entryChannels: ['stable', 'dev'],
        ...more,
      },
    ],
  });

const digest = (version: string) => Buffer.from(version).toString('hex').padEnd(64, '0');

/** The index of the feed from now on. */
function state(...releases: (string | Record<string, unknown>)[]): Promise<void> {
  const full = releases.map((release) => {
    const said = typeof release === 'string' ? { version: release } : release;
    return { artifact: 'a.tar.gz', size: 1_000, sha256: digest(String(said['version'])), ...said };
  });
  return writeFile(join(folder, 'index.json'), JSON.stringify({ schema: 1, product: 'orders', releases: full }));
}

/** A worker of its own: what it remembers of a feed is its own. */
const newWorker = () => feedWork(world.ctx, new AbortController().signal);

async function check(worker = newWorker()): Promise<void> {
  world.time.now += 1_000;
  await worker(1);
}

const releases = () => releaseViews(world.ctx.db, {});
const product = async () => (await views(world)).products[0];
const kinds = async () =>
  (await activities(world)).map(({ kind }) => kind).filter((kind) => !kind.endsWith('declared'));

async function entries(): Promise<string[]> {
  const rows = await world.ctx.db.$client<{ entry: string }[]>`
    select c.name || ' ' || e.sequence || ' ' || r.version as entry
    from channel_entry e join channel c on c.id = e.channel_id join release r on r.id = e.release_id
    order by c.name, e.sequence`;
  return rows.map(({ entry }) => entry);
}

describe('a feed check', () => {
  test('publishes what is new into the entry channels, in the order of the feed', async () => {
    await state('1.0.0', '1.2.0', '1.1.0');
    await check();
    expect(await entries()).toEqual([
      'dev 1 1.0.0',
      'dev 2 1.2.0',
      'dev 3 1.1.0',
      'stable 1 1.0.0',
      'stable 2 1.2.0',
      'stable 3 1.1.0',
    ]);
    expect(await releases()).toMatchObject([
      { channels: ['dev', 'stable'], package: 'absent', publishedAt: world.time.now },
      {},
      {},
    ]);
    expect(await kinds()).toEqual([...Array(3).fill('release.published'), 'product.feed_checked']);
  });

  test('of a feed that says nothing new tells nobody anything, by one worker or another', async () => {
    await state('1.0.0');
    const worker = newWorker();
    await check(worker);
    const told = await activities(world);
    await check(worker);
    await check();
    expect(await activities(world)).toEqual(told);
    expect(feed.seen.map(({ status }) => status)).toEqual([200, 304, 200]);
  });

  test('goes on with the next sequence', async () => {
    await state('1.0.0');
    await check();
    await state('1.0.0', '1.1.0', '1.2.0');
    await check();
    expect((await entries()).filter((entry) => entry.startsWith('dev'))).toEqual([
      'dev 1 1.0.0',
      'dev 2 1.1.0',
      'dev 3 1.2.0',
    ]);
  });

  test('changes nothing about a release that the feed has removed, or says other things about', async () => {
    await state({ version: '1.0.0', notes: 'first' }, '1.1.0');
    await check();
    const before = await releases();
    await state({ version: '1.0.0', notes: 'other', required: true });
    await check();
    expect(await releases()).toEqual(before);
  });

  test('publishes once when many run at once', async () => {
    await state(...Array.from({ length: 30 }, (_, i) => `1.${i}.0`));
    await Promise.all(Array.from({ length: 6 }, () => newWorker()(1)));
    expect(await releases()).toHaveLength(30);
    expect((await entries()).filter((entry) => entry.startsWith('dev'))).toEqual(
      Array.from({ length: 30 }, (_, i) => `dev ${i + 1} 1.${i}.0`),
    );
    expect((await kinds()).filter((kind) => kind === 'release.published')).toHaveLength(30);
  });

  test('of two thousand releases takes a few seconds, in short transactions', async () => {
    await state(...Array.from({ length: 2_000 }, (_, i) => `1.0.${i}`));
    const start = performance.now();
    await check();
    expect(performance.now() - start).toBeLessThan(15_000);
    const [row] = await world.ctx.db
      .$client`select count(*)::int as entries, count(distinct xmin::text)::int as transactions from channel_entry`;
    expect(row).toEqual({ entries: 4_000, transactions: 10 });
  });

  test('is asked for by a person and done by a worker', async () => {
    await state('1.0.0');
    await requestCheck.run(world.ctx, world.operator, { id: 1 });
    expect(await world.take('feed.check')).toEqual([{ productId: 1 }]);
    await declare({ feed: undefined });
    await expect(requestCheck.run(world.ctx, world.operator, { id: 1 })).rejects.toMatchObject({ reason: 'no_feed' });
    await check();
    expect(await releases()).toEqual([]);
  });

  test('of a product that is gone meanwhile does nothing', async () => {
    await apply(world, { hosts: [] }, { prune: true });
    expect(await recordFeedCheck(world.ctx, 1, { releases: [], problems: [] })).toBeNull();
    await newWorker()(1);
  });
});

describe('another digest for a known version', () => {
  test('is refused, raised once, and settled when the feed is right again', async () => {
    await state('1.0.0', '1.1.0');
    await check();
    const [before, other] = await releases();
    await state({ version: '1.0.0', sha256: 'f'.repeat(64), size: 5 }, '1.1.0', '1.2.0');
    for (let i = 0; i < 3; i += 1) await check();
    const [raised, untouched, fresh] = await releases();
    expect(raised).toEqual({ ...before, revision: 2, conflict: expect.objectContaining({ code: 'digest_changed' }) });
    expect(untouched).toEqual(other);
    expect(fresh?.version).toBe('1.2.0');
    await state('1.0.0', '1.1.0', '1.2.0');
    for (let i = 0; i < 2; i += 1) await check();
    expect((await releases())[0]).toEqual({ ...before, revision: 3 });
    expect((await kinds()).filter((kind) => kind === 'release.conflict')).toHaveLength(2);
  });

  test('is settled by a worker that remembers the index from before it was wrong', async () => {
    await state('1.0.0');
    const worker = newWorker();
    await check(worker);
    feed.break('index.json', {
      kind: 'body',
      content: JSON.stringify({
        schema: 1,
        product: 'orders',
        releases: [{ version: '1.0.0', artifact: 'a', size: 5, sha256: 'f'.repeat(64) }],
      }),
    });
    await check();
    expect((await releases())[0]?.conflict).not.toBeNull();
    await check(worker);
    expect((await releases())[0]?.conflict).toBeNull();
  });
});

describe('a label that is no SemVer', () => {
  test('is refused with the reason, and the others are published', async () => {
    await state('1.0.0', 'v1.1.0', '1.2.0');
    await check();
    expect((await releases()).map(({ version }) => version)).toEqual(['1.0.0', '1.2.0']);
    expect(await entries()).toContain('dev 2 1.2.0');
    expect((await product())?.feedProblem).toMatchObject({
      code: 'not_semver',
      sentence: expect.stringMatching(/"v1\.1\.0" refused: .*SemVer 2\.0\.0.* Write "1\.1\.0"\.$/),
    });
  });

  test('among several says how many there are', async () => {
    await state('a', 'b', 'c');
    await check();
    expect((await product())?.feedProblem?.sentence).toMatch(/"a" refused: .* And 2 more problems\.$/);
  });

  test('is shown until the feed is mended, also while its index does not change', async () => {
    await state('1.0.0', 'v1.1.0');
    const worker = newWorker();
    for (let i = 0; i < 3; i += 1) await check(worker);
    expect((await product())?.feedProblem).toMatchObject({ code: 'not_semver' });
    expect((await kinds()).filter((kind) => kind === 'product.feed_checked')).toHaveLength(1);
    await state('1.0.0', '1.1.0');
    await check(worker);
    expect((await product())?.feedProblem).toBeNull();
  });

  test('is published once the product orders by sequence, though the index has not changed', async () => {
    await state('build-7');
    const worker = newWorker();
    await check(worker);
    expect(await releases()).toEqual([]);
    await declare({ versioning: 'sequence' });
    await check(worker);
    expect((await releases()).map(({ version }) => version)).toEqual(['build-7']);
    expect((await product())?.feedProblem).toBeNull();
  });
});

describe('a feed that cannot be read', () => {
  test('is shown on the product, told once, and cleared by the next good check', async () => {
    await state('1.0.0');
    const worker = newWorker();
    await check(worker);
    feed.break('index.json', { kind: 'status', status: 503 }, { kind: 'status', status: 503 });
    await check(worker);
    await check(worker);
    expect(await product()).toMatchObject({
      feedProblem: { code: 'bad_status', sentence: expect.stringContaining('503') },
    });
    const checked = async () => (await kinds()).filter((kind) => kind === 'product.feed_checked').length;
    expect(await checked()).toBe(2);
    await check(worker);
    expect((await product())?.feedProblem).toBeNull();
    expect(await checked()).toBe(3);
  });

  test('is cleared by a worker that remembers its index from before another worker failed', async () => {
    await state('1.0.0');
    const worker = newWorker();
    await check(worker);
    feed.break('index.json', { kind: 'hang_up' }, { kind: 'hang_up' });
    await check();
    expect((await product())?.feedProblem).toMatchObject({ code: 'unreachable' });
    await check(worker);
    expect((await product())?.feedProblem).toBeNull();
  });

  test.each([
    ['of another product', JSON.stringify({ schema: 1, product: 'shop', releases: [] }), 'wrong_product'],
    ['that is a sign-in page', '<html>', 'malformed'],
    [
      'with a size that is none',
      JSON.stringify({
        schema: 1,
        product: 'orders',
        releases: [{ version: '1.0.0', artifact: 'a', size: -1, sha256: digest('x') }],
      }),
      'malformed',
    ],
  ])('%s leaves the catalog as it is', async (_what, content, code) => {
    await state('1.0.0');
    await check();
    feed.break('index.json', { kind: 'body', content });
    await check();
    expect((await product())?.feedProblem).toMatchObject({ code });
    expect(await releases()).toHaveLength(1);
  });

  test('because this process stops is no failure of the feed', async () => {
    await state('1.0.0');
    feed.break('index.json', { kind: 'stall', afterBytes: 10 });
    const stop = new AbortController();
    const checking = feedWork(world.ctx, stop.signal)(1);
    await until('the index is being sent', () => feed.seen.length > 0);
    stop.abort();
    await checking;
    expect(await product()).toMatchObject({ feedProblem: null, feedCheckedAt: null });
  });
});

test('a feed is due at once when it is declared, and then once an interval', async () => {
  const due = () =>
    world.ctx.db.transaction((tx) => takeDueFeeds(tx, world.time.now, world.time.now + world.ctx.config.feedCheckMs));
  expect([await due(), await due()]).toEqual([[1], []]);
  world.time.now += world.ctx.config.feedCheckMs;
  expect([await due(), await due()]).toEqual([[1], []]);
});
