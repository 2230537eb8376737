import { productsOfHost, type HostRow, type Reported } from '../../../db/queries/hosts.ts';
import { stateOfExit } from '../../domain/health-check.ts';
import type { Context } from '../context.ts';
import { takeInLook } from './look.ts';

/**
 * What an install that succeeded says of health: its health command has just answered 0, so the soak of the release begins
 * with words about it, not with the next look. What is asked over HTTP is left to that look. Rule: section 5.
 */
export async function takeInInstall(
  ctx: Context,
  host: HostRow,
  productId: number,
  reported: Reported | null,
): Promise<void> {
  const products = (await productsOfHost(ctx.db, host)).filter(
    ({ id, healthCheck }) => id === productId && !healthCheck,
  );
  const runs = products.map(({ healthHook }) => ({ productId, reported, health: healthHook ? stateOfExit(0) : null }));
  await takeInLook(ctx, { host, products }, { runs });
}
