import type { JobRow } from '../../../db/queries/jobs.ts';
import type { ActivityKind } from '../../domain/activity.ts';
import type { Reason } from '../../domain/reason.ts';
import type { RolloutDecision } from '../../domain/rollout.ts';
import { START_REFUSALS, type StartRefusalCode } from '../../domain/start-refusal.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';

type JobNow = Pick<JobRow, 'status' | 'problem' | 'startedAt'>;

/** Why a job does not go on, or why it ended as it did: what halted it stays the reason to its end. */
export function problemAfter(job: JobNow, { decision, jobStatus, reasons }: RolloutDecision): Reason | null {
  const [reason = null] = reasons;
  if (contained(job.problem) && jobStatus !== 'cancelled') return job.problem;
  if (decision === 'halt') return reason;
  if (jobHasEnded(jobStatus)) return jobStatus === 'failed' && haltedBy(job.problem) ? job.problem : null;
  // Who paused it has said so in words of their own.
  if (jobStatus === 'paused') return job.problem ?? reason;
  return jobStatus === 'running' ? null : reason;
}

/** The fact that a look at a job has made of it. `after`: the problem that it then shows. */
export function activityAfter(
  job: JobNow,
  { decision, jobStatus }: RolloutDecision,
  after: Reason | null,
): ActivityKind {
  if (jobHasEnded(jobStatus)) return 'job.ended';
  if (decision === 'halt') return haltedBy(job.problem) ? 'job.progressed' : 'job.halted';
  if (jobStatus === 'waiting_approval') return 'job.waiting';
  if (jobStatus === 'waiting' && (job.status !== 'waiting' || job.problem?.code !== after?.code)) return 'job.waiting';
  if (jobStatus === 'running' && job.startedAt === null) return 'job.started';
  return jobStatus === 'running' && job.status === 'waiting' ? 'job.resumed' : 'job.progressed';
}

function haltedBy(problem: Reason | null): boolean {
  if (problem === null) return false;
  const refusal: 'waits' | 'asks' | 'ends' | 'withdrawn' | undefined = START_REFUSALS[problem.code as StartRefusalCode];
  return contained(problem) || problem.code === 'over_budget' || refusal === 'ends' || refusal === 'withdrawn';
}

/** A rollback without a way back has halted it: that stays the reason to its end, whatever else goes wrong. */
function contained(problem: Reason | null): boolean {
  return problem?.code === 'halted';
}
