import { afterEach, describe, expect, test } from 'vitest';
import { gunzipSync } from 'node:zlib';
import { append } from '../../db/activities.ts';
import { settledCursor } from '../../db/queries/activities.ts';
import { loadBoard } from '../../db/queries/board.ts';
import { one, hostViews } from '../../db/queries/views.ts';
import { transact } from '../../db/transact.ts';
import { stormSize } from '../../server/domain/coalesce.ts';
import { makeHosts, raise, tell, touch, wholeLog } from '../services/log/fleet-writer.ts';
import { openScreen, webSocketOf } from './board-client.ts';
import { openLiveWorld, type LiveWorld } from './live-world.ts';
import { eventually } from '../support/eventually.ts';

let world: LiveWorld;
afterEach(() => world.close());

const random = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

describe('a screen', () => {
  test('cut off again and again among twelve writers resumes without a gap or a repeat', async () => {
    world = await openLiveWorld();
    const { db } = world.ctx;
    const hosts = await makeHosts(db, 20);
    const before = await wholeLog(db);
    await eventually(async () =>
      expect((await world.snapshot(await world.browser())).board.cursor).toBe(before.at(-1)),
    );
    const screens = await Promise.all([1, 2, 3].map(() => openScreen(world)));

    // Below the size of a storm, so that every single activity has to arrive.
    const turns = Math.floor((stormSize - 50) / 12);
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        for (let turn = 0; turn < turns; turn += 1) {
          await transact(world.ctx, (tx) => touch(tx, random(hosts), turn));
          if (Math.random() < 0.15) random(screens).cut();
        }
      }),
    );

    const written = (await wholeLog(db)).slice(before.length);
    const loaded = await loadBoard(db);
    for (const screen of screens) {
      await screen.reachesCursor(written.at(-1) as string);
      expect(screen.received()).toEqual(written);
      expect(screen.board).toEqual(loaded);
    }
  });

  test('in a storm gets the newest revision of each host once, and ends with the same board', async () => {
    world = await openLiveWorld();
    const { db } = world.ctx;
    const hosts = await makeHosts(db, 50);
    const screen = await openScreen(world);
    await transact(world.ctx, async (tx) => {
      for (let turn = 1; turn <= 20; turn += 1) {
        for (const id of hosts) await raise(tx, id, turn);
        await tell(tx, hosts, turn);
      }
    });
    await screen.reachesCursor((await wholeLog(db)).at(-1) as string);
    expect(screen.received().length).toBeLessThanOrEqual(2 * hosts.length + 50);
    expect(screen.board).toEqual(await loadBoard(db));
  });

  test('that is too far behind, or comes from another database, is told to take the snapshot', async () => {
    world = await openLiveWorld({ ringSize: 10 });
    const { db } = world.ctx;
    const [id] = (await makeHosts(db, 1)) as [number];
    const start = await settledCursor(db);
    for (let turn = 0; turn < 40; turn += 1) await transact(world.ctx, (tx) => touch(tx, id, turn));
    const socket = world.client(await world.browser());
    const follow = (since: string) => socket.emitWithAck('board:follow', { since });
    const end = await settledCursor(db);
    await eventually(async () => expect((await world.snapshot(await world.browser())).board.cursor).toBe(end));
    expect(await follow(start)).toEqual({ ok: false, code: 'too_far_behind' });
    expect(await follow('4611686018427387904.1')).toEqual({ ok: false, code: 'too_far_behind' });
    expect(await follow('yesterday')).toEqual({ ok: false, code: 'malformed' });
    expect(await follow(end)).toEqual({ ok: true });
  });

  test('that reads too slowly is sent back to the snapshot, gets nothing more, and costs little memory', async () => {
    const backlogCap = 300_000;
    world = await openLiveWorld({ backlogCap, heartbeatMs: 100 });
    const { db } = world.ctx;
    const [id] = (await makeHosts(db, 1)) as [number];
    const quick = await openScreen(world);
    const slow = await openScreen(world);
    const line = webSocketOf(slow.socket);
    let beats = 0;
    slow.socket.on('engine:heartbeat', () => (beats += 1));
    line.pause();

    const noteBytes = 500_000;
    let highest = 0;
    const watch = setInterval(() => (highest = Math.max(highest, world.live.unsentBytes())), 5);
    // More than both ends' socket buffers hold, so that the rest has to wait in our memory.
    for (let turn = 0; turn < 40; turn += 1) {
      await transact(world.ctx, async (tx) => {
        await raise(tx, id, turn);
        const view = await one(hostViews, tx, id);
        await append(tx, turn, 'tester', [
          {
            ...{ kind: 'host.reported', entityKind: 'host', entityId: id, entityRevision: view?.revision as number },
            view: view as NonNullable<typeof view>,
            detail: { note: 'x'.repeat(noteBytes) },
          },
        ]);
      });
      if (turn % 5 === 0) await quick.reachesCursor((await wholeLog(db)).at(-1) as string);
    }
    await quick.reachesCursor((await wholeLog(db)).at(-1) as string);
    clearInterval(watch);
    expect(highest).toBeGreaterThan(backlogCap);
    expect(highest).toBeLessThan(backlogCap + 8 * noteBytes);

    line.resume();
    await eventually(() => expect(slow.resyncs).toEqual(['too_slow']));
    const [batches, beatsSoFar] = [slow.batches.length, beats];
    expect(batches).toBeLessThan(quick.batches.length);
    let quickBeats = 0;
    quick.socket.on('engine:heartbeat', () => (quickBeats += 1));
    await transact(world.ctx, (tx) => touch(tx, id, 99));
    await eventually(() => expect(quickBeats).toBeGreaterThan(3));
    expect([slow.batches.length, beats]).toEqual([batches, beatsSoFar]);

    Object.assign(slow.board, (await world.snapshot(await world.browser())).board);
    expect(await slow.follow()).toEqual({ ok: true });
    await transact(world.ctx, (tx) => touch(tx, id, 100));
    await slow.reachesCursor((await wholeLog(db)).at(-1) as string);
    expect(slow.board.hosts[id]?.lastContactAt).toBe(100);
  });

  test('whose snapshot came from a process that is ahead waits for this one to catch up', async () => {
    world = await openLiveWorld();
    const { db } = world.ctx;
    const [a, b] = (await makeHosts(db, 2)) as [number, number];
    const screen = await openScreen(world);
    // A reader elsewhere may already have what this process gets a moment later.
    await transact({ db, bell: { ...world.ctx.bell, ring: () => undefined } }, (tx) => touch(tx, a, 1));
    const ahead = await loadBoard(db);
    Object.assign(screen.board, ahead);
    screen.batches.length = 0;
    expect(await screen.follow()).toEqual({ ok: true });
    await transact(world.ctx, (tx) => touch(tx, b, 2));
    await screen.reachesCursor((await wholeLog(db)).at(-1) as string);
    expect(screen.board).toEqual(await loadBoard(db));
    expect(screen.received()).toHaveLength(1);
  });
});

describe('the snapshot', () => {
  test('is the board of the tables, and made once per cursor however many ask', async () => {
    world = await openLiveWorld();
    const { db } = world.ctx;
    const hosts = await makeHosts(db, 30);
    for (let turn = 0; turn < 20; turn += 1) await transact(world.ctx, (tx) => touch(tx, random(hosts), turn));
    const end = await settledCursor(db);
    const headers = await world.browser();
    await eventually(async () => expect((await world.snapshot(headers)).board.cursor).toBe(end));
    expect((await world.snapshot(headers)).board).toEqual(await loadBoard(db));
    const many = await Promise.all(Array.from({ length: 50 }, () => world.live.snapshot('whole')));
    expect(new Set(many.map(({ gzip }) => gzip)).size).toBe(1);
    expect(JSON.parse(gunzipSync(many[0]?.gzip as Uint8Array).toString())).toMatchObject({ build: 'build-1' });
  });
});
