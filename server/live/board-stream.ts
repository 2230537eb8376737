import { compareCursors, parseCursor } from '../../db/cursor.ts';
import { openAdmission } from './admission.ts';
import type { BoardFeed } from './board-feed.ts';
import { coalesce } from '../domain/coalesce.ts';
import { backlogBytes, type LiveServer, type LiveSocket } from './socket.ts';
import type { Heartbeat } from '../contracts/live.ts';

export interface BoardStreamOptions {
  /** Milliseconds between two batches; what happens in between travels together. */
  batchMs?: number;
  /** A client with more unsent bytes than this goes back to the snapshot. */
  backlogCap?: number;
  /** A client that missed more activities than this is served sooner by the snapshot. */
  backfillCap?: number;
  /** Whether a cursor is beyond the end of the log: the client knows a database that is gone. */
  isAhead: (cursor: string) => Promise<boolean>;
}

export type FollowAnswer = { ok: true } | { ok: false; code: string };

/** Sends the board's activities to everybody who follows. */
export interface BoardStream {
  follow(socket: LiveSocket, since: string): Promise<FollowAnswer>;
  forget(socket: LiveSocket): void;
  /** Where those who are up to date stand. Sends what is due first, so that it is the newest. */
  position(): string;
  /** Encoded once for all, except those that were sent back to the snapshot and have not followed again: they get nothing. */
  beat(beat: Heartbeat): void;
  stop(): void;
}

/**
 * Followers share one position and get one encoded packet per batch; whoever resumes is first brought there on their
 * own, in the same turn of the event loop, so nothing can fall in between.
 */
export function openBoardStream(io: LiveServer, feed: BoardFeed, options: BoardStreamOptions): BoardStream {
  const { batchMs = 50, backlogCap = 1_000_000, backfillCap = 2_000 } = options;
  const room = 'board';
  const parked = 'parked';
  const followers = new Set<LiveSocket>();
  const admission = openAdmission(32);
  /** They took their snapshot from a process that is ahead of this one. */
  const ahead = new Map<LiveSocket, string>();
  let sent = feed.board.cursor;
  let lastFlush = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    lastFlush = performance.now();
    const { cursor } = feed.board;
    if (cursor === sent) return;
    const activities = feed.after(sent);
    if (!activities) return sendAllBack('too_far_behind');
    for (const socket of followers) if (backlogBytes(socket) > backlogCap) park(socket, 'too_slow');
    io.to(room).emit('board:batch', { from: sent, to: cursor, activities: [...coalesce(activities)] });
    sent = cursor;
    for (const [socket, since] of ahead) if (compareCursors(since, sent) <= 0) admit(socket, since);
  }

  function admit(socket: LiveSocket, since: string): boolean {
    const missed = feed.after(since);
    const activities = missed && coalesce(missed);
    if (!activities || activities.length > backfillCap) return false;
    ahead.delete(socket);
    if (since !== sent) socket.emit('board:batch', { from: since, to: sent, activities: [...activities] });
    void socket.leave(parked);
    followers.add(socket);
    void socket.join(room);
    return true;
  }

  function park(socket: LiveSocket, code: 'too_slow' | 'too_far_behind'): void {
    forget(socket);
    void socket.join(parked);
    socket.emit('board:resync', { code });
  }

  function sendAllBack(code: 'too_far_behind'): void {
    for (const socket of [...followers, ...ahead.keys()]) park(socket, code);
    sent = feed.board.cursor;
  }

  function forget(socket: LiveSocket): void {
    followers.delete(socket);
    ahead.delete(socket);
    void socket.leave(room);
  }

  feed.listen((news) => {
    if (news === 'reloaded') return sendAllBack('too_far_behind');
    timer ??= setTimeout(flush, Math.max(0, lastFlush + batchMs - performance.now()));
  });

  return {
    async follow(socket, since) {
      if (!parseCursor(since)) return { ok: false, code: 'malformed' };
      forget(socket);
      await new Promise<void>((resolve) => admission.enter(resolve));
      if (!socket.connected) return { ok: false, code: 'disconnected' };
      if (backlogBytes(socket) > backlogCap) return { ok: false, code: 'too_slow' };
      flush();
      if (compareCursors(since, sent) <= 0) {
        return admit(socket, since) ? { ok: true } : { ok: false, code: 'too_far_behind' };
      }
      if (await options.isAhead(since)) return { ok: false, code: 'too_far_behind' };
      if (!socket.connected) return { ok: false, code: 'disconnected' };
      if (compareCursors(since, sent) <= 0) {
        return admit(socket, since) ? { ok: true } : { ok: false, code: 'too_far_behind' };
      }
      void socket.leave(parked);
      ahead.set(socket, since);
      return { ok: true };
    },
    forget,
    position() {
      flush();
      return sent;
    },
    beat: (beat) => void io.except(parked).emit('engine:heartbeat', beat),
    stop: () => clearTimeout(timer),
  };
}
