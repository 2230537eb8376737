import { jobViews, one } from '../../../db/queries/views.ts';
import type { Reader } from '../../../db/connect.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { JobView } from '../../domain/views.ts';
import { verb } from '../verb.ts';

/** The job as everybody sees it, or `not_found`. */
export async function jobOrRefusal(reader: Reader, id: number): Promise<JobView> {
  const job = await one(jobViews, reader, id);
  if (!job) throw new Refusal('not_found', `There is no job ${id}. List them with GET /api/v1/jobs.`);
  return job;
}

export const showJob = verb('job.read', (ctx, _actor, { id }: { id: number }) => jobOrRefusal(ctx.db, id));
