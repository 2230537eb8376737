import type { Board } from '../../../server/domain/board.ts';
import type { JobView } from '../../../server/domain/views.ts';

/** Shelves of the board whose entities are never trimmed. */
export type Shelf =
  'holds' | 'incidents' | 'approvals' | 'rules' | 'releases' | 'products' | 'pipelines' | 'evaluations' | 'recalls';

/**
 * Whether the activity of a change has reached this screen. The server's answer carries the job as it was after the
 * change; once the live board has that revision or a newer one, what the screen shows includes it.
 */
export function hasArrived(board: Board | null, job: Pick<JobView, 'id' | 'revision'>): boolean {
  if (!board) return false;
  const known = board.jobs[job.id];
  return known ? known.revision >= job.revision : job.id <= board.trimmedJobId;
}

/** The same for what the board keeps for good: holds, incidents, approvals, rules, releases. */
export function viewArrived(board: Board | null, shelf: Shelf, view: { id: number; revision: number }): boolean {
  return (board?.[shelf][view.id]?.revision ?? 0) >= view.revision;
}
