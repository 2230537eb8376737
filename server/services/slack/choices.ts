import { coveredBy, namesLike, releasesLike } from '../../../db/queries/slack-drafts.ts';
import type { HoldScope } from '../../domain/holds.ts';
import { verb } from '../verb.ts';

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
