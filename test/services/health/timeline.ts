import { asc, eq } from 'drizzle-orm';
import { healthInterval, healthNow } from '../../../db/schema/index.ts';
import type { HealthState, InForce } from '../../../server/domain/observation.ts';
import { reportHealth } from '../../../server/services/health/report.ts';
import type { World } from '../../support/world.ts';

export interface Said {
  host?: string;
  at: number;
  live?: boolean;
  state?: HealthState | null;
}

/** As a machine would, by the endpoint's verb; of `orders` on line-1 unless said otherwise. */
export function report({ ctx, operator }: World, said: readonly Said[]) {
  const observations = said.map(({ host = 'line-1', at, live = true, state = null }) => ({
    host,
    product: 'orders',
    at,
    live,
    state,
  }));
  return reportHealth.run(ctx, operator, { observations });
}

/** What was in force on a host, as it is stored. */
export async function timelineOf({ ctx }: World, hostId = 1): Promise<InForce[]> {
  const before = await ctx.db
    .select()
    .from(healthInterval)
    .where(eq(healthInterval.hostId, hostId))
    .orderBy(asc(healthInterval.inForceFrom));
  const last = await lastOf({ ctx }, hostId);
  return [...before, ...(last ? [last] : [])].map(({ inForceFrom, inForceTo, live, state }) => ({
    from: inForceFrom,
    to: inForceTo,
    live,
    state,
  }));
}

export async function lastOf({ ctx }: Pick<World, 'ctx'>, hostId = 1) {
  return (await ctx.db.select().from(healthNow).where(eq(healthNow.hostId, hostId)))[0];
}
