import type { Board, HostTask } from '../../../server/domain/board.ts';
import { jobHasEnded } from '../../../server/domain/task-transition.ts';
import type { HoldView, HostView, JobView, Liveness } from '../../../server/domain/views.ts';
import { holdsInForce } from '../../live/holds.ts';
import { hostMark } from '../../live/marks.ts';
import { hostsOf } from '../../live/select.ts';
import type { Mark } from '../../theme/states.ts';
import { holdsOnHost } from '../holds/holds-at.ts';
import type { HostCandidate } from '../../../server/domain/host-filter.ts';
import { byName } from './host-order.ts';

export interface HostRow extends HostCandidate {
  readonly id: number;
  readonly host: HostView;
  readonly mark: Mark;
  /** Its part in its latest job, while that job is in flight. */
  readonly task: HostTask | null;
  /** Holds that stop new installs here. */
  readonly holds: readonly HoldView[];
}

/** The rows of these hosts, in their order; one that the board no longer has is left out. */
export function rowsOf(rows: readonly HostRow[], hosts: readonly Pick<HostView, 'id'>[]): HostRow[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return hosts.flatMap(({ id }) => byId.get(id) ?? []);
}

export type HostLife = 'all' | Liveness | 'maintenance' | 'held';

/** Every host that takes part, by name. */
export function hostRows(board: Board, now: number): HostRow[] {
  const holds = holdsInForce(board, now);
  return byName(hostsOf(board), ({ name }) => name).map((host) => {
    const task = board.tasks[host.id];
    const job: JobView | undefined = task && board.jobs[task.jobId];
    return {
      id: host.id,
      host,
      name: host.name,
      labels: host.labels,
      environment: board.environments[host.environmentId]?.name ?? '',
      version: versionsText(board, host),
      mark: hostMark(host, task, job),
      holds: holds.length > 0 ? holdsOnHost(board, holds, host) : holds,
      task: task && job && !jobHasEnded(job.status) ? task : null,
    };
  });
}

/** `4.2.1`, or with the products' names where a host runs several. */
export function versionsText(board: Board, host: HostView): string {
  const [only, ...others] = host.reported;
  if (others.length === 0) return only?.version ?? '';
  return host.reported
    .map(({ productId, version }) => `${board.products[productId]?.name ?? productId} ${version}`)
    .join(', ');
}

/** Whether a card counts the host. */
export function hasLife({ host, holds }: HostRow, life: HostLife): boolean {
  if (life === 'all') return true;
  if (life === 'held') return holds.length > 0;
  return life === 'maintenance' ? host.life === 'maintenance' : host.liveness === life;
}
