import { clientPlaces } from '../../db/queries/clients.ts';
import { environmentOfHost, findHold } from '../../db/queries/holds.ts';
import { environmentNamesOf, jobOfIncident, productNameOf } from '../../db/queries/targets.ts';
import type { HoldScope } from '../domain/holds.ts';
import type { Target } from '../domain/permission.ts';
import type { Context } from './context.ts';

/** All of a product: its feed, its releases, wherever they run. */
export async function productTarget(
  ctx: Context,
  of: { productId: number } | { releaseId: number },
): Promise<readonly Target[]> {
  const product = await productNameOf(ctx.db, of);
  return product === undefined ? [] : [{ product }];
}

/** A release on hosts: its product in each of their environments; without a host, all of the product. */
export async function installTargets(
  ctx: Context,
  { releaseId, hostIds }: { releaseId: number; hostIds: readonly number[] },
): Promise<readonly Target[]> {
  return within(await productNameOf(ctx.db, { releaseId }), await environmentNamesOf(ctx.db, { hostIds }));
}

/** A job: its product in the environment of each of its hosts; a download, all of the product. */
export async function jobTargets(ctx: Context, { id }: { id: number }): Promise<readonly Target[]> {
  return within(await productNameOf(ctx.db, { jobId: id }), await environmentNamesOf(ctx.db, { jobId: id }));
}

function within(product: string | undefined, environments: readonly string[]): readonly Target[] {
  if (product === undefined) return [];
  return environments.length === 0 ? [{ product }] : environments.map((environment) => ({ product, environment }));
}

/** The job that went wrong. */
export async function incidentTargets(ctx: Context, { id }: { id: number }): Promise<readonly Target[]> {
  const jobId = await jobOfIncident(ctx.db, id);
  return jobId === undefined ? [] : jobTargets(ctx, { id: jobId });
}

/** A client: its product in its environment. */
export async function clientTarget(ctx: Context, id: number): Promise<readonly Target[]> {
  const [place] = await clientPlaces(ctx.db, { ids: [id] });
  return place ? [{ product: place.product.name, environment: place.environment.name }] : [];
}

/** What a hold covers; a host stands for its environment, everything and a channel of no named product for all of the fleet. */
export async function scopeTarget(ctx: Context, scope: HoldScope): Promise<readonly Target[]> {
  const home = scope.host === undefined ? undefined : await environmentOfHost(ctx.db, scope.host);
  return [{ product: scope.product, environment: scope.environment ?? home }];
}

export async function holdTargets(ctx: Context, { id }: { id: number }): Promise<readonly Target[]> {
  const hold = await findHold(ctx.db, id);
  if (!hold) return [];
  const { product, environment, host } = hold;
  return scopeTarget(ctx, {
    product: product ?? undefined,
    environment: environment ?? undefined,
    host: host ?? undefined,
  });
}
