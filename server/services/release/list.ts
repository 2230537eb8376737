import {
  releaseList,
  releasesWhere,
  stateOfRelease,
  type ReleaseListFilter,
} from '../../../db/queries/sorted-lists.ts';
import { countBy, sortedIds } from '../../../db/queries/sorted.ts';
import { releaseViews } from '../../../db/queries/views.ts';
import { cardOf, type ReleaseCard } from '../../domain/release-state.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';

interface ListReleases extends SortedInput<keyof typeof releaseList.columns>, Omit<ReleaseListFilter, 'withArchived'> {
  /** `true`: the archived ones too, which are hidden otherwise. Rule: section 4 (Archive). */
  archived?: 'true' | 'false' | undefined;
}

/** Newest first, unless another order is asked for. `cards`: what each would leave of what the other filters leave. */
export const listReleases = verb('release.read', async (ctx, _actor, { archived, ...input }: ListReleases) => {
  const filter = { ...input, withArchived: archived === 'true' };
  const page = await sortedPage(
    input,
    '-published',
    (seek, limit) => sortedIds(ctx.db, releaseList, releasesWhere(filter), seek, limit),
    (ids) => releaseViews(ctx.db, ids),
  );
  const states = await countBy(ctx.db, releaseList, stateOfRelease, releasesWhere({ ...filter, card: undefined }));
  const cards: Record<ReleaseCard, number> = { total: 0, available: 0, downloaded: 0, installed: 0 };
  for (const { value, count } of states) {
    cards[cardOf(value)] += count;
    cards.total += count;
  }
  return { ...page, cards };
});
