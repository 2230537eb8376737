/** Chosen hosts by id. What a filter hides stays chosen, and is counted apart so that nobody installs unseen. */
export type Selection = ReadonlySet<number>;

export type Coverage = 'none' | 'some' | 'all';

export function toggled(selection: Selection, id: number): Selection {
  const next = new Set(selection);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** Everything that matches is chosen, not only what is in view. */
export function withAll(selection: Selection, matching: readonly number[]): Selection {
  return new Set([...selection, ...matching]);
}

export function withoutAll(selection: Selection, matching: readonly number[]): Selection {
  const leave = new Set(matching);
  return new Set([...selection].filter((id) => !leave.has(id)));
}

/** Hosts that left the list meanwhile (removed, retired) are no longer chosen. */
export function onlyOf(selection: Selection, selectable: ReadonlySet<number>): Selection {
  return [...selection].every((id) => selectable.has(id))
    ? selection
    : new Set([...selection].filter((id) => selectable.has(id)));
}

/** How much of what matches is chosen: what the box "Select all" shows. */
export function coverage(selection: Selection, matching: readonly number[]): Coverage {
  const chosen = matching.filter((id) => selection.has(id)).length;
  if (chosen === 0) return 'none';
  return chosen === matching.length ? 'all' : 'some';
}

/** Chosen, but hidden by the filter now. */
export function hiddenCount(selection: Selection, matching: readonly number[]): number {
  return selection.size - matching.filter((id) => selection.has(id)).length;
}
