import { afterEach, describe, expect, test } from 'vitest';
import { sql } from 'drizzle-orm';
import { storeBeat } from '../../db/queries/engine.ts';
import { session } from '../../db/schema/index.ts';
import { transact } from '../../db/transact.ts';
import type { Heartbeat } from '../../server/contracts/live.ts';
import { makeHosts, touch } from '../services/log/fleet-writer.ts';
import { openLiveWorld, type Client, type LiveWorld } from './live-world.ts';
import { createToken } from '../../server/services/people/tokens.ts';
import { eventually } from '../support/eventually.ts';

let world: LiveWorld;
afterEach(() => world.close());

function outcome(client: Client): Promise<string> {
  return new Promise((resolve) => {
    client.once('connect', () => resolve('connected'));
    client.once('connect_error', (error) => resolve(error.message));
  });
}

describe('who may open a socket', () => {
  test('nobody without a session, nobody with one that never was', async () => {
    world = await openLiveWorld();
    const { origin } = world;
    expect(await outcome(world.client({ origin }))).toBe('not_signed_in');
    expect(await outcome(world.client({ origin, cookie: 'signalbox_session=made-up' }))).toBe('not_signed_in');
    expect(await outcome(world.client(await world.browser()))).toBe('connected');
  });

  test('no page of another site, even with the cookie of somebody who is signed in', async () => {
    world = await openLiveWorld();
    const { cookie } = (await world.browser()) as { cookie: string };
    expect(await outcome(world.client({ cookie, origin: 'https://evil.example' }))).toContain('websocket error');
    expect(await outcome(world.client({ cookie }))).toContain('websocket error');
  });

  test('a program with a token, from anywhere', async () => {
    world = await openLiveWorld();
    const { secret } = await createToken.run(world.ctx, world.operator, { name: 'ci', grants: [{ role: 'viewer' }] });
    expect(await outcome(world.client({ authorization: `Bearer ${secret}` }))).toBe('connected');
    expect(await outcome(world.client({ authorization: 'Bearer sbx_made-up' }))).toBe('not_signed_in');
  });

  test('polling works where web sockets do not, and is answered once', async () => {
    world = await openLiveWorld();
    const client = world.client(await world.browser());
    client.io.opts.transports = ['polling'];
    client.disconnect().connect();
    expect(await outcome(client)).toBe('connected');
    expect(await client.emitWithAck('board:follow', { since: '0.0' })).toEqual({ ok: true });
  });
});

describe('an open socket', () => {
  test('is closed soon after its session was revoked', async () => {
    world = await openLiveWorld({ recheckMs: 50 });
    const client = world.client(await world.browser());
    expect(await outcome(client)).toBe('connected');
    const closed = new Promise((resolve) => client.once('disconnect', resolve));
    await world.ctx.db.update(session).set({ revokedAt: world.ctx.clock.now() });
    expect(await closed).toBe('io server disconnect');
  });

  test('gets nothing that its roles do not allow', async () => {
    world = await openLiveWorld();
    const client = world.client(await world.browser([]));
    expect(await outcome(client)).toBe('connected');
    expect(await client.emitWithAck('board:follow', { since: '0.0' })).toEqual({ ok: false, code: 'not_permitted' });
    expect(await client.emitWithAck('log:follow', { taskId: 1, from: 0 })).toEqual({
      ok: false,
      code: 'not_permitted',
    });
  });

  test('survives requests that are not of the contract', async () => {
    world = await openLiveWorld();
    const client = world.client(await world.browser());
    expect(await outcome(client)).toBe('connected');
    const raw = client as unknown as { emit(event: string, ...more: unknown[]): void };
    raw.emit('board:follow');
    raw.emit('board:follow', { since: 1 }, 'no function');
    raw.emit('log:unfollow', null);
    raw.emit('log:follow', { taskId: 'x' });
    expect(await client.emitWithAck('board:follow', { since: 7 as unknown as string })).toEqual({
      ok: false,
      code: 'malformed',
    });
    expect(await client.emitWithAck('board:follow', { since: '0.0' })).toEqual({ ok: true });
  });

  test('is told when the server restarts, before the line goes', async () => {
    world = await openLiveWorld();
    const client = world.client(await world.browser());
    expect(await outcome(client)).toBe('connected');
    const heard: string[] = [];
    client.on('engine:restarting', () => heard.push('restarting'));
    client.on('disconnect', () => heard.push('disconnect'));
    await world.live.stop();
    await eventually(() => expect(heard).toEqual(['restarting', 'disconnect']));
  });
});

describe('the heartbeat', () => {
  test('carries the age of each part by the clock of the server, and the place of the board', async () => {
    world = await openLiveWorld({ heartbeatMs: 50 });
    const { db } = world.ctx;
    await storeBeat(db, 'clock', world.time.now - 3_000);
    await storeBeat(db, 'queue', world.time.now + 500);
    const [id] = (await makeHosts(db, 1)) as [number];
    await transact(world.ctx, (tx) => touch(tx, id, 1));
    const headers = await world.browser();
    const client = world.client(headers);
    const beats: Heartbeat[] = [];
    client.on('engine:heartbeat', (beat) => beats.push(beat));
    await eventually(() => expect(beats.length).toBeGreaterThan(3));
    const last = beats.at(-1) as Heartbeat;
    expect(last.ages).toEqual({ clock: 3_000, queue: 0, feed: null });
    expect(last).toMatchObject({ serverTime: world.time.now, build: 'build-1' });
    expect(last.cursor).toBe((await world.snapshot(headers)).board.cursor);
    expect(beats.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: beats.length }, (_, i) => (beats[0] as Heartbeat).sequence + i),
    );
  });

  test('falls silent while the log cannot be read to its end, and returns with it', async () => {
    world = await openLiveWorld({ heartbeatMs: 50 });
    const { db } = world.ctx;
    const [a, b] = (await makeHosts(db, 2)) as [number, number];
    const client = world.client(await world.browser());
    let lastBeat = 0;
    client.on('engine:heartbeat', () => (lastBeat = performance.now()));
    await eventually(() => expect(lastBeat).toBeGreaterThan(0));

    const release = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    const open = db.transaction(async (tx) => {
      await touch(tx, a, 1);
      opened.resolve();
      await release.promise;
    });
    await opened.promise;
    await transact(world.ctx, (tx) => touch(tx, b, 2));
    await eventually(() => expect(performance.now() - lastBeat).toBeGreaterThan(1_500));
    expect(world.live.age()).toBeGreaterThan(1_500);
    release.resolve();
    await open;
    await eventually(() => expect(performance.now() - lastBeat).toBeLessThan(500));
  });

  test('falls silent while the database is cut off, and everything comes back by itself', async () => {
    world = await openLiveWorld({ heartbeatMs: 50 });
    const { db } = world.ctx;
    const [id] = (await makeHosts(db, 1)) as [number];
    const headers = await world.browser();
    const client = world.client(headers);
    expect(await outcome(client)).toBe('connected');
    await db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    await eventually(() => transact(world.ctx, (tx) => touch(tx, id, 7)));
    await eventually(async () =>
      expect((await world.snapshot(headers)).board.hosts[id]).toMatchObject({ lastContactAt: 7 }),
    );
  });
});
