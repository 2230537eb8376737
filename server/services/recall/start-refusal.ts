import type { JobRow } from '../../../db/queries/jobs.ts';
import { recallsStanding } from '../../../db/queries/recalls.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { recallsOf } from '../../domain/recall.ts';
import type { StartRefusal } from '../../domain/start-refusal.ts';
import type { Transaction } from '../context.ts';

/** What a recall of the job's release refuses, whatever kind of job takes it to hosts. Rules: sections 9 and 10. */
export async function recallRefusal(tx: Transaction, job: JobRow): Promise<StartRefusal[]> {
  const recalls = await recallsStanding(tx, job.productId);
  if (recalls.length === 0) return [];
  const { version } = (await findRelease(tx, job.releaseId))!.release;
  const [first] = recallsOf(recalls, version);
  if (!first) return [];
  const sentence = `${version} is recalled by ${first.openedBy}, "${first.reason}": what has not started is not started.`;
  return [{ code: 'recalled', sentence, recall: first.id }];
}
