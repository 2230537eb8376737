import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { BoardPart, Snapshot } from '../contracts/live.ts';
import { packSnapshot } from '../contracts/snapshot.ts';
import type { WallBoard } from '../domain/board.ts';
import { wallBoard } from '../domain/wall-board.ts';
import { openAdmission } from './admission.ts';
import type { BoardFeed } from './board-feed.ts';

const compress = promisify(gzip);

/** The snapshot as JSON, compressed. `etag` is quoted, as the header wants it. */
export interface CompressedSnapshot {
  gzip: Uint8Array;
  etag: string;
}

interface Made {
  cursor: string;
  at: number;
  /** How long it took; Infinity while it is being made. */
  costMs: number;
  answer: Promise<CompressedSnapshot>;
}

/** Whoever gets an older one catches up by following from its cursor; so under load making it takes at most a tenth of the time. */
const freshMs = 250;
/** Older than this it would be too far behind to catch up from while a large rollout runs. */
const oldestMs = 1_000;

/** Made once per cursor however many ask, and handed out a few at a turn; while the board moves, one serves a moment longer. */
export function createSnapshots(
  feed: BoardFeed,
  build: string,
  now: () => number,
): (part: BoardPart) => Promise<CompressedSnapshot> {
  const latest: Partial<Record<BoardPart, Made>> = {};
  const admission = openAdmission();

  function make(part: BoardPart): Made {
    const at = performance.now();
    const { cursor } = feed.board;
    const board = part === 'wall' ? wallBoard(feed.board) : feed.board;
    const made: Made = { cursor, at, costMs: Infinity, answer: compressed({ board, serverTime: now(), build }) };
    made.answer.then(
      () => (made.costMs = performance.now() - at),
      () => latest[part] === made && delete latest[part],
    );
    return made;
  }

  return async (part) => {
    await new Promise<void>((resolve) => admission.enter(resolve));
    const known = latest[part];
    const age = known ? performance.now() - known.at : Infinity;
    const serves = known && (known.cursor === feed.board.cursor ? age < 60_000 : age < servesMs(known));
    return (serves ? known : (latest[part] = make(part))).answer;
  };
}

function servesMs({ costMs }: Made): number {
  return costMs === Infinity ? Infinity : Math.max(freshMs, Math.min(oldestMs, 10 * costMs));
}

async function compressed(snapshot: Snapshot<WallBoard>): Promise<CompressedSnapshot> {
  const packed = await packSnapshot(snapshot, nextTurn);
  return { gzip: await compress(JSON.stringify(packed)), etag: `"${snapshot.build}-${snapshot.board.cursor}"` };
}
