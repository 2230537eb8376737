import { one, taskViews } from '../../../db/queries/views.ts';
import type { Reader } from '../../../db/connect.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { TaskView } from '../../domain/views.ts';
import { verb } from '../verb.ts';

/** The task as everybody sees it, or `not_found`. */
export async function taskOrRefusal(reader: Reader, id: number): Promise<TaskView> {
  const task = await one(taskViews, reader, id);
  if (!task)
    throw new Refusal('not_found', `There is no task ${id}. List those of a job with GET /api/v1/jobs/<id>/tasks.`);
  return task;
}

export const showTask = verb('job.read', (ctx, _actor, { id }: { id: number }) => taskOrRefusal(ctx.db, id));
