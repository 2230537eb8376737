import type { Board } from '../../../server/domain/board.ts';
import type { IncidentStatus, IncidentView, JobView } from '../../../server/domain/views.ts';
import type { Mark } from '../../theme/states.ts';

/** How an incident is marked and called: what nobody took is trouble, what somebody took is being seen to. */
export const incidentStates = {
  open: { mark: 'failed', word: 'Open' },
  acknowledged: { mark: 'degraded', word: 'Acknowledged' },
  resolved: { mark: 'ok', word: 'Resolved' },
} as const satisfies Record<IncidentStatus, { mark: Mark; word: string }>;

export type IncidentCard = 'standing' | IncidentStatus;

export function incidentInCard({ status }: Pick<IncidentView, 'status'>, card: IncidentCard): boolean {
  return card === 'standing' ? status !== 'resolved' : status === card;
}

/** The jobs that follow the incident's: re-runs and rollbacks of it, and those of these, oldest first. */
export function recoveryJobs(board: Board, jobId: number): JobView[] {
  const all = Object.values(board.jobs).sort((a, b) => a.id - b.id);
  const family = new Set([jobId]);
  // A child's number is higher than its parent's: one pass in order of number finds the whole family.
  for (const { id, parentJobId } of all) if (parentJobId !== null && family.has(parentJobId)) family.add(id);
  return all.filter(({ id }) => id !== jobId && family.has(id));
}
