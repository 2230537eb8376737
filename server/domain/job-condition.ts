import type { JobStatus, JobView } from './views.ts';

/** What a job is in one word, wherever it is shown: its status, and what stands behind it. */
export type JobCondition = JobStatus | 'held' | 'halting';

type Shown = Pick<JobView, 'status' | 'problem'>;

/**
 * `held`: it waits, and a hold is why. `halting`: it starts nothing more, and hosts still run; a job that runs has a
 * problem only then. Rules: sections 10, 12.
 */
export function jobCondition({ status, problem }: Shown): JobCondition {
  if (status === 'waiting' && problem?.code === 'held') return 'held';
  return status === 'running' && problem !== null ? 'halting' : status;
}

/** It is being halted, or it was: by its failure budget, or because a rollback had no way back. */
export function isHalted(job: Shown): boolean {
  return jobCondition(job) === 'halting' || job.problem?.code === 'over_budget' || job.problem?.code === 'halted';
}
