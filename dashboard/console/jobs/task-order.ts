import type { TaskStatus, TaskView } from '../../../server/domain/views.ts';

/** What needs eyes comes first: trouble, then what moves, then what is open, then what is done. */
const RANK = {
  failed: 0,
  unreachable: 1,
  running: 2,
  pending: 3,
  not_started: 4,
  cancelled: 5,
  succeeded: 6,
  skipped: 7,
} as const satisfies Record<TaskStatus, number>;

export function byNeed(tasks: readonly TaskView[]): TaskView[] {
  return [...tasks].sort((a, b) => RANK[a.status] - RANK[b.status] || a.position - b.position);
}

/** The tasks in an order from before, new ones after them: while somebody points at a row, nothing moves under the pointer. */
export function inHeldOrder(tasks: readonly TaskView[], held: readonly number[]): TaskView[] {
  const place = new Map(held.map((id, at) => [id, at]));
  return [...tasks].sort(
    (a, b) => (place.get(a.id) ?? Infinity) - (place.get(b.id) ?? Infinity) || a.position - b.position,
  );
}
