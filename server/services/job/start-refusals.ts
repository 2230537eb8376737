import { hasActiveEntry } from '../../../db/queries/releases.ts';
import type { JobRow } from '../../../db/queries/jobs.ts';
import type { StartRefusal } from '../../domain/start-refusal.ts';
import type { Transaction } from '../context.ts';

/** What would refuse the start of any task of this job now, read in the transaction that starts. Rule: section 10. */
export async function startRefusals(tx: Transaction, job: JobRow): Promise<StartRefusal[]> {
  if (job.kind !== 'install' || (await hasActiveEntry(tx, job.releaseId))) return [];
  return [
    {
      code: 'demoted',
      sentence: 'The release has no active entry on any channel any more: what has not started is not started.',
    },
  ];
}
