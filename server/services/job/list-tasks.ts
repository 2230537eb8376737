import { taskList, tasksWhere, type TaskListFilter } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { holdsNamedByTasks, waveCounts } from '../../../db/queries/tasks.ts';
import { taskViews } from '../../../db/queries/views.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';
import { jobOrRefusal } from './show.ts';

interface ListTasks extends SortedInput<keyof typeof taskList.columns>, Omit<TaskListFilter, 'jobId'> {
  /** Of the job. */
  id: number;
}

/**
 * In the order in which the job takes them, unless another is asked for. `waves` and `heldBy` are of the whole job,
 * whatever the page: how many tasks of each wave stand how, and the holds that its tasks wait for.
 */
export const listTasks = verb('job.read', async (ctx, _actor, { id, ...input }: ListTasks) => {
  await jobOrRefusal(ctx.db, id);
  const page = await sortedPage(
    input,
    'position',
    (seek, limit) => sortedIds(ctx.db, taskList, tasksWhere({ ...input, jobId: id }), seek, limit),
    (ids) => taskViews(ctx.db, ids),
  );
  return { ...page, waves: await waveCounts(ctx.db, id), heldBy: await holdsNamedByTasks(ctx.db, id) };
});
