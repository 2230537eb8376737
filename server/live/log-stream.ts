import type { Bell } from '../../db/bell.ts';
import type { Context } from '../services/context.ts';
import { readTaskLog } from '../services/task/read-log.ts';
import type { FollowAnswer } from './board-stream.ts';
import { backlogBytes, type LiveSocket } from './socket.ts';

/** Sends the output of tasks to whoever follows it, byte by byte as it is stored. */
export interface LogStream {
  follow(socket: LiveSocket, taskId: number, from: number): FollowAnswer;
  unfollow(socket: LiveSocket, taskId: number): void;
  forget(socket: LiveSocket): void;
  stop(): void;
}

interface Follow {
  /** Stored bytes that the client has. */
  at: number;
  reading: boolean;
  /** Rung while it was read. */
  again: boolean;
}

const followsPerSocket = 16;
/** Above this many unsent bytes the log waits in the database until the client has taken what it got. */
const backlogCap = 512 * 1024;

/** The bell says which tasks have more; the stored bytes say what is new. `onError`: a follow ended by an error. */
export function openLogStream(ctx: Context & { bell: Bell }): LogStream {
  const followers = new Map<LiveSocket, Map<number, Follow>>();
  const silence = ctx.bell.listen(({ log }) => {
    for (const [socket, follows] of followers) {
      const rung = log === 'every' ? follows.keys() : log.filter((id) => follows.has(id));
      for (const taskId of rung) void pump(socket, taskId);
    }
  });

  async function pump(socket: LiveSocket, taskId: number): Promise<void> {
    const follow = followers.get(socket)?.get(taskId);
    if (!follow) return;
    follow.again = true;
    if (follow.reading) return;
    follow.reading = true;
    try {
      while (follow.again && isCurrent(socket, taskId, follow) && backlogBytes(socket) < backlogCap) {
        follow.again = false;
        await sendMore(socket, taskId, follow);
      }
    } catch (error) {
      // The next ring, a second from now at the latest, tries again.
      ctx.log.warn({ err: error, taskId }, 'live: the log of a task cannot be read');
    } finally {
      follow.reading = false;
    }
  }

  async function sendMore(socket: LiveSocket, taskId: number, follow: Follow): Promise<void> {
    const chunk = await readTaskLog.run(ctx, socket.data.actor, { id: taskId, from: follow.at });
    if (!isCurrent(socket, taskId, follow)) return;
    const over = chunk.ended && chunk.to >= chunk.total;
    if (chunk.to > follow.at || over) {
      const { from, to, text } = chunk;
      socket.emit('log:chunk', { taskId, from, to, text, ended: over });
    }
    if (chunk.to > follow.at && chunk.to < chunk.total) follow.again = true;
    follow.at = chunk.to;
    if (over) unfollow(socket, taskId);
  }

  /** False once the client has let go, or begun anew from another byte. */
  function isCurrent(socket: LiveSocket, taskId: number, follow: Follow): boolean {
    return followers.get(socket)?.get(taskId) === follow;
  }

  function unfollow(socket: LiveSocket, taskId: number): void {
    const follows = followers.get(socket);
    follows?.delete(taskId);
    if (follows?.size === 0) followers.delete(socket);
  }

  return {
    follow(socket, taskId, from) {
      const follows = followers.get(socket) ?? new Map<number, Follow>();
      if (!follows.has(taskId) && follows.size >= followsPerSocket) return { ok: false, code: 'too_many_logs' };
      follows.set(taskId, { at: from, reading: false, again: false });
      followers.set(socket, follows);
      void pump(socket, taskId);
      return { ok: true };
    },
    unfollow,
    forget: (socket) => void followers.delete(socket),
    stop: silence,
  };
}
