import { afterEach, describe, expect, test } from 'vitest';
import { BoardFeed } from '../../dashboard/live/board-feed.ts';
import { judgeFreshness } from '../../dashboard/live/freshness.ts';
import { lose, storyOf } from '../support/board-fixture.ts';
import type { Story } from '../support/story.ts';
import { serveFixture, type LiveFixture } from '../support/serve-fixture.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('the board feed, against real HTTP and real Socket.IO', () => {
  test('follows from the snapshot on and ends where the server is', async () => {
    const { feed, served, story } = await following();
    served.publish([lose(story, 2, 'No route to the host.')]);
    await until(() => feed.board?.hosts[2]?.liveness === 'unreachable');
    expect(feed.board).toEqual(story.board);
    expect(served.snapshots).toBe(1);
  });

  test('a batch that it already has changes nothing', async () => {
    const { feed, served, story } = await following();
    const from = story.board.cursor;
    const activity = lose(story, 2, 'No route to the host.');
    served.publish([activity]);
    await until(() => feed.board?.cursor === activity.cursor);
    served.io.emit('board:batch', { from, to: activity.cursor, activities: [activity] });
    served.publish([lose(story, 3, 'No route to the host.')]);
    await until(() => feed.board?.hosts[3]?.liveness === 'unreachable');
    expect(feed.board).toEqual(story.board);
    expect(served.follows).toHaveLength(1);
  });

  test('a batch that was lost on the way is fetched by following again from the own cursor', async () => {
    const { feed, served, story } = await following();
    const before = story.board.cursor;
    for (const socket of await served.io.fetchSockets()) socket.data.deaf = true;
    served.publish([lose(story, 2, 'No route to the host.')]);
    for (const socket of await served.io.fetchSockets()) socket.data.deaf = false;
    served.publish([lose(story, 3, 'No route to the host.')]);
    await until(() => feed.board?.cursor === story.board.cursor);
    expect(feed.board).toEqual(story.board);
    expect(served.follows).toEqual([before, before]);
    expect(served.snapshots).toBe(1);
  });

  test('a heartbeat ahead of the board, twice without a batch between, makes it ask for what it missed', async () => {
    const { feed, served, story } = await following();
    for (const socket of await served.io.fetchSockets()) socket.data.deaf = true;
    served.publish([lose(story, 2, 'No route to the host.')]);
    for (const socket of await served.io.fetchSockets()) socket.data.deaf = false;
    served.beat();
    served.beat();
    await until(() => feed.board?.cursor === story.board.cursor);
    expect(feed.board).toEqual(story.board);
  });

  test('a resync takes the snapshot again and goes on from there', async () => {
    const { feed, served, story } = await following();
    const first = feed.board;
    served.io.emit('board:resync', { code: 'too_slow' });
    await until(() => served.follows.length === 2);
    expect(feed.board).not.toBe(first);
    served.publish([lose(story, 2, 'No route to the host.')]);
    await until(() => feed.board?.hosts[2]?.liveness === 'unreachable');
    expect(served.snapshots).toBe(2);
  });

  test('a cursor that the server does not have any more leads to the snapshot', async () => {
    const { feed, served, story } = await following();
    if (feed.board) feed.board.cursor = '1.1';
    served.publish([lose(story, 2, 'No route to the host.')]);
    await until(() => feed.board?.cursor === story.board.cursor);
    expect(served.snapshots).toBe(2);
  });

  test('after a cut it resumes from its cursor, without a snapshot', async () => {
    const { feed, served, story } = await following();
    const at = story.board.cursor;
    served.io.disconnectSockets(true);
    served.publish([lose(story, 2, 'No route to the host.')]);
    await until(() => feed.board?.hosts[2]?.liveness === 'unreachable');
    expect(served.follows).toEqual([at, at]);
    expect(served.snapshots).toBe(1);
    expect(feed.board).toEqual(story.board);
  });

  test('an announced restart is told apart until the link is back', async () => {
    const { feed, served } = await following();
    served.io.emit('engine:restarting');
    await until(() => feed.signs.restartingAt !== null);
    expect(judgeFreshness(feed.signs, performance.now()).code).toBe('server_restarting');
    served.io.disconnectSockets(true);
    await until(() => feed.signs.restartingAt === null);
    expect(judgeFreshness(feed.signs, performance.now()).code).toBe('live');
  });

  test('without a session it says so, holds no board and no socket', async () => {
    const { feed } = await starting((served) => (served.snapshotStatus = 401));
    await until(() => feed.signs.signedOut);
    expect(feed.board).toBeNull();
    expect(feed.socket.connected).toBe(false);
    expect(judgeFreshness(feed.signs, performance.now()).code).toBe('signed_out');
  });

  test('a server that answers with an error is asked again until it has a picture', async () => {
    const { feed, served } = await starting((served) => (served.snapshotStatus = 503));
    await until(() => feed.signs.problem !== null);
    expect(judgeFreshness(feed.signs, performance.now()).code).toBe('no_data');
    served.snapshotStatus = 200;
    await until(() => feed.board !== null && feed.socket.connected);
    expect(feed.signs.problem).toBeNull();
  });

  test('says which build the server serves, with the snapshot and with each heartbeat', async () => {
    const { served, builds } = await following();
    served.beat({ build: 'another' });
    await until(() => builds.includes('another'));
    expect(builds[0]).toBe('dev');
  });
});

interface Started {
  feed: BoardFeed<'whole'>;
  served: LiveFixture;
  story: Story;
  builds: string[];
}

async function starting(before: (served: LiveFixture) => void = () => undefined): Promise<Started> {
  const story = storyOf('idle', 12, Date.now());
  const served = await serveFixture(story.board);
  before(served);
  const builds: string[] = [];
  const feed = new BoardFeed({
    part: 'whole',
    origin: served.origin,
    onChange: () => undefined,
    onBuild: (build) => void builds.push(build),
  });
  closers.push(
    () => served.close(),
    () => feed.close(),
  );
  feed.start();
  return { feed, served, story, builds };
}

async function following(): Promise<Started> {
  const started = await starting();
  await until(() => started.served.follows.length === 1);
  return started;
}

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { interval: 5, timeout: 5_000 }).toBe(true);
}
