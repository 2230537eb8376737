import { sql } from 'drizzle-orm';
import type { Database, Reader } from '../connect.ts';
import { heartbeat } from '../schema/index.ts';

/** Stores a sign of life. It never moves back, whoever's clock is behind. */
export async function storeBeat(db: Reader, part: string, now: number): Promise<void> {
  await db
    .insert(heartbeat)
    .values({ part, beatAt: now })
    .onConflictDoUpdate({
      target: heartbeat.part,
      set: { beatAt: sql`greatest(${heartbeat.beatAt}, excluded.beat_at)` },
    });
}

export async function readBeats(db: Database): Promise<Map<string, number>> {
  const rows = await db.select().from(heartbeat);
  return new Map(rows.map(({ part, beatAt }) => [part, beatAt]));
}
