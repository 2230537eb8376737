import type { Server as HttpServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { isAheadOfLog } from '../../db/queries/activities.ts';
import { freshness, type BoardPart } from '../contracts/live.ts';
import type { Context } from '../services/context.ts';
import { repeat } from '../services/engine/repeat.ts';
import { openBoardFeed } from './board-feed.ts';
import { openBoardStream } from './board-stream.ts';
import { startHeartbeat } from './heartbeat.ts';
import { openLogStream } from './log-stream.ts';
import { serveRequests } from './requests.ts';
import { createSnapshots, type CompressedSnapshot } from './snapshot.ts';
import { openServer, recheckSockets } from './socket-server.ts';
import { backlogBytes } from './socket.ts';

export interface LiveOptions {
  heartbeatMs?: number;
  /** Milliseconds between two looks at whether each socket's session still stands. */
  recheckMs?: number;
  batchMs?: number;
  backlogCap?: number;
  ringSize?: number;
}

export interface Live {
  snapshot(part: BoardPart): Promise<CompressedSnapshot>;
  /** Milliseconds since the board was last known to be that of the log. */
  age(): number;
  /** Bytes in our memory that wait for slow screens. */
  unsentBytes(): number;
  /** Tells screens that this server restarts, and closes every socket. */
  stop(): Promise<void>;
}

/** Serves the live feed on the HTTP server: see contracts/live.ts. `build` changes when the served dashboard does. */
export async function startLive(
  ctx: Context,
  http: HttpServer,
  build: string,
  options: LiveOptions = {},
): Promise<Live> {
  const feed = await openBoardFeed({ ...ctx, ringSize: options.ringSize });
  const io = openServer(ctx, http);
  const board = openBoardStream(io, feed, { ...options, isAhead: (cursor) => isAheadOfLog(ctx.db, cursor) });
  const logs = openLogStream(ctx);
  io.on('connection', (socket) => serveRequests(socket, board, logs));
  const endBeats = startHeartbeat(ctx, feed, board, build, options.heartbeatMs ?? freshness.heartbeatMs);
  const recheck = () => recheckSockets(ctx, io);
  const endRechecks = repeat('live: sessions', options.recheckMs ?? 60_000, ctx.log, recheck);
  const silence = ctx.bell.listen(({ access }) => {
    if (access) recheck().catch((error: unknown) => ctx.log.warn({ err: error }, 'live: sessions'));
  });
  return {
    snapshot: createSnapshots(feed, build, () => ctx.clock.now()),
    age: () => feed.age(),
    unsentBytes: () => [...io.sockets.sockets.values()].reduce((sum, socket) => sum + backlogBytes(socket), 0),
    async stop() {
      io.emit('engine:restarting');
      silence();
      await Promise.all([endBeats(), endRechecks(), feed.stop()]);
      board.stop();
      logs.stop();
      // One turn for the word to leave before the line is cut.
      await pause(50);
      io.disconnectSockets(true);
      io.engine.close();
    },
  };
}
