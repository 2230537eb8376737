import { insertHold } from '../../../db/queries/holds.ts';
import { findProduct } from '../../../db/queries/releases.ts';
import { hostsToBar, rolledBackFrom } from '../../../db/queries/rollbacks.ts';
import { barsAfterRollback } from '../../domain/rollback.ts';
import type { JobView } from '../../domain/views.ts';
import type { Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';

/**
 * Bars the release that was rolled back, and automatic installs, on hosts on which a rollback has just ended, in that very
 * transaction: between the end on a host and the end of the job nothing may undo it. Rule: section 9 (Rollback).
 */
export async function barHosts(
  tx: Transaction,
  occasion: Occasion,
  job: Pick<JobView, 'id' | 'productId' | 'requestedBy'>,
  hostIds: readonly number[],
): Promise<void> {
  const from = await rolledBackFrom(tx, job.id);
  const product = await findProduct(tx, job.productId);
  if (!from || !product) return;
  const hosts = await hostsToBar(tx, { product: product.name, productId: product.id, ...from }, hostIds);
  const ids: number[] = [];
  for (const { name, sequence } of hosts) {
    const release = { version: from.version, sequence };
    for (const { scope, bar, reason, owner } of barsAfterRollback(product.name, release, [name], {
      owner: job.requestedBy,
    })) {
      ids.push(
        await insertHold(tx, {
          ...scope,
          reason,
          owner,
          barVersion: bar?.release.version ?? null,
          barSequence: bar?.release.sequence ?? null,
          liftOnNewer: bar?.liftOnNewer ?? false,
          createdAt: occasion.now,
          createdBy: occasion.actor,
          causeJobId: job.id,
        }),
      );
    }
  }
  await record(tx, occasion, 'hold.created', ids, { bars: from.version });
}
