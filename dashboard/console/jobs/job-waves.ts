import { taskHasEnded } from '../../../server/domain/task-transition.ts';
import type { JobView, TaskCounts, TaskStatus, TaskView } from '../../../server/domain/views.ts';

export type WaveState = 'ahead' | 'at_work' | 'done' | 'troubled' | 'given_up';

export interface JobWave {
  readonly number: number;
  readonly manual: boolean;
  readonly counts: TaskCounts;
  readonly hosts: number;
  readonly state: WaveState;
}

export const noCounts: TaskCounts = {
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  unreachable: 0,
  skipped: 0,
  cancelled: 0,
  not_started: 0,
};

export function countTasks(tasks: readonly Pick<TaskView, 'status'>[]): TaskCounts {
  const counts = { ...noCounts };
  for (const { status } of tasks) counts[status] += 1;
  return counts;
}

/** The waves that the job's hosts were put into, with how each stands. Waves are numbered from 1. */
export function jobWaves(job: JobView, tasks: readonly TaskView[]): JobWave[] {
  const byWave = Map.groupBy(tasks, ({ wave }) => wave);
  return [...byWave]
    .sort(([a], [b]) => a - b)
    .map(([number, members]) => {
      const counts = countTasks(members);
      const manual = job.plan.waves[number - 1]?.manual ?? false;
      return { number, manual, counts, hosts: members.length, state: waveState(counts) };
    });
}

function waveState(counts: TaskCounts): WaveState {
  const open = (Object.keys(counts) as TaskStatus[]).some((status) => counts[status] > 0 && !taskHasEnded(status));
  if (counts.failed + counts.unreachable > 0) return 'troubled';
  if (open) return counts.running + counts.succeeded > 0 ? 'at_work' : 'ahead';
  return counts.not_started + counts.cancelled > 0 ? 'given_up' : 'done';
}
