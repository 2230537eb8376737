/** The board's views and those read by pages as one list, newest first; of two views of one thing the newer counts. */
export function mergedViews<View extends { readonly id: number; readonly revision: number }>(
  live: readonly View[],
  read: readonly View[],
): View[] {
  const byId = new Map<number, View>();
  for (const view of [...read, ...live]) {
    const known = byId.get(view.id);
    if (!known || known.revision <= view.revision) byId.set(view.id, view);
  }
  return [...byId.values()].sort((a, b) => b.id - a.id);
}
