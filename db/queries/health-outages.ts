import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { Reason } from '../../server/domain/reason.ts';
import type { Reader, Transaction } from '../connect.ts';
import { healthOutage, heartbeat } from '../schema/index.ts';

/** When a part gave its last sign of life; its row stays locked, so that nobody else judges the same silence. */
export async function lockBeat(tx: Transaction, part: string): Promise<number | null> {
  const [row] = await tx
    .select({ at: heartbeat.beatAt })
    .from(heartbeat)
    .where(eq(heartbeat.part, part))
    .for('no key update');
  return row?.at ?? null;
}

const openOf = (part: string) => and(isNull(healthOutage.endedAt), sql`${healthOutage.cause}->>'part' = ${part}`);

/** Opens an outage of a part unless there is an open one. */
export async function openOutage(tx: Transaction, startedAt: number, cause: Reason & { part: string }): Promise<void> {
  const open = await tx.select({ id: healthOutage.id }).from(healthOutage).where(openOf(cause.part));
  if (open.length === 0) await tx.insert(healthOutage).values({ startedAt, cause });
}

/** Ends the open outage of a part, or stores the one that nobody has seen while it lasted. */
export async function endOutage(
  tx: Transaction,
  span: { startedAt: number; endedAt: number },
  cause: Reason & { part: string },
): Promise<void> {
  const ended = await tx
    .update(healthOutage)
    .set({ endedAt: span.endedAt, cause })
    .where(openOf(cause.part))
    .returning({ id: healthOutage.id });
  if (ended.length === 0) await tx.insert(healthOutage).values({ ...span, cause });
}

/** Whether an outage lasts, or has ended after an instant. */
export async function outageSince(reader: Reader, since: number): Promise<boolean> {
  const rows = await reader
    .select({ id: healthOutage.id })
    .from(healthOutage)
    .where(or(isNull(healthOutage.endedAt), gt(healthOutage.endedAt, since)))
    .limit(1);
  return rows.length > 0;
}
