import { coveredBy, hostsFollowing, namesLike, releasesLike } from '../../../db/queries/slack-drafts.ts';
import type { HoldScope } from '../../domain/holds.ts';
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
}

/** The hosts where a product belongs, by name: what somebody may choose from before any release is judged. */
export const hostChoices = verb('host.read', async (ctx, _actor, { productId }: { productId: number }) => {
  const rows = await hostsFollowing(ctx.db, productId);
  return rows.map(({ life, installerMethod, channel, ...row }): HostChoice => ({
    ...row,
    stop: stopOf({ ...row, life, installerMethod, channel })?.sentence ?? null,
  }));
});

/** Releases by `product version`, downloaded ones first, then the newest. */
export const releaseChoices = verb('release.read', (ctx, _actor, { text, limit }: { text: string; limit: number }) =>
  releasesLike(ctx.db, text, limit),
);

/** Names of products, channels, environments or hosts, for the scope of a hold. */
export const scopeChoices = verb(
  'board.read',
  (ctx, _actor, { of, text, limit }: { of: keyof HoldScope; text: string; limit: number }) =>
    namesLike(ctx.db, of, text, limit),
);

/** What a hold of this scope would stop now: active hosts, and installs in flight that have not come to all of them. */
export const previewHold = verb('board.read', (ctx, _actor, { scope }: { scope: HoldScope }) =>
  coveredBy(ctx.db, scope),
);
