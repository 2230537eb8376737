import { transact } from '../../../db/transact.ts';
import type { Context } from '../context.ts';
import type { Run, Seen } from '../host/contact.ts';
import { isAsked, type Look } from '../host/take-due.ts';
import { takeIn, type Incoming } from './take-in.ts';
import { wakeByHealth } from './wake.ts';

type LookedAt = Look['products'][number];

/** A look at one host, and what it has found. */
export interface LookTaken extends Pick<Look, 'host' | 'products'> {
  readonly seen: Seen;
}

/**
 * What looks say of health: the word of a health command or an HTTP check, and of products that report no health whether the host can be
 * reached. Products whose hosts report by themselves are left to them. `lookedAtNext`: a job that is judged right after
 * this anyway. Rule: section 5.
 */
export async function takeInLooks(ctx: Context, looks: readonly LookTaken[], lookedAtNext?: number): Promise<void> {
  const now = ctx.clock.now();
  const observations = looks.flatMap(({ host, products, seen }) =>
    products.flatMap((product): Incoming[] => {
      const said = 'problem' in seen ? saidOfUnreachable(product) : saidOf(product, seen.runs);
      return said ? [{ hostId: host.id, productId: product.id, at: now, ...said }] : [];
    }),
  );
  if (observations.length === 0) return;
  const products = looks.flatMap((look) => look.products);
  const known = new Map(products.map(({ id, staleAfterMs, seen }) => [id, { staleAfterMs, seen }]));
  const { turned } = await transact(ctx, (tx) => takeIn(tx, now, observations, known));
  await wakeByHealth(ctx, turned, lookedAtNext);
}

type Said = Pick<Incoming, 'live' | 'state'> | null;

function saidOf(product: LookedAt, runs: readonly Run[]): Said {
  const run = runs.find(({ productId }) => productId === product.id);
  if (!run?.reported) return null;
  if (run.health) return { live: true, state: run.health };
  return product.seen ? null : { live: true, state: null };
}

function saidOfUnreachable(product: LookedAt): Said {
  return isAsked(product) || (product.runs && !product.seen) ? { live: false, state: null } : null;
}
