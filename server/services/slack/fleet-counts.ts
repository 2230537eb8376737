import {
  activeHosts,
  hostsReporting,
  permalinksOf,
  productsOfSlackChannel,
} from '../../../db/queries/slack-threads.ts';
import { verb } from '../verb.ts';

/** Active hosts by environment and liveness. */
export const countHosts = verb('host.read', (ctx) => activeHosts(ctx.db));

/** How many hosts report each release, by environment. */
export const countReporting = verb('release.read', (ctx, _actor, { releaseIds }: { releaseIds: readonly number[] }) =>
  hostsReporting(ctx.db, releaseIds),
);

/** Products that have this Slack channel for their own. */
export const productsOfChannel = verb('release.read', (ctx, _actor, { channel }: { channel: string }) =>
  productsOfSlackChannel(ctx.db, channel),
);

/** Links to the cards of these entities, as far as they have been posted. */
export const cardLinks = verb(
  'job.read',
  (ctx, _actor, { of, ids }: { of: 'job' | 'approval' | 'incident'; ids: readonly number[] }) =>
    permalinksOf(ctx.db, of, ids),
);
