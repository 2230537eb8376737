import { activityOfRevision } from '../../../db/queries/slack-facts.ts';
import type { JobView } from '../../domain/views.ts';
import { verb } from '../verb.ts';

/** The job as a card with this revision showed it; null: the log does not go back so far. */
export const jobShown = verb(
  'job.read',
  async (ctx, _actor, { id, revision }: { id: number; revision: number }): Promise<JobView | null> => {
    const activity = await activityOfRevision(ctx.db, 'job', id, revision);
    return (activity?.view as JobView | undefined) ?? null;
  },
);
