import { and, eq, sql } from 'drizzle-orm';
import type { Reader } from '../connect.ts';
import { environment, host } from '../schema/index.ts';
import { idIn } from './views.ts';

/** The environments of these hosts that have maintenance windows, each with its hosts among them. */
export async function windowsOfHosts(reader: Reader, hostIds: readonly number[]) {
  if (hostIds.length === 0) return [];
  return reader
    .select({
      name: environment.name,
      windows: environment.windows,
      recallWaitsForWindow: environment.recallWaitsForWindow,
      hostIds: sql<number[]>`jsonb_agg(${host.id} order by ${host.id})`,
    })
    .from(host)
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .where(and(idIn(host.id, hostIds), sql`jsonb_array_length(${environment.windows}->'windows') > 0`))
    .groupBy(environment.id)
    .orderBy(environment.name);
}
