import { listActivityLines, type ActivityFilter } from '../../../db/queries/lists.ts';
import { hiddenFrom } from '../../domain/activity.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListActivities extends Omit<ActivityFilter, 'oldestFirst' | 'withoutNoise'> {
  /** `at`: the oldest first. */
  sort?: 'at' | '-at' | undefined;
  /** `false`: without steps and progress, which nobody reads in a list. */
  noise?: 'true' | 'false' | undefined;
  after?: string | undefined;
  limit: number;
}

/** Newest first, unless asked for from the beginning of the log; facts of people and tokens only for who manages them. */
export const listActivities = verb(
  'activity.read',
  async (ctx, actor, { after, limit, sort, noise, ...asked }: ListActivities) => {
    const filter = {
      ...asked,
      oldestFirst: sort === 'at',
      withoutNoise: noise === 'false',
      hidden: hiddenFrom(actor),
    };
    const [before] = keysAfter(pageKeys.cursor, after) ?? [];
    const lines = await listActivityLines(ctx.db, filter, before, limit + 1);
    return pageOf(lines, limit, (line) => [line.cursor]);
  },
);
