import { readBeats } from '../../db/queries/engine.ts';
import type { Heartbeat } from '../contracts/live.ts';
import type { Context } from '../services/context.ts';
import { repeat } from '../services/engine/repeat.ts';
import type { BoardFeed } from './board-feed.ts';
import type { BoardStream } from './board-stream.ts';

type Ages = Heartbeat['ages'];

/**
 * A beat says that what is shown is true. So it is withheld while this process itself does not know: a screen without
 * beats loses its colour, one with beats on a dead feed would stay green.
 */
export function startHeartbeat(
  ctx: Context,
  feed: BoardFeed,
  board: BoardStream,
  build: string,
  everyMs: number,
): () => Promise<void> {
  let sequence = 0;
  return repeat('live: heartbeat', everyMs, ctx.log, async () => {
    const ages = await readAges(ctx);
    if (feed.age() > Math.max(everyMs, 2_000)) return;
    sequence += 1;
    board.beat({ sequence, serverTime: ctx.clock.now(), build, cursor: board.position(), ages });
  });
}

async function readAges(ctx: Context): Promise<Ages> {
  const beats = await readBeats(ctx.db);
  const age = (part: keyof Ages) => {
    const beatAt = beats.get(part);
    return beatAt === undefined ? null : Math.max(0, ctx.clock.now() - beatAt);
  };
  return { clock: age('clock'), queue: age('queue'), feed: age('feed') };
}
