import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { BoardPart } from '../../server/contracts/live.ts';
import { unpackSnapshot, type PackedSnapshot } from '../../server/contracts/snapshot.ts';
import type { Board } from '../../server/domain/board.ts';
import { wallBoard } from '../../server/domain/wall-board.ts';
import { createSnapshots } from '../../server/live/snapshot.ts';
import { lose, storyOf } from '../support/board-fixture.ts';
import { plants, rollOutEverywhere } from '../support/plants.ts';

const now = Date.UTC(2026, 4, 7, 9, 30);

function snapshotsOf(board: Board) {
  const feed = { board, after: () => [], age: () => 0, listen: () => undefined, stop: () => Promise.resolve() };
  return createSnapshots(feed, 'build-1', () => now);
}

async function taken(board: Board, part: BoardPart) {
  const { gzip } = await snapshotsOf(board)(part);
  const json = (await promisify(gunzip)(gzip)).toString();
  return { bytes: gzip.length, ...unpackSnapshot(JSON.parse(json) as PackedSnapshot) };
}

describe('a snapshot of 10 000 hosts', () => {
  test('for a wall is less than 60 KB, at rest and while a job rolls over all of them', async () => {
    const board = plants(10_000, now);
    expect((await taken(board, 'wall')).bytes).toBeLessThan(60_000);
    for (const done of [0, 5_000, 9_900, 10_000]) {
      rollOutEverywhere(board, done, now);
      expect((await taken(board, 'wall')).bytes, `${done} are there`).toBeLessThan(60_000);
    }
  });

  test('is the board to the last field; for a wall, what walls show of it', async () => {
    const board = plants(10_000, now);
    expect((await taken(board, 'whole')).board).toEqual(board);
    expect((await taken(board, 'wall')).board).toEqual(wallBoard(board));
  });
});

test.each(['whole', 'wall'] as const)(
  'a %s board that moves while its snapshot is made leaves it at one instant',
  async (part) => {
    const story = storyOf('everything', 60, now);
    const before = structuredClone(part === 'wall' ? wallBoard(story.board) : story.board);
    const making = taken(story.board, part);
    for (let id = 1; id <= 20; id += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      lose(story, id, 'No route to the host.');
    }
    expect((await making).board).toEqual(before);
  },
);
