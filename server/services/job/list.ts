import { jobList, jobsWhere, type JobListFilter } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';

type ListJobs = JobListFilter & SortedInput<keyof typeof jobList.columns>;

/** Newest first, unless another order is asked for. */
export const listJobs = verb('job.read', (ctx, _actor, input: ListJobs) =>
  sortedPage(
    input,
    '-created',
    (seek, limit) => sortedIds(ctx.db, jobList, jobsWhere(input), seek, limit),
    (ids) => jobViews(ctx.db, ids),
  ),
);
