import { jobBefore, type JobRow } from '../../../db/queries/jobs.ts';
import { pathRefusal, type StartRefusal } from '../../domain/start-refusal.ts';
import type { Transaction } from '../context.ts';
import { recallRefusal } from '../recall/start-refusal.ts';
import { demotionRefusal } from './demotion-refusal.ts';

/** What would refuse the start of any task of this job now, read in the transaction that starts. Rule: section 10. */
export async function startRefusals(tx: Transaction, job: JobRow): Promise<StartRefusal[]> {
  const before = await jobBefore(tx, job);
  const path = before && pathRefusal(before);
  return [...(path ? [path] : []), ...(await recallRefusal(tx, job)), ...(await demotionRefusal(tx, job))];
}
