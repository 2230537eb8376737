import type { WallTask } from '../../server/domain/board.ts';
import type { JobView } from '../../server/domain/views.ts';
import { badTasks } from './select.ts';

/**
 * When a running install will end if it goes on as it did so far, epoch milliseconds; null when that cannot be told: it
 * does not run, nothing has succeeded yet, hosts went bad, or a wave to come waits for a person.
 */
export function estimatedEnd(job: JobView, tasks: readonly WallTask[], now: number): number | null {
  if (job.status !== 'running' || badTasks(job) > 0) return null;
  if (job.plan.waves.some((wave, at) => wave.manual && at >= job.wave)) return null;
  const took = tasks.flatMap(({ jobId, status, startedAt, endedAt }) =>
    jobId === job.id && status === 'succeeded' && startedAt !== null && endedAt !== null ? [endedAt - startedAt] : [],
  );
  if (took.length === 0) return null;
  const mean = took.reduce((sum, ms) => sum + ms, 0) / took.length;
  const rounds = Math.ceil((job.counts.pending + job.counts.running) / Math.max(1, job.plan.maxParallel));
  // Each wave to come takes a round of its own at least, however few hosts it has.
  const waves = Math.max(0, job.waves - job.wave);
  return now + Math.max(rounds, waves + (job.counts.running > 0 ? 1 : 0)) * mean + waves * job.plan.bakeMs;
}
