import { productsOfHost } from '../../../db/queries/hosts.ts';
import { stateOfExit } from '../../domain/health-check.ts';
import type { Context } from '../context.ts';
import type { Reported } from '../../../db/queries/hosts.ts';
import type { TaskOrder } from '../task/start.ts';
import { takeInLook } from './look.ts';

/**
 * Takes in what an attempt that succeeded has found: its last step was the health command of the release that now runs,
 * so nobody has to go to the host again to ask. `healthy`: it ran, and said 0. False: the product is asked in another way, and that has to be done.
 * Rule: section 5.
 */
export async function takeInAttempt(
  ctx: Context,
  { host, job }: TaskOrder,
  reported: Reported | null,
  healthy: boolean,
): Promise<boolean> {
  const product = (await productsOfHost(ctx.db, host)).find(({ id }) => id === job.productId);
  if (!product || product.healthCheck || !reported || (product.healthHook && !healthy)) return false;
  const health = product.healthHook ? stateOfExit(0) : null;
  const seen = { runs: [{ productId: product.id, reported, health }] };
  await takeInLook(ctx, { host, products: [product] }, seen, job.id);
  return true;
}
