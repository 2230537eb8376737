import { taskHasEnded } from '../../../server/domain/task-transition.ts';
import type { JobView, TaskCounts, TaskStatus } from '../../../server/domain/views.ts';

export type WaveState = 'ahead' | 'at_work' | 'done' | 'troubled' | 'given_up';

export interface JobWave {
  readonly number: number;
  readonly manual: boolean;
  readonly counts: TaskCounts;
  readonly hosts: number;
  readonly state: WaveState;
}

/** The waves that the job's hosts were put into, with how each stands. Waves are numbered from 1. */
export function jobWaves(job: JobView, waves: readonly { wave: number; counts: TaskCounts }[]): JobWave[] {
  return waves.map(({ wave, counts }) => ({
    number: wave,
    manual: job.plan.waves[wave - 1]?.manual ?? false,
    counts,
    hosts: Object.values(counts).reduce((sum, count) => sum + count, 0),
    state: waveState(counts),
  }));
}

function waveState(counts: TaskCounts): WaveState {
  const open = (Object.keys(counts) as TaskStatus[]).some((status) => counts[status] > 0 && !taskHasEnded(status));
  if (counts.failed + counts.unreachable > 0) return 'troubled';
  if (open) return counts.running + counts.succeeded > 0 ? 'at_work' : 'ahead';
  return counts.not_started + counts.cancelled > 0 ? 'given_up' : 'done';
}
