/** Which rows of a list with rows of one height are in the document, and how much room the others take. Pixels. */
export interface RowWindow {
  /** Index of the first row shown. */
  readonly first: number;
  /** Index after the last row shown. */
  readonly end: number;
  readonly before: number;
  readonly after: number;
}

export interface RowWindowInput {
  readonly count: number;
  readonly rowHeight: number;
  readonly scrollTop: number;
  readonly viewHeight: number;
  /** Rows kept beyond each edge, so that a fast scroll does not show an empty band. */
  readonly overscan?: number;
}

export function rowWindow({ count, rowHeight, scrollTop, viewHeight, overscan = 8 }: RowWindowInput): RowWindow {
  // A list that became shorter under a scrolled view still reports the old scrollTop for one frame.
  const top = Math.min(Math.max(0, scrollTop), Math.max(0, count * rowHeight - viewHeight));
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((top + viewHeight) / rowHeight) + overscan);
  return { first, end, before: first * rowHeight, after: Math.max(0, count - end) * rowHeight };
}

/** The scroll position that shows a row fully with the least movement; the present one when it already is. */
export function scrollToRow(
  index: number,
  { rowHeight, scrollTop, viewHeight }: Omit<RowWindowInput, 'count'>,
): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - viewHeight);
}
