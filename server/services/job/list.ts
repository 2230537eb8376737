import { listJobViews, type JobFilter } from '../../../db/queries/lists.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListJobs extends JobFilter {
  after?: string | undefined;
  limit: number;
}

/** Newest first. */
export const listJobs = verb('job.read', async (ctx, _actor, { after, limit, ...filter }: ListJobs) => {
  const rows = await listJobViews(ctx.db, filter, keysAfter(pageKeys.instantAndId, after), limit + 1);
  return pageOf(rows, limit, (job) => [job.createdAt, job.id]);
});
