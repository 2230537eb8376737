/**
 * Whether what a screen shows may be believed. Pure: the watchdog hands in its own monotonic clock, so a socket that
 * is silent for any reason, half-open links included, is seen.
 *
 * Terminology
 *   truth   the last instant at which the board was known to be the server's: a snapshot, a batch folded in, or a
 *           heartbeat that stands at the board's own cursor
 *   signs   everything the judgement looks at; instants are milliseconds of the monotonic clock unless they say server
 */
import { freshness as limits, type Heartbeat } from '../../server/contracts/live.ts';

/** A moving part of the server that was silent for longer than this has stalled. Milliseconds. */
export const stalledMs = 30_000;

export interface Signs {
  /** When the watch began. */
  startedAt: number;
  truthAt: number | null;
  /** Server time of that truth, epoch milliseconds. */
  truthServerTime: number | null;
  /** False once the link is known to be down. */
  linked: boolean;
  signedOut: boolean;
  /** When the server said that it goes down on purpose; null once it is back. */
  restartingAt: number | null;
  ages: Heartbeat['ages'] | null;
  /** When `ages` arrived. */
  agesAt: number;
  /** Why the last attempt to get a first picture failed. */
  problem: string | null;
}

export type FreshnessCode =
  'live' | 'reconnecting' | 'late' | 'feed_lost' | 'server_restarting' | 'engine_stalled' | 'signed_out' | 'no_data';

export interface Freshness {
  code: FreshnessCode;
  /** The board is too old to be coloured: `feed_lost`, and `no_data` and `signed_out` which have none. */
  lost: boolean;
  /** Whole seconds since the last truth; null before the first. */
  ageS: number | null;
  truthServerTime: number | null;
  /** Parts of the engine that are silent, for `engine_stalled`. */
  silent: readonly EnginePart[];
  /** A restart was announced and the server is not back. */
  restarting: boolean;
  problem: string | null;
}

export type EnginePart = 'clock' | 'queue';
const engineParts = ['clock', 'queue'] as const satisfies readonly EnginePart[];

export function noSigns(now: number): Signs {
  return {
    startedAt: now,
    truthAt: null,
    truthServerTime: null,
    linked: false,
    signedOut: false,
    restartingAt: null,
    ages: null,
    agesAt: now,
    problem: null,
  };
}

/** Judges the signs at `now`, milliseconds of the same monotonic clock. */
export function judgeFreshness(signs: Signs, now: number): Freshness {
  const age = signs.truthAt === null ? null : now - signs.truthAt;
  const silent = silentParts(signs, now);
  const code = freshnessCode(signs, age, silent);
  return {
    code,
    lost: code === 'feed_lost' || code === 'no_data' || code === 'signed_out',
    ageS: age === null ? null : Math.floor(age / 1000),
    truthServerTime: signs.truthServerTime,
    silent,
    restarting: signs.restartingAt !== null,
    problem: signs.problem,
  };
}

function freshnessCode(signs: Signs, age: number | null, silent: readonly EnginePart[]): FreshnessCode {
  if (signs.signedOut) return 'signed_out';
  if (age === null) return 'no_data';
  if (age >= limits.lostMs) return 'feed_lost';
  if (signs.restartingAt !== null) return 'server_restarting';
  if (age >= limits.lateMs) return 'late';
  if (!signs.linked) return 'reconnecting';
  return silent.length > 0 ? 'engine_stalled' : 'live';
}

/** A part that never gave a sign is silent since the watch began, so that a server which just started gets its time. */
function silentParts({ ages, agesAt, startedAt }: Signs, now: number): EnginePart[] {
  if (!ages) return [];
  return engineParts.filter((part) => {
    const age = ages[part];
    return (age === null ? now - startedAt : age + (now - agesAt)) > stalledMs;
  });
}
