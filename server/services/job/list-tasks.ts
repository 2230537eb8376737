import { listTaskViews } from '../../../db/queries/lists.ts';
import type { TaskStatus } from '../../domain/task-transition.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';
import { jobOrRefusal } from './show.ts';

interface ListTasks {
  /** Of the job. */
  id: number;
  status?: TaskStatus | undefined;
  after?: string | undefined;
  limit: number;
}

/** In the order in which the job takes them. */
export const listTasks = verb('job.read', async (ctx, _actor, { id, status, after, limit }: ListTasks) => {
  await jobOrRefusal(ctx.db, id);
  const [afterPosition] = keysAfter(pageKeys.position, after) ?? [];
  const rows = await listTaskViews(ctx.db, { jobId: id, status }, afterPosition, limit + 1);
  return pageOf(rows, limit, (task) => [task.position]);
});
