import { taskOrder } from '../../../db/queries/tasks.ts';
import type { Context } from '../context.ts';
import { packagePath } from '../release/package-path.ts';

/** Everything a worker needs to take a task to its host, read anew for each try: the offsets have moved meanwhile. */
export async function findOrder(ctx: Context, taskId: number) {
  const order = await taskOrder(ctx.db, taskId);
  return order && { ...order, packagePath: packagePath(ctx.config, order.productName, order.release) };
}
