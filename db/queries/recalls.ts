import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Recall } from '../../server/domain/recall.ts';
import type { Reader, Transaction } from '../connect.ts';
import { recall } from '../schema/index.ts';

export type RecallRow = typeof recall.$inferSelect;
export type NewRecall = Omit<
  typeof recall.$inferInsert,
  'id' | 'revision' | 'revertedAt' | 'revertedBy' | 'revertReason'
>;

/** The recalls of a product that nobody has reverted, oldest first. Rule: section 9. */
export async function recallsStanding(reader: Reader, productId: number): Promise<(Recall & { id: number })[]> {
  const rows = await reader
    .select()
    .from(recall)
    .where(and(eq(recall.productId, productId), isNull(recall.revertedAt)))
    .orderBy(asc(recall.id));
  return rows.map(({ id, range, except, strategy }) => ({ id, range, except, strategy, reverted: false }));
}

export async function insertRecall(tx: Transaction, values: NewRecall): Promise<number> {
  const [row] = await tx.insert(recall).values(values).returning({ id: recall.id });
  return (row as { id: number }).id;
}
