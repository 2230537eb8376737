import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { isRecalled } from '../../server/domain/recall.ts';
import type { Reader, Transaction } from '../connect.ts';
import { channelEntry, host, hostHistory, release, subscription } from '../schema/index.ts';
import { recallsStanding } from './recalls.ts';
import { idIn } from './views.ts';

/** Stores that a release succeeded on a host, and whether it left it healthy. */
export async function noteGood(
  tx: Transaction,
  where: { hostId: number; productId: number; releaseId: number },
  now: number,
  healthy = true,
): Promise<void> {
  const seen = { succeededAt: now, healthy };
  await tx
    .insert(hostHistory)
    .values({ ...where, ...seen })
    .onConflictDoUpdate({ target: [hostHistory.hostId, hostHistory.productId, hostHistory.releaseId], set: seen });
}

/** Stores that a release is no longer good where it once was; what never succeeded there stays unknown. */
export async function noteUnhealthy(tx: Transaction, releaseId: number, hostIds: readonly number[]): Promise<void> {
  if (hostIds.length === 0) return;
  await tx
    .update(hostHistory)
    .set({ healthy: false })
    .where(and(eq(hostHistory.releaseId, releaseId), inArray(hostHistory.hostId, [...hostIds])));
}

/**
 * What these hosts remember of the releases of a product, with the mark of every recall. `sequence`: on the channel that
 * the host's environment follows.
 */
export async function historyOf(reader: Reader, productId: number, hostIds: readonly number[]) {
  if (hostIds.length === 0) return [];
  const recalls = await recallsStanding(reader, productId);
  const rows = await reader
    .select({
      hostId: hostHistory.hostId,
      releaseId: release.id,
      version: release.version,
      digest: release.digest,
      onServer: sql<boolean>`${release.package} = 'present'`,
      healthy: hostHistory.healthy,
      succeededAt: hostHistory.succeededAt,
      sequence: channelEntry.sequence,
    })
    .from(hostHistory)
    .innerJoin(release, eq(release.id, hostHistory.releaseId))
    .innerJoin(host, eq(host.id, hostHistory.hostId))
    .leftJoin(
      subscription,
      and(eq(subscription.environmentId, host.environmentId), eq(subscription.productId, hostHistory.productId)),
    )
    .leftJoin(
      channelEntry,
      and(eq(channelEntry.channelId, subscription.channelId), eq(channelEntry.releaseId, release.id)),
    )
    .where(and(eq(hostHistory.productId, productId), idIn(hostHistory.hostId, hostIds)))
    .orderBy(asc(hostHistory.hostId), asc(release.id));
  return rows.map((row) => ({ ...row, recalled: isRecalled(recalls, row.version) }));
}

export type HistoryRow = Awaited<ReturnType<typeof historyOf>>[number];
