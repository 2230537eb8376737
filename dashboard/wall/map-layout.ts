/** Where the tiles of the host map go: as large as they can be in the box, with the names of the groups where there is room. Pure. */

export interface Box {
  width: number;
  height: number;
}

export interface Spacing {
  /** Between tiles. */
  gap: number;
  /** Between groups, both ways. */
  groupGap: number;
  /** Room for a group's name above its tiles, or to the left of them. */
  label: Box;
}

export interface PlacedGroup {
  left: number;
  top: number;
  width: number;
  /** Tiles per row. */
  columns: number;
  /** Where its name stands; null where there is no room for names. */
  label: { left: number; top: number; width: number } | null;
}

export interface MapLayout<Cell extends Box = Box> {
  cell: Cell;
  groups: PlacedGroup[];
}

/** Names above with that many groups beside one another, names at the left, or none. */
type Arrangement = { abreast: number } | 'beside' | 'unnamed';

const named: readonly Arrangement[] = ['beside', ...[1, 2, 3, 4].map((abreast) => ({ abreast }))];
/**
 * Takes the first of `cells` (largest first) with which all groups fit the box; null when none does. The names of the
 * groups stay as long as tiles keep `worthOfNames` of the size that they would have without.
 */
export function layoutMap<Cell extends Box>(
  sizes: readonly number[],
  box: Box,
  cells: readonly Cell[],
  spacing: Spacing,
  worthOfNames: number,
): MapLayout<Cell> | null {
  const plain = largest(sizes, box, cells, spacing, 'unnamed');
  const withNames = named
    .flatMap((arrangement) => largest(sizes, box, cells, spacing, arrangement) ?? [])
    .reduce<MapLayout<Cell> | null>((best, one) => (best && best.cell.height >= one.cell.height ? best : one), null);
  if (!withNames || !plain) return plain;
  return withNames.cell.height >= plain.cell.height * worthOfNames ? withNames : plain;
}

/** Fitting is monotonic in the cell's size, near enough: bisect instead of trying every size at each resize. */
function largest<Cell extends Box>(
  sizes: readonly number[],
  box: Box,
  cells: readonly Cell[],
  spacing: Spacing,
  arrangement: Arrangement,
): MapLayout<Cell> | null {
  let best: MapLayout<Cell> | null = null;
  let low = 0;
  let high = cells.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const cell = cells[middle] as Cell;
    const groups = placed(sizes, box, cell, spacing, arrangement);
    if (groups) {
      best = { cell, groups };
      high = middle - 1;
    } else low = middle + 1;
  }
  return best;
}

function placed(
  sizes: readonly number[],
  box: Box,
  cell: Box,
  spacing: Spacing,
  arrangement: Arrangement,
): PlacedGroup[] | null {
  const abreast = typeof arrangement === 'object' ? arrangement.abreast : 1;
  if (abreast > sizes.length) return null;
  const above = typeof arrangement === 'object' ? spacing.label.height : 0;
  const beside = arrangement === 'beside' ? spacing.label.width : 0;
  const between = arrangement === 'unnamed' ? spacing.gap : spacing.groupGap;
  const width = (box.width - (abreast - 1) * between) / abreast;
  const columns = Math.floor((width - beside + spacing.gap) / (cell.width + spacing.gap));
  if (columns < 1) return null;
  const groups: PlacedGroup[] = [];
  let top = 0;
  for (let first = 0; first < sizes.length; first += abreast) {
    const row = sizes.slice(first, first + abreast);
    row.forEach((_, at) => {
      const left = at * (width + between);
      const label = arrangement === 'unnamed' ? null : { left, top, width: beside > 0 ? beside - between : width };
      groups.push({ left: left + beside, top: top + above, width: width - beside, columns, label });
    });
    const rows = Math.ceil(Math.max(...row) / columns);
    const tiles = rows * (cell.height + spacing.gap) - spacing.gap;
    top += above + Math.max(tiles, beside > 0 ? spacing.label.height : 0) + between;
  }
  return top - between <= box.height ? groups : null;
}

/** Square cells from `from` pixels down to `to`. */
export function squares(from: number, to: number): Box[] {
  return Array.from({ length: Math.max(0, from - to + 1) }, (_, at) => ({ width: from - at, height: from - at }));
}

/** A tile with a host's name in it; `type` is the name's size. */
export interface NamedTile extends Box {
  type: number;
}

/** Named tiles for type sizes from `from` pixels down to `to`, wide enough for `characters` of a monospaced name. */
export function namedTiles(characters: number, from: number, to: number): NamedTile[] {
  const tiles: NamedTile[] = [];
  for (let type = from; type >= to; type -= 0.5) {
    tiles.push({ type, width: Math.ceil(type * (0.6 * characters + 2.3)), height: Math.ceil(type * 1.65) });
  }
  return tiles;
}
