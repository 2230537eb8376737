/** These rows, each as the live board has it where that is newer than what was read. In their order. */
export function newerViews<View extends { readonly id: number; readonly revision: number }>(
  rows: readonly View[],
  live: Readonly<Record<number, View>> | undefined,
): View[] {
  return rows.map((row) => {
    const now = live?.[row.id];
    return now && now.revision > row.revision ? { ...row, ...now } : row;
  });
}
