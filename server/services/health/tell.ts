import {
  lockHosts,
  pairKey,
  rememberHealth,
  type LastInterval,
  type NewTimeline,
  type Pair,
} from '../../../db/queries/health.ts';
import { touchHosts } from '../../../db/queries/hosts.ts';
import { isWell } from '../../domain/host-health.ts';
import type { Transaction } from '../context.ts';
import { record } from '../log/record.ts';
import { signalboxActor } from '../verb.ts';

/** A host that does well with a product since now, is in ERROR since now, or is no longer either. */
export type Turned = Pair;

/**
 * Only news reaches the log: ten thousand hosts that go on saying the same say nothing there. Returns those of
 * which others judge otherwise now.
 */
export async function tellHealth(
  tx: Transaction,
  now: number,
  known: ReadonlyMap<string, LastInterval>,
  timelines: readonly NewTimeline[],
): Promise<Turned[]> {
  const news = timelines.filter((one) => isNews(known.get(pairKey(one))!, one));
  if (news.length === 0) return [];
  await lockHosts(
    tx,
    news.map(({ hostId }) => hostId),
  );
  // One host may have news of several products: each raises its revision once.
  const alike = Map.groupBy(news, ({ productId, last, stale }) =>
    JSON.stringify([productId, last.live, last.state, stale]),
  );
  for (const same of alike.values()) {
    const hostIds = same.map(({ hostId }) => hostId);
    const { productId, last, stale } = same[0]!;
    await touchHosts(tx, hostIds);
    const detail = { productId, live: last.live, state: last.state, stale };
    await record(tx, { now, actor: signalboxActor.name }, 'host.health_changed', hostIds, detail);
  }
  await rememberHealth(
    tx,
    news.flatMap(({ hostId, productId, at, last }) => {
      const healthy = isWell(last);
      return healthy === null ? [] : { hostId, productId, at, healthy };
    }),
  );
  return news
    .filter((one) => isWell(known.get(pairKey(one))!) !== isWell(one.last))
    .map(({ hostId, productId }) => ({ hostId, productId }));
}

/** The host's view says something else than before. */
function isNews(known: LastInterval, { last, stale }: NewTimeline): boolean {
  return (
    known.edition === 0 ||
    known.from !== last.from ||
    known.live !== last.live ||
    known.state !== last.state ||
    known.stale !== stale
  );
}
