import { listActivityLines, type ActivityFilter } from '../../../db/queries/lists.ts';
import { hiddenFrom } from '../../domain/activity.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListActivities extends ActivityFilter {
  after?: string | undefined;
  limit: number;
}

/** Newest first; facts of people and tokens only for who manages them. */
export const listActivities = verb('activity.read', async (ctx, actor, { after, limit, ...filter }: ListActivities) => {
  const [before] = keysAfter(pageKeys.cursor, after) ?? [];
  const lines = await listActivityLines(ctx.db, { ...filter, hidden: hiddenFrom(actor) }, before, limit + 1);
  return pageOf(lines, limit, (line) => [line.cursor]);
});
