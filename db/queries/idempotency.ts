import { eq, lt, sql } from 'drizzle-orm';
import type { Reader, Transaction } from '../connect.ts';
import { idempotencyKey } from '../schema/index.ts';

/** The 64-bit key of an advisory lock, as decimal text: more than JavaScript's integers hold. */
export async function tryLockKey(tx: Transaction, lockKey: string): Promise<boolean> {
  const [row] = await tx.execute<{ locked: boolean }>(
    sql`select pg_try_advisory_xact_lock(${lockKey}::bigint) as locked`,
  );
  return row?.locked === true;
}

export async function findAnswer(reader: Reader, key: string) {
  const [row] = await reader
    .select({ requestHash: idempotencyKey.requestHash, response: idempotencyKey.response })
    .from(idempotencyKey)
    .where(eq(idempotencyKey.key, key));
  return row;
}

export async function insertAnswer(tx: Transaction, values: typeof idempotencyKey.$inferInsert): Promise<void> {
  await tx.insert(idempotencyKey).values(values);
}

/** How many were deleted. `before`: epoch milliseconds. */
export async function deleteAnswers(reader: Reader, before: number): Promise<number> {
  const rows = await reader
    .delete(idempotencyKey)
    .where(lt(idempotencyKey.createdAt, before))
    .returning({ key: idempotencyKey.key });
  return rows.length;
}
