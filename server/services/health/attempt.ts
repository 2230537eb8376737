import { productsOfHost, type Reported } from '../../../db/queries/hosts.ts';
import { stateOfExit } from '../../domain/health-check.ts';
import type { Context } from '../context.ts';
import { noteReported } from '../host/contact.ts';
import type { TaskOrder } from '../task/start.ts';
import { takeInLooks, type LookTaken } from './look.ts';

/** What an attempt on a host has come to. */
export interface AttemptEnd {
  readonly order: TaskOrder;
  readonly current: Reported | null;
  readonly succeeded: boolean;
  /** The health command of the release that now runs was its last step, and said 0. */
  readonly healthy: boolean;
}

/**
 * Takes in what attempts of one job have found: what now runs, and how it does, so that nobody has to go to a host again
 * to ask. Returns the hosts of which that is known; the others are asked in another way. Rule: section 5.
 */
export async function takeInAttempts(ctx: Context, attempts: readonly AttemptEnd[]): Promise<ReadonlySet<number>> {
  const [first] = attempts;
  if (!first) return new Set();
  const { id: jobId, productId } = first.order.job;
  const said = attempts.map(({ order, current }) => ({ hostId: order.host.id, reported: current }));
  await noteReported(ctx, productId, said);
  const looks = await Promise.all(attempts.map((one) => lookOf(ctx, one)));
  const known = looks.filter((look) => look !== null);
  await takeInLooks(ctx, known, jobId);
  return new Set(known.map(({ host }) => host.id));
}

/** Null: the attempt did not ask what is to be asked. */
async function lookOf(ctx: Context, { order, current, succeeded, healthy }: AttemptEnd): Promise<LookTaken | null> {
  const { host, job } = order;
  if (!succeeded || !current) return null;
  const product = (await productsOfHost(ctx.db, host)).find(({ id }) => id === job.productId);
  if (!product || product.healthCheck || (product.healthHook && !healthy)) return null;
  const health = product.healthHook ? stateOfExit(0) : null;
  return { host, products: [product], seen: { runs: [{ productId: product.id, reported: current, health }] } };
}
