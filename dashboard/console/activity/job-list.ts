import { jobCards } from '../../../server/domain/job-outcome.ts';
import type { JobView } from '../../../server/domain/views.ts';

export type JobCard = 'total' | 'in_progress' | 'succeeded' | 'failed';

/** Whether a job counts in a card; which does is the domain's. Rule: section 10 (Cards). */
export function jobInCard(job: Pick<JobView, 'status'>, card: JobCard): boolean {
  const cards = jobCards([job.status]);
  return (
    { total: cards.total, in_progress: cards.inProgress, succeeded: cards.succeeded, failed: cards.failed }[card] === 1
  );
}

/** The board's jobs and those read by pages as one list, newest first; of two views of a job the newer counts. */
export function mergedJobs(live: readonly JobView[], read: readonly JobView[], card: JobCard): JobView[] {
  const byId = new Map<number, JobView>();
  for (const job of [...read, ...live]) {
    const known = byId.get(job.id);
    if (!known || known.revision <= job.revision) byId.set(job.id, job);
  }
  return [...byId.values()]
    .filter((job) => jobInCard(job, card))
    .sort((a, b) => b.createdAt - a.createdAt || b.id - a.id);
}
