import { holdsStanding, placesOf } from '../../../db/queries/holds.ts';
import type { Reader } from '../../../db/connect.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { blockingHolds, decideHolds, type Hold, type Work } from '../../domain/holds.ts';
import type { Reason } from '../../domain/reason.ts';

/** Work on hosts that wants to start. */
export interface HostWork extends Pick<Work, 'kind' | 'startedBy'> {
  productId: number;
  releaseId: number;
  hostIds: readonly number[];
}

/** By host id: the holds that stop the work there at `now`, whose, why, until when. Who is missing is not held. Rule: section 12. */
export async function holdsOnHosts(
  reader: Reader,
  { kind, startedBy, productId, releaseId, hostIds }: HostWork,
  now: number,
): Promise<Map<number, Reason<'held'>>> {
  const holds = await holdsStanding(reader, now);
  if (holds.length === 0 || hostIds.length === 0) return new Map();
  const found = await findRelease(reader, releaseId);
  if (!found) return new Map();
  const { product, release } = found;
  const places = await placesOf(reader, productId, releaseId, hostIds);
  const told = new Map<string, Reason<'held'>>();
  return new Map(
    places.flatMap(({ hostId, host, environment, channel, sequence }) => {
      const work: Work = {
        kind,
        startedBy,
        versioning: product.versioning,
        product: product.name,
        channels: channel === null ? [] : [channel],
        environment,
        host,
        release: { version: release.version, sequence },
      };
      const reason = reasonOnce(told, holds, work, now);
      return reason ? [[hostId, reason] as const] : [];
    }),
  );
}

/** Thousands of hosts under the same holds share one reason. */
function reasonOnce(
  told: Map<string, Reason<'held'>>,
  holds: readonly Hold[],
  work: Work,
  now: number,
): Reason<'held'> | null {
  const blocking = blockingHolds(holds, work, now);
  if (blocking.length === 0) return null;
  const key = blocking.map(({ id }) => id).join();
  const decision = told.has(key) ? null : decideHolds(blocking, work, now);
  if (decision && !decision.allowed) told.set(key, decision.refusal);
  return told.get(key) ?? null;
}
