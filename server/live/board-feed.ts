import type { Bell } from '../../db/bell.ts';
import type { Database } from '../../db/connect.ts';
import { loadBoard } from '../../db/queries/board.ts';
import { tail } from '../../db/tail.ts';
import { isConfidential, type AnyActivity } from '../domain/activity.ts';
import { apply, type Board } from '../domain/board.ts';
import { coalesce } from '../domain/coalesce.ts';
import { createRing } from './ring.ts';
import type { Logger } from 'pino';

/** The board as this process knows it, and the latest activities behind it. One per web process. */
export interface BoardFeed {
  readonly board: Board;
  /** Everything after the cursor; undefined: too long ago, take the snapshot. */
  after(since: string): AnyActivity[] | undefined;
  /** Milliseconds since the board was last known to be that of the log. Grows while the database or the tail stands still. */
  age(): number;
  /** `moved`: there is more behind the cursor. `reloaded`: the log was set back, nobody may go on from where they are. */
  listen(fn: (news: 'moved' | 'reloaded') => void): void;
  stop(): Promise<void>;
}

export interface BoardFeedOptions {
  db: Database;
  bell: Bell;
  log: Logger;
  /** Activities kept for clients that resume. */
  ringSize?: number;
}

/** Loads the board and follows the log from there. Throws when the first load fails. */
export async function openBoardFeed(options: BoardFeedOptions): Promise<BoardFeed> {
  const { db, bell, log, ringSize = 20_000 } = options;
  let board = await loadBoard(db);
  let currentAt = performance.now();
  const ring = createRing(ringSize, board.cursor);
  const listeners: ((news: 'moved' | 'reloaded') => void)[] = [];
  const tell = (news: 'moved' | 'reloaded') => listeners.forEach((listener) => listener(news));
  const ending = new AbortController();

  const following = tail({
    db,
    bell,
    from: board.cursor,
    signal: ending.signal,
    onBatch(activities, to) {
      const worthwhile = coalesce(activities.filter(({ entity }) => !isConfidential(entity.kind)));
      for (const activity of worthwhile) apply(board, activity);
      board.cursor = to;
      ring.push(worthwhile);
      currentAt = performance.now();
      tell('moved');
    },
    onCaughtUp: () => (currentAt = performance.now()),
    async onRewound() {
      log.warn('live: the log ends before our place in it, so the database was set back; loading the board anew');
      board = await loadBoard(db);
      ring.reset(board.cursor);
      tell('reloaded');
      return board.cursor;
    },
    onError: (error) => log.warn({ err: error }, 'live: the log cannot be read; trying again'),
    onStall: (stall, waitedMs) =>
      log.warn({ stall, waitedMs }, 'live: an open transaction holds back the log; it has to end for screens to go on'),
  });

  return {
    get board() {
      return board;
    },
    after: (since) => ring.after(since),
    age: () => Math.round(performance.now() - currentAt),
    listen: (fn) => void listeners.push(fn),
    async stop() {
      ending.abort();
      await following;
    },
  };
}
