import type { Board, HostTask, WallBoard, WallHost, WallTask } from './board.ts';
import { jobHasEnded } from './task-transition.ts';
import type { HostView } from './views.ts';

/**
 * What walls show of the board, for the snapshot that a thousand of them take at once: most of a whole board are instants
 * that no wall shows, and that nothing compresses. It goes on by the same activities as the whole board.
 */
export function wallBoard(board: Board): WallBoard {
  const each = <From, To>(shelf: Record<number, From>, shown: (view: From) => To): Record<number, To> =>
    Object.fromEntries(Object.entries(shelf).map(([id, view]) => [id, shown(view)]));
  const inFlight = (jobId: number) => board.jobs[jobId] !== undefined && !jobHasEnded(board.jobs[jobId].status);
  return {
    ...board,
    releases: each(board.releases, ({ digest: _digest, notes: _notes, labels: _labels, ...shown }) => shown),
    hosts: each(board.hosts, shownHost),
    tasks: each(board.tasks, (task) => shownTask(task, inFlight(task.jobId))),
    displays: each(board.displays, ({ id, revision, name }) => ({ id, revision, name })),
  };
}

function shownHost(host: HostView): WallHost {
  const { id, revision, name, environmentId, labels, life, liveness, livenessSince, livenessProblem, removed } = host;
  return {
    ...{ id, revision, name, environmentId, labels, life, liveness, livenessProblem },
    livenessSince: liveness === 'unreachable' ? livenessSince : null,
    reported: host.reported.map(({ releaseId }) => ({ releaseId })),
    ...(removed && { removed }),
  };
}

/** The instants of a job in flight say when it will end, those of what went bad since when it is so. */
function shownTask(task: HostTask, inFlight: boolean): WallTask {
  const { id, revision, jobId, hostId, status, step, problem, blockedByJobId, startedAt, endedAt } = task;
  const timed = inFlight || status === 'failed' || status === 'unreachable';
  return {
    ...{ id, revision, jobId, hostId, status, step, problem, blockedByJobId },
    ...(timed ? { startedAt, endedAt } : { startedAt: null, endedAt: null }),
  };
}
