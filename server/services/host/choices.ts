import { hostsFollowing } from '../../../db/queries/hosts.ts';
import { stopOf } from '../../domain/install-request.ts';
import { verb } from '../verb.ts';

/** A host where the product belongs. */
export interface HostChoice {
  readonly id: number;
  readonly name: string;
  readonly role: 'management' | 'target';
  readonly environment: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What it reports of the product; null: nothing. */
  readonly version: string | null;
  /** Why it cannot be chosen, whatever the release; null: it can. */
  readonly stop: string | null;
  /** It cannot for its life alone: in service it could. */
  readonly outOfService: boolean;
}

/** The hosts where a product belongs, by name: what somebody may choose from before any release is judged. */
export const hostChoices = verb('host.read', async (ctx, _actor, { productId }: { productId: number }) => {
  const rows = await hostsFollowing(ctx.db, productId);
  return rows.map(({ life, installerMethod, channel, ...row }): HostChoice => {
    const stopIn = (as: typeof life) => stopOf({ ...row, life: as, installerMethod, channel });
    return {
      ...row,
      stop: stopIn(life)?.sentence ?? null,
      outOfService: life !== 'active' && stopIn('active') === null,
    };
  });
});
