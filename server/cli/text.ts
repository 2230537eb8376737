/** Rows as aligned columns, two spaces apart; nothing is cut. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Columns under a heading; `nothing` when there are no rows. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[], nothing: string): string[] {
  return rows.length === 0 ? [nothing] : columns([heading.map((word) => word.toUpperCase()), ...rows]);
}

/** What every release on the way has to say. Notes are somebody else's text: nothing in them steers the terminal. */
export function notesLines(
  notes: readonly { readonly version: string; readonly notes: string; readonly required: boolean }[],
): string[] {
  return notes.flatMap(({ version, notes: text, required }) => [
    `notes of ${version}${required ? ', required' : ''}:`,
    ...(text.trim() || 'without notes').split(/\r?\n/).map((line) => `  ${line.replace(/\p{Cc}/gu, ' ')}`.trimEnd()),
  ]);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 ? amount : amount.toFixed(1)} ${UNITS[power]}`;
}
