import { setTimeout as pause } from 'node:timers/promises';
import type { AnyActivity } from '../server/domain/activity.ts';
import type { Bell } from './bell.ts';
import type { Database } from './connect.ts';
import { findStall, isAheadOfLog, readAfter, type Stall } from './queries/activities.ts';

export interface TailOptions {
  db: Database;
  bell: Bell;
  /** Cursor after which to begin. */
  from: string;
  /** Gets each batch once, in log order; the next one waits for it. When it throws, the same batch comes again. */
  onBatch: (activities: AnyActivity[], to: string) => Promise<void> | void;
  /** Called whenever everything that is committed has been delivered. */
  onCaughtUp?: () => void;
  /** Reading or `onBatch` failed; the tail goes on by itself. */
  onError?: (error: unknown) => void;
  /** Committed rows have waited this long behind an open transaction; asked again each `stallMs`. */
  onStall?: (stall: Stall | undefined, waitedMs: number) => void;
  stallMs?: number;
  /** The log ends before the cursor: see `isAheadOfLog`. The tail goes on from the cursor that is returned. */
  onRewound?: () => Promise<string>;
  limit?: number;
  signal: AbortSignal;
}

/**
 * Follows the log until aborted, through restarts of the database. Delivers every settled activity after `from` exactly
 * once and in order, as long as `onBatch` does not throw. Resolves after the batch under way.
 */
export async function tail(options: TailOptions): Promise<void> {
  const { bell, signal } = options;
  const doorbell = openDoorbell(bell, signal);
  const position: Position = { cursor: options.from, waitingSince: undefined };
  let failures = 0;
  /** At the start, and after every break: meanwhile the database may have become another. */
  let sure = false;
  while (!signal.aborted) {
    try {
      if (!sure) await rewindIfAhead(options, position);
      sure = true;
      doorbell.reset();
      const outcome = await step(options, position);
      failures = 0;
      if (outcome === 'caught-up') await doorbell.wait();
    } catch (error) {
      if (signal.aborted) break;
      failures += 1;
      sure = false;
      options.onError?.(error);
      await pause(Math.min(1_000, 50 * 2 ** failures), undefined, { signal }).catch(() => undefined);
    }
  }
  doorbell.close();
}

interface Position {
  cursor: string;
  /** When rows first waited behind an open transaction (monotonic milliseconds). */
  waitingSince: number | undefined;
}

async function step(options: TailOptions, position: Position): Promise<'delivered' | 'waiting' | 'caught-up'> {
  const page = await readAfter(options.db, position.cursor, options.limit ?? 1_000);
  if (options.signal.aborted) return 'waiting';
  if (page.activities.length > 0) {
    await options.onBatch(page.activities, page.to);
    position.cursor = page.to;
    position.waitingSince = undefined;
  }
  if (!page.more) {
    position.waitingSince = undefined;
    options.onCaughtUp?.();
    return 'caught-up';
  }
  if (page.activities.length > 0) return 'delivered';
  await waitBehind(options, position);
  return 'waiting';
}

/** An older transaction is still open. When it ends it may not ring, since it need not be one of ours. */
async function waitBehind(options: TailOptions, position: Position): Promise<void> {
  position.waitingSince ??= performance.now();
  const waited = performance.now() - position.waitingSince;
  if (waited > (options.stallMs ?? 2_000)) {
    position.waitingSince = performance.now();
    options.onStall?.(await findStall(options.db), Math.round(waited));
  }
  await pause(Math.min(50, 2 + waited / 4), undefined, { signal: options.signal });
}

async function rewindIfAhead(options: TailOptions, position: Position): Promise<void> {
  if (!options.onRewound || !(await isAheadOfLog(options.db, position.cursor))) return;
  position.cursor = await options.onRewound();
}

/** Remembers a ring that came while nobody was waiting. */
function openDoorbell(bell: Bell, signal: AbortSignal) {
  let rung = false;
  let wake: (() => void) | undefined;
  const ring = () => {
    rung = true;
    wake?.();
  };
  const end = bell.listen((what) => what.board && ring());
  signal.addEventListener('abort', ring, { once: true });
  return {
    reset: () => (rung = false),
    wait: () => new Promise<void>((resolve) => (rung ? resolve() : (wake = resolve))),
    close() {
      end();
      signal.removeEventListener('abort', ring);
    },
  };
}
