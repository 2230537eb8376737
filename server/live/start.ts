import type { Server as HttpServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Server } from 'socket.io';
import { z } from 'zod';
import { isAheadOfLog } from '../../db/queries/activities.ts';
import { readBeats } from '../../db/queries/engine.ts';
import { idParam } from '../contracts/endpoint.ts';
import { freshness, type ClientEvents, type Heartbeat } from '../contracts/live.ts';
import type { Action } from '../domain/permission.ts';
import { mayDo } from '../domain/permission.ts';
import type { Context } from '../services/context.ts';
import { repeat } from '../services/engine/repeat.ts';
import { actorOf, comesFromOwnPage, recheckSockets } from './admission.ts';
import { openBoardFeed, type BoardFeed } from './board-feed.ts';
import { openBoardStream, type BoardStream, type FollowAnswer } from './board-stream.ts';
import { openLogStream, type LogStream } from './log-stream.ts';
import { createSnapshots, type CompressedSnapshot } from './snapshot.ts';
import type { LiveServer, LiveSocket } from './socket.ts';

export interface LiveOptions {
  heartbeatMs?: number;
  /** Milliseconds between two looks at whether each socket's session still stands. */
  recheckMs?: number;
  batchMs?: number;
  backlogCap?: number;
  ringSize?: number;
}

export interface Live {
  snapshot(): Promise<CompressedSnapshot>;
  /** Milliseconds since the board was last known to be that of the log. */
  age(): number;
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
  io.on('connection', (socket) => serve(socket, board, logs));
  const endBeats = startHeartbeat(ctx, io, feed, board, build, options.heartbeatMs ?? freshness.heartbeatMs);
  const recheck = () => recheckSockets(ctx, io);
  const endRechecks = repeat('live: sessions', options.recheckMs ?? 60_000, ctx.log, recheck);
  const silence = ctx.bell.listen(({ access }) => {
    if (access) recheck().catch((error: unknown) => ctx.log.warn({ err: error }, 'live: sessions'));
  });
  return {
    snapshot: createSnapshots(feed, build, () => ctx.clock.now()),
    age: () => feed.age(),
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

const path = '/socket.io/';

/** Requests that the live feed answers itself. */
export function isLivePath(url: string | undefined): boolean {
  return url?.startsWith(path) ?? false;
}

function openServer(ctx: Context, http: HttpServer): LiveServer {
  const io: LiveServer = new Server(http, {
    path,
    serveClient: false,
    transports: ['websocket', 'polling'],
    pingInterval: 10_000,
    pingTimeout: 10_000,
    // Clients only ever send a cursor or a task's number.
    maxHttpBufferSize: 10_000,
    allowRequest: (request, answer) =>
      comesFromOwnPage(ctx, request) ? answer(null, true) : answer('foreign_origin', false),
  });
  io.use((socket, next) => {
    actorOf(ctx, socket.request).then(
      (actor) => {
        if (!actor) return next(new Error('not_signed_in'));
        socket.data.actor = actor;
        next();
      },
      (error: unknown) => {
        ctx.log.warn({ err: error }, 'live: a socket could not be authenticated');
        next(new Error('unavailable'));
      },
    );
  });
  return io;
}

const followBoard = z.object({ since: z.string().max(50) });
const followLog = z.object({ taskId: idParam, from: z.number().int().min(0) });
const unfollowLog = z.object({ taskId: idParam });
const answerable = z.custom<(answer: FollowAnswer) => void>((value) => typeof value === 'function');

/** Every event that a client may send, and the action that guards it; `log:unfollow` only takes back what one asked for. */
export const clientEvents = {
  'board:follow': 'board.read',
  'log:follow': 'log.read',
  'log:unfollow': 'signed_in',
} as const satisfies Record<keyof ClientEvents, Action | 'signed_in'>;

/** Parses and calls. What is not of the contract is answered where it can be, and changes nothing. */
function serve(socket: LiveSocket, board: BoardStream, logs: LogStream): void {
  const guarded = async <T>(
    event: keyof typeof clientEvents,
    schema: z.ZodType<T>,
    request: unknown,
    answer: unknown,
    run: (input: T) => FollowAnswer | Promise<FollowAnswer>,
  ): Promise<void> => {
    const reply = answerable.safeParse(answer).data ?? (() => undefined);
    const input = schema.safeParse(request);
    const guard = clientEvents[event];
    if (guard !== 'signed_in' && !mayDo(socket.data.actor, guard).allowed) reply({ ok: false, code: 'not_permitted' });
    else if (!input.success) reply({ ok: false, code: 'malformed' });
    else reply(await Promise.resolve(run(input.data)).catch(() => ({ ok: false, code: 'unavailable' }) as const));
  };
  const events: { [E in keyof typeof clientEvents]: (request: unknown, answer?: unknown) => void } = {
    'board:follow': (request, answer) =>
      void guarded('board:follow', followBoard, request, answer, ({ since }) => board.follow(socket, since)),
    'log:follow': (request, answer) =>
      void guarded('log:follow', followLog, request, answer, ({ taskId, from }) => logs.follow(socket, taskId, from)),
    'log:unfollow': (request, answer) =>
      void guarded('log:unfollow', unfollowLog, request, answer, ({ taskId }) => {
        logs.unfollow(socket, taskId);
        return { ok: true };
      }),
  };
  for (const event of Object.keys(events) as (keyof typeof events)[]) socket.on(event, events[event]);
  socket.on('disconnect', () => {
    board.forget(socket);
    logs.forget(socket);
  });
}

type Ages = Heartbeat['ages'];

/**
 * A beat says that what is shown is true. So it is withheld while this process itself does not know: a screen without
 * beats loses its colour, one with beats on a dead feed would stay green.
 */
function startHeartbeat(
  ctx: Context,
  io: LiveServer,
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
    const beat: Heartbeat = { sequence, serverTime: ctx.clock.now(), build, cursor: board.position(), ages };
    for (const socket of io.sockets.sockets.values())
      if (!board.isParked(socket)) socket.emit('engine:heartbeat', beat);
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
