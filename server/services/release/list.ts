import { releaseList, releasesWhere, type ReleaseListFilter } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { releaseViews } from '../../../db/queries/views.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';

interface ListReleases extends SortedInput<keyof typeof releaseList.columns>, Omit<ReleaseListFilter, 'withArchived'> {
  /** `true`: the archived ones too, which are hidden otherwise. Rule: section 4 (Archive). */
  archived?: 'true' | 'false' | undefined;
}

/** Newest first, unless another order is asked for. */
export const listReleases = verb('release.read', (ctx, _actor, { archived, ...input }: ListReleases) => {
  const where = releasesWhere({ ...input, withArchived: archived === 'true' });
  return sortedPage(
    input,
    '-published',
    (seek, limit) => sortedIds(ctx.db, releaseList, where, seek, limit),
    (ids) => releaseViews(ctx.db, ids),
  );
});
