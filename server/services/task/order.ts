import { historyOf } from '../../../db/queries/history.ts';
import { taskOrder } from '../../../db/queries/tasks.ts';
import { keptBeside } from '../../domain/known-good.ts';
import { remembered } from '../rollback/history.ts';
import type { Context } from '../context.ts';
import { packagePath } from '../release/package-path.ts';

/** Everything a worker needs to take a task to its host, read anew for each try: the offsets have moved meanwhile. */
export async function findOrder(ctx: Context, taskId: number) {
  const order = await taskOrder(ctx.db, taskId);
  if (!order) return undefined;
  const history = await historyOf(ctx.db, order.job.productId, [order.host.id]);
  // No task but this one is at work on the host, so that every try of it finds the same history.
  const keep = keptBeside(order.versioning, history.map(remembered), order.release.version);
  return {
    ...order,
    packagePath: packagePath(ctx.config, order.productName, order.release),
    /** The known-good release, whose folder the host must not prune. Rule: section 9. */
    keep: keep && { version: keep.version, digest: keep.digest },
  };
}
