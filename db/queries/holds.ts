import type { Transaction } from '../connect.ts';
import { hold } from '../schema/index.ts';

export type HoldRow = typeof hold.$inferSelect;
export type NewHold = Omit<typeof hold.$inferInsert, 'id' | 'revision'>;

export async function insertHold(tx: Transaction, values: NewHold): Promise<number> {
  const [row] = await tx.insert(hold).values(values).returning({ id: hold.id });
  return (row as { id: number }).id;
}
