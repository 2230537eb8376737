import { setTimeout as pause } from 'node:timers/promises';
import type { Bell } from './bell.ts';
import type { Database, Transaction } from './connect.ts';

/** Serialization failure and deadlock: PostgreSQL undid everything and asks to try again. */
const tryAgain: ReadonlySet<unknown> = new Set(['40001', '40P01']);
const attempts = 5;

/**
 * Runs one change in one transaction and rings the bell once it is committed. `fn` may run several times, so it
 * touches nothing but the transaction. Keep it short: a transaction that stays open holds back every reader of the log.
 */
export async function transact<T>(ctx: { db: Database; bell: Bell }, fn: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await ctx.db.transaction(fn);
      ctx.bell.ring({ board: true });
      return result;
    } catch (error) {
      if (attempt === attempts || !tryAgain.has(databaseCode(error))) throw error;
      await pause(Math.random() * 10 * 2 ** attempt);
    }
  }
}

/** SQLSTATE of a database error, wherever drizzle has wrapped it; undefined for any other error. */
export function databaseCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as { code?: unknown }).code;
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}
