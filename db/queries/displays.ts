import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { DisplayView } from '../../server/domain/views.ts';
import type { Reader, Transaction } from '../connect.ts';
import { display, displayPairing } from '../schema/index.ts';
import { chosen, idIn, type Which } from './views.ts';

export type DisplayRow = typeof display.$inferSelect;
type DisplaySettings = Pick<DisplayRow, 'name' | 'views' | 'rotateMs'>;

export async function displaysById(reader: Reader, ids: readonly number[]): Promise<DisplayRow[]> {
  return reader.select().from(display).where(idIn(display.id, ids));
}

export async function insertDisplay(
  tx: Transaction,
  values: DisplaySettings & Pick<DisplayRow, 'pairedAt' | 'pairedBy'>,
): Promise<DisplayRow> {
  const [row] = await tx.insert(display).values(values).returning();
  return row as DisplayRow;
}

/** Displays that are not revoked. */
export const pairedDisplays: Which = { where: isNull(display.revokedAt) };

export async function displayViews(reader: Reader, which: Which): Promise<DisplayView[]> {
  const { where, orderBy, limit } = chosen(display.id, which);
  const rows = await reader
    .select()
    .from(display)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return rows.map(({ tokenHash: _token, lastSeenAt: _seen, ...view }) => view);
}

/** undefined: there is none, or it is revoked. */
export async function updateDisplay(
  reader: Reader,
  id: number,
  patch: Partial<DisplaySettings & Pick<DisplayRow, 'revokedAt'>>,
): Promise<DisplayRow | undefined> {
  const [row] = await reader
    .update(display)
    .set({ ...patch, revision: sql`${display.revision} + 1` })
    .where(and(eq(display.id, id), isNull(display.revokedAt)))
    .returning();
  return row;
}

/** Its token is there; no fact of the log, which has that it was paired. */
export async function keepDisplayToken(tx: Transaction, id: number, tokenHash: string, now: number): Promise<void> {
  await tx.update(display).set({ tokenHash, lastSeenAt: now }).where(eq(display.id, id));
}

export async function findLiveDisplay(reader: Reader, tokenHash: string): Promise<DisplayRow | undefined> {
  const [row] = await reader
    .select()
    .from(display)
    .where(and(eq(display.tokenHash, tokenHash), isNull(display.revokedAt)));
  return row;
}

export async function noteDisplaySeen(reader: Reader, id: number, now: number): Promise<void> {
  await reader.update(display).set({ lastSeenAt: now }).where(eq(display.id, id));
}

// --- pairing

export async function forgetPairings(reader: Reader, before: number): Promise<void> {
  await reader.delete(displayPairing).where(lt(displayPairing.expiresAt, before));
}

export function countPairings(reader: Reader): Promise<number> {
  return reader.$count(displayPairing);
}

/** False: another screen shows this code. */
export async function insertPairing(
  reader: Reader,
  values: Omit<typeof displayPairing.$inferInsert, 'displayId'>,
): Promise<boolean> {
  const rows = await reader
    .insert(displayPairing)
    .values(values)
    .onConflictDoNothing()
    .returning({ code: displayPairing.code });
  return rows.length > 0;
}

/** The screen that shows this code, if nobody has entered it and it has not run out. */
export async function lockPairing(tx: Transaction, code: string, now: number) {
  const [row] = await tx
    .select()
    .from(displayPairing)
    .where(and(eq(displayPairing.code, code), gt(displayPairing.expiresAt, now), isNull(displayPairing.displayId)))
    .for('update');
  return row;
}

export async function grantPairing(tx: Transaction, secretHash: string, displayId: number): Promise<void> {
  await tx.update(displayPairing).set({ displayId }).where(eq(displayPairing.secretHash, secretHash));
}

export async function findPairing(tx: Transaction, secretHash: string, now: number) {
  const [row] = await tx
    .select()
    .from(displayPairing)
    .where(and(eq(displayPairing.secretHash, secretHash), gt(displayPairing.expiresAt, now)))
    .for('update');
  return row;
}

export async function deletePairing(tx: Transaction, secretHash: string): Promise<void> {
  await tx.delete(displayPairing).where(eq(displayPairing.secretHash, secretHash));
}
