import { listActivityLines, type ActivityFilter } from '../../../db/queries/lists.ts';
import { hiddenFrom } from '../../domain/activity.ts';
import { keysAfter, keysText, pageKeys } from '../page.ts';
import { verb } from '../verb.ts';

interface ListActivities extends Omit<ActivityFilter, 'oldestFirst' | 'withoutNoise'> {
  /** `at`: the oldest first. */
  sort?: 'at' | '-at' | undefined;
  /** `false`: without steps, progress and reports, which nobody reads in a list. */
  noise?: 'true' | 'false' | undefined;
  after?: string | undefined;
  limit: number;
}

/** Newest first, unless asked for from the beginning of the log; facts of people and tokens only for who manages them. */
export const listActivities = verb(
  'activity.read',
  async (ctx, actor, { after, limit, sort, noise, ...asked }: ListActivities) => {
    const [place, turn] = keysAfter(pageKeys.place, after) ?? [];
    const backward = turn === 'p';
    const filter = {
      ...asked,
      oldestFirst: (sort === 'at') !== backward,
      withoutNoise: noise === 'false',
      hidden: hiddenFrom(actor),
    };
    const lines = await listActivityLines(ctx.db, filter, place, limit + 1);
    const more = lines.length > limit;
    const items = lines.slice(0, limit);
    if (backward) items.reverse();
    const [first, last] = [items[0], items.at(-1)];
    return {
      items,
      next: last && (backward || more) ? keysText([last.cursor]) : null,
      previous: first && (backward ? more : place !== undefined) ? keysText([first.cursor, 'p']) : null,
    };
  },
);
