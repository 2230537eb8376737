import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Snapshot } from '../contracts/live.ts';
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
  costMs: number;
  answer: Promise<CompressedSnapshot>;
}

/** Whoever gets an older one catches up by following from its cursor; so under load making it takes at most a tenth of the time. */
const freshMs = 250;

/** Made once per cursor however many ask, and handed out a few at a turn; while the board moves, one serves a moment longer. */
export function createSnapshots(feed: BoardFeed, build: string, now: () => number): () => Promise<CompressedSnapshot> {
  let made: Made | undefined;
  const admission = openAdmission();
  return async () => {
    await new Promise<void>((resolve) => admission.enter(resolve));
    const { cursor } = feed.board;
    const age = made ? performance.now() - made.at : Infinity;
    if (made && (made.cursor === cursor ? age < 60_000 : age < Math.max(freshMs, 10 * made.costMs))) return made.answer;
    const at = performance.now();
    const snapshot: Snapshot = { board: feed.board, serverTime: now(), build };
    const json = JSON.stringify(snapshot);
    const answer = compress(json, { level: 5 }).then((bytes) => ({ gzip: bytes, etag: `"${build}-${cursor}"` }));
    made = { cursor, at, costMs: performance.now() - at, answer };
    answer.catch(() => (made = undefined));
    return answer;
  };
}
