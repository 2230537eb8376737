import { namedPairs, type NamedPair } from '../../../db/queries/health.ts';
import { transact } from '../../../db/transact.ts';
import type { HealthState } from '../../domain/observation.ts';
import type { Target } from '../../domain/permission.ts';
import { durationText } from '../../domain/wording.ts';
import type { Context } from '../context.ts';
import { verb } from '../verb.ts';
import { takeIn, type Incoming, type ReportedProduct } from './take-in.ts';
import { wakeByHealth } from './wake.ts';

interface Reported {
  host: string;
  product: string;
  at: number;
  live: boolean;
  state: HealthState | null;
}

interface Refused {
  index: number;
  code: 'unknown_host' | 'unknown_product' | 'too_old';
  sentence: string;
}

/**
 * Takes what hosts say of their health. What cannot be taken is told one by one and the rest is stored: a machine that
 * reports for a thousand hosts must not lose all of it because one has been renamed. Rule: section 5.
 */
export const reportHealth = verb(
  'health.report',
  async (ctx, _actor, { observations }: { observations: readonly Reported[] }) => {
    const now = ctx.clock.now();
    const { turned, answer } = await transact(ctx, async (tx) => {
      const named = await namedPairs(tx, observations);
      const keptSince = now - ctx.config.healthLateMs;
      const judged = observations.map((one, index) => judge(one, index, named[index]!, now, keptSince));
      const incoming = judged.flatMap((one) => ('incoming' in one ? one.incoming : []));
      const { accepted, turned } = await takeIn(tx, now, incoming, productsIn(named));
      const refused = judged.flatMap((one) => ('refused' in one ? one.refused : []));
      return { turned, answer: { accepted, repeated: incoming.length - accepted, refused } };
    });
    await wakeByHealth(ctx, turned);
    return answer;
  },
  async (ctx, { observations }) => targetsOf(ctx, observations),
);

/** The product in the environment of every host; what has no such name is about nothing. */
async function targetsOf(ctx: Context, observations: readonly Reported[]): Promise<readonly Target[]> {
  const named = await namedPairs(ctx.db, observations);
  const targets = named.flatMap(({ environment }, index): Target[] =>
    environment === null ? [] : [{ environment, product: observations[index]!.product }],
  );
  return [...new Map(targets.map((target) => [JSON.stringify(target), target])).values()];
}

function judge(
  { host, product, at, live, state }: Reported,
  index: number,
  { hostId, productId }: NamedPair,
  now: number,
  keptSince: number,
): { incoming: Incoming } | { refused: Refused } {
  if (hostId === null) {
    const sentence = `There is no host ${host}. Name it as the fleet does: signalbox hosts lists them.`;
    return { refused: { index, code: 'unknown_host', sentence } };
  }
  if (productId === null) {
    const sentence = `There is no product ${product}. Name it as the fleet does: signalbox products lists them.`;
    return { refused: { index, code: 'unknown_product', sentence } };
  }
  if (at < keptSince) {
    const [age, kept] = [durationText(now - at), durationText(now - keptSince)];
    const sentence = `${host} says how ${product} was ${age} ago; what is older than ${kept} is not taken. Check its clock, or report sooner.`;
    return { refused: { index, code: 'too_old', sentence } };
  }
  return { incoming: { hostId, productId, at, live, state } };
}

function productsIn(named: readonly NamedPair[]): Map<number, ReportedProduct> {
  return new Map(
    named.flatMap(({ productId, staleAfterMs, seen }) =>
      productId === null ? [] : [[productId, { staleAfterMs, seen }]],
    ),
  );
}
