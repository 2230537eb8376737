import { listReleaseViews } from '../../../db/queries/lists.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListReleases {
  productId?: number | undefined;
  /** `true`: the archived ones too, which are hidden otherwise. Rule: section 4 (Archive). */
  archived?: 'true' | 'false' | undefined;
  after?: string | undefined;
  limit: number;
}

/** Newest first. */
export const listReleases = verb('release.read', async (ctx, _actor, input: ListReleases) => {
  const filter = { productId: input.productId, withArchived: input.archived === 'true' };
  const after = keysAfter(pageKeys.instantAndId, input.after);
  const rows = await listReleaseViews(ctx.db, filter, after, input.limit + 1);
  return pageOf(rows, input.limit, (release) => [release.publishedAt, release.id]);
});
