import { eq, sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { host, job, product, release, task, taskLog } from '../../db/schema/index.ts';
import { DEFAULT_ROLLOUT_POLICY } from '../../server/domain/rollout-policy.ts';
import { makeHosts } from '../services/log/fleet-writer.ts';
import { webSocketOf } from './board-client.ts';
import { openLiveWorld, type Client, type LiveWorld } from './live-world.ts';
import { eventually } from '../support/eventually.ts';

let world: LiveWorld;
afterEach(() => world.close());

async function makeTask(): Promise<number> {
  const { db } = world.ctx;
  const now = world.time.now;
  await makeHosts(db, 1);
  const [place] = await db.select().from(host);
  const [thing] = await db.insert(product).values({ name: 'orders', versioning: 'semver' }).returning();
  const productId = thing?.id as number;
  const [version] = await db
    .insert(release)
    .values({
      ...{ productId, version: '1.0.0', digest: 'd'.repeat(64), size: 1, artifactUrl: 'file:///x' },
      ...{ publishedAt: now, publishedBy: 'tester' },
    })
    .returning();
  const [run] = await db
    .insert(job)
    .values({
      ...{ kind: 'install', productId, releaseId: version?.id as number, status: 'running', requestedBy: 'Ana' },
      ...{ plan: { ...DEFAULT_ROLLOUT_POLICY, onFailure: 'restore' }, createdAt: now },
    })
    .returning();
  const [row] = await db
    .insert(task)
    .values({ jobId: run?.id as number, hostId: place?.id as number, position: 0, wave: 1, status: 'running' })
    .returning();
  return row?.id as number;
}

/** Stores output as the worker does: chunk and length in one transaction, then the bell. */
async function write(taskId: number, content: Uint8Array): Promise<void> {
  const { db, bell } = world.ctx;
  await db.transaction(async (tx) => {
    const [row] = await tx
      .update(task)
      .set({ logBytes: sql`${task.logBytes} + ${content.length}::bigint` })
      .where(eq(task.id, taskId))
      .returning();
    await tx.insert(taskLog).values({ taskId, atByte: (row?.logBytes as number) - content.length, content, at: 0 });
  });
  bell.ring({ log: [taskId] });
}

async function end(taskId: number): Promise<void> {
  await world.ctx.db.update(task).set({ status: 'succeeded', endedAt: world.time.now }).where(eq(task.id, taskId));
  world.ctx.bell.ring({ log: [taskId] });
}

/** Follows a log as the console does: from the bytes that it has, again after each reconnect. */
function reader(client: Client, taskId: number) {
  const state = { bytes: Buffer.alloc(0), ended: 0, chunks: 0 };
  client.on('log:chunk', (chunk) => {
    expect(chunk.from).toBe(state.bytes.length);
    const text = Buffer.from(chunk.text);
    expect(chunk.to - chunk.from).toBe(text.length);
    state.bytes = Buffer.concat([state.bytes, text]);
    state.chunks += 1;
    if (chunk.ended) state.ended += 1;
  });
  client.on('connect', () => {
    if (state.ended === 0) client.emit('log:follow', { taskId, from: state.bytes.length }, () => undefined);
  });
  return state;
}

test('a followed log arrives byte for byte over reconnects, with its end said once', async () => {
  world = await openLiveWorld();
  const taskId = await makeTask();
  const client = world.client(await world.browser());
  const got = reader(client, taskId);
  const written: Buffer[] = [];
  for (let i = 0; i < 120; i += 1) {
    const line = Buffer.from(`line ${i}: ${'grün 🚂 été '.repeat(1 + (i % 7))}\n`);
    // Split where it falls, in the middle of a character too: hosts know nothing of characters.
    const cut = Math.floor(Math.random() * line.length);
    for (const part of [line.subarray(0, cut), line.subarray(cut)].filter(({ length }) => length > 0)) {
      written.push(part);
      await write(taskId, part);
    }
    if (i % 15 === 7 && client.connected) webSocketOf(client).terminate();
  }
  await end(taskId);
  await eventually(() => expect(got.ended).toBe(1));
  expect(got.bytes.equals(Buffer.concat(written))).toBe(true);
});

test('a log larger than one answer comes whole, and only what was asked for', async () => {
  world = await openLiveWorld();
  const taskId = await makeTask();
  const whole = Buffer.from('0123456789abcdef'.repeat(100_000));
  for (let at = 0; at < whole.length; at += 64 * 1024) await write(taskId, whole.subarray(at, at + 64 * 1024));
  const client = world.client(await world.browser());
  let text = '';
  client.on('log:chunk', (chunk) => (text += chunk.text));
  expect(await client.emitWithAck('log:follow', { taskId, from: 16 })).toEqual({ ok: true });
  await eventually(() => expect(text.length).toBe(whole.length - 16));
  expect(text === whole.subarray(16).toString()).toBe(true);
});

test('after unfollow nothing more comes, and a socket follows only so many logs', async () => {
  world = await openLiveWorld();
  const taskId = await makeTask();
  const client = world.client(await world.browser());
  const got: string[] = [];
  client.on('log:chunk', ({ text }) => got.push(text));
  await client.emitWithAck('log:follow', { taskId, from: 0 });
  await write(taskId, Buffer.from('one\n'));
  await eventually(() => expect(got).toEqual(['one\n']));
  client.emit('log:unfollow', { taskId });
  const answers = await Promise.all(
    Array.from({ length: 17 }, (_, i) => client.emitWithAck('log:follow', { taskId: 1_000 + i, from: 0 })),
  );
  expect(answers.filter(({ ok }) => !ok)).toEqual([{ ok: false, code: 'too_many_logs' }]);
  await write(taskId, Buffer.from('two\n'));
  const second = world.client(await world.browser());
  const other: string[] = [];
  second.on('log:chunk', ({ text }) => other.push(text));
  await second.emitWithAck('log:follow', { taskId, from: 0 });
  await eventually(() => expect(other.join('')).toBe('one\ntwo\n'));
  expect(got).toEqual(['one\n']);
});
