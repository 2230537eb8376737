import type { WallBoard, WallHost, WallTask } from '../../server/domain/board.ts';

/** A host that is named on the wall until it answers again, or until a later task on it succeeds. */
export interface FailingHost {
  id: number;
  name: string;
  environment: string;
  code: 'failed' | 'unreachable';
  reason: string;
  /** Epoch milliseconds; null = not known. */
  since: number | null;
  /** The job whose task went bad on it; null when it simply does not answer. */
  jobId: number | null;
}

/** Says why a host whose mark is `failed` has it. Not answering outweighs what a task left behind. */
export function failingHost(board: WallBoard, host: WallHost, task: WallTask | undefined): FailingHost {
  const environment = board.environments[host.environmentId]?.name ?? '';
  const who = { id: host.id, name: host.name, environment };
  const jobId = task && (task.status === 'failed' || task.status === 'unreachable') ? task.jobId : null;
  if (host.liveness === 'unreachable' || !task) {
    const reason = host.livenessProblem?.sentence ?? 'It does not answer.';
    return { ...who, code: 'unreachable', reason, since: host.livenessSince, jobId };
  }
  const step = task.step ? `The step ${task.step} failed.` : 'The task failed.';
  return { ...who, code: 'failed', reason: causeOf(task) ?? step, since: task.endedAt, jobId };
}

/** The cause alone where the host has told it: the sentence with its next step is for whoever walks up. */
function causeOf({ problem }: WallTask): string | undefined {
  const cause = problem?.['cause'];
  return typeof cause === 'string' ? cause : problem?.sentence;
}
