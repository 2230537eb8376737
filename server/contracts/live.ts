/**
 * The live feed. Terminology
 *   snapshot   the board, by HTTP at /api/v1/board, with the cursor it stands at; its shelves travel as columns
 *   batch      activities after a cursor, in log order; a push is a hint, the cursor is the truth
 *   heartbeat  sign of life every few seconds, with the age of each moving part
 */
import type { AnyActivity } from '../domain/activity.ts';
import type { Board, WallBoard } from '../domain/board.ts';

/** Milliseconds. LATE and FEED LOST are what a screen says of its own feed; they are measured on its own clock. */
export const freshness = { heartbeatMs: 5_000, lateMs: 12_000, lostMs: 20_000 } as const;

/** What a snapshot can be of: everything, or what walls show of it, which a thousand of them take at once. */
export interface Boards {
  whole: Board;
  wall: WallBoard;
}
export type BoardPart = keyof Boards;

export interface Snapshot<B extends WallBoard = Board> {
  board: B;
  serverTime: number;
  build: string;
}

export interface Heartbeat {
  sequence: number;
  serverTime: number;
  /** Changes when the served dashboard changed: the page reloads itself. */
  build: string;
  cursor: string;
  /** Milliseconds since clock, queue and feed last gave a sign of life; null = never. */
  ages: { clock: number | null; queue: number | null; feed: number | null };
}

export interface ServerEvents {
  /** Activities after `from`, up to and including `to`. A client whose cursor is not `from` resumes with `board:follow`. */
  'board:batch': (batch: { from: string; to: string; activities: AnyActivity[] }) => void;
  /** The client is too far behind, or too slow: take the snapshot again. */
  'board:resync': (why: { code: 'too_far_behind' | 'too_slow' }) => void;
  'engine:heartbeat': (beat: Heartbeat) => void;
  /** The server is going down on purpose; reconnect and expect a short gap. */
  'engine:restarting': () => void;
  /** More bytes of a followed task log. `text` is whole lines where possible; `from`/`to` are stored byte offsets. */
  'log:chunk': (chunk: { taskId: number; from: number; to: number; text: string; ended: boolean }) => void;
}

export interface ClientEvents {
  /** Start or resume the board feed after this cursor. */
  'board:follow': (
    request: { since: string },
    answer: (result: { ok: true } | { ok: false; code: string }) => void,
  ) => void;
  'log:follow': (
    request: { taskId: number; from: number },
    answer: (result: { ok: true } | { ok: false; code: string }) => void,
  ) => void;
  'log:unfollow': (request: { taskId: number }) => void;
}
