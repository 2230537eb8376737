/** A row as `view` says it where that is newer than what was read; what only the list says stays. */
export function newerView<Row extends object>(row: Row, view: Row | undefined): Row {
  return view && revisionOf(view) > revisionOf(row) ? { ...row, ...view } : row;
}

function revisionOf(view: { readonly revision?: number }): number {
  return view.revision ?? 0;
}
