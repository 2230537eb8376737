/**
 * Places the boxes of a pipeline from left to right: each one column behind the last of those that lead to it, lines
 * that pass a column get a lane of their own there. No physics: the same graph is always the same picture. Pixels.
 */
export interface GraphNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge extends GraphEdge {
  /** Path of the line, for `<path d>`. */
  readonly d: string;
  /** It leads against the reading direction: it closes a cycle, which a pipeline must not have. */
  readonly back: boolean;
}

export interface GraphPicture {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly edges: readonly PlacedEdge[];
}

export interface Gaps {
  readonly column: number;
  readonly row: number;
}

/** Nodes in the order in which people listed them; edges between ids that are there. */
export function graphPicture(nodes: readonly GraphNode[], edges: readonly GraphEdge[], gaps: Gaps): GraphPicture {
  const { forward, back } = withoutCycles(edges);
  const columnOf = columnsOf(nodes, forward);
  const { cells, links } = withLanes(nodes, forward, columnOf);
  const columns = ordered(cells, links);
  const { boxes, width, height } = placed(columns, gaps);
  const drawn = new Map(forward.map((edge) => [edge, pathThrough(waypoints(edge, columnOf, boxes), false)]));
  return {
    width,
    height,
    boxes: new Map(nodes.map(({ id }) => [id, boxes.get(id) as Box])),
    edges: edges.map((edge) => ({
      ...edge,
      d: drawn.get(edge) ?? pathThrough(endsOf(edge, boxes), true),
      back: back.includes(edge),
    })),
  };
}

/** In the order given, an edge that closes a cycle is set aside: it is drawn, but moves nothing. */
function withoutCycles(edges: readonly GraphEdge[]): { forward: GraphEdge[]; back: GraphEdge[] } {
  const forward: GraphEdge[] = [];
  const back: GraphEdge[] = [];
  for (const edge of edges) (reaches(edge.to, edge.from, forward) ? back : forward).push(edge);
  return { forward, back };
}

function reaches(from: string, to: string, edges: readonly GraphEdge[], seen = new Set<string>()): boolean {
  if (from === to) return true;
  seen.add(from);
  return edges.some((edge) => edge.from === from && !seen.has(edge.to) && reaches(edge.to, to, edges, seen));
}

/** The longest way from a beginning. */
function columnsOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Map<string, number> {
  const columns = new Map<string, number>();
  const columnOf = (id: string): number => {
    const known = columns.get(id);
    if (known !== undefined) return known;
    const before = edges.filter(({ to }) => to === id).map(({ from }) => columnOf(from) + 1);
    const column = Math.max(0, ...before);
    columns.set(id, column);
    return column;
  };
  for (const { id } of nodes) columnOf(id);
  return columns;
}

interface Cell extends GraphNode {
  readonly column: number;
}

const LANE = { width: 0, height: 0 };

/** An edge over several columns takes a lane in each of them, so that no line runs through a box. */
function withLanes(nodes: readonly GraphNode[], edges: readonly GraphEdge[], columnOf: ReadonlyMap<string, number>) {
  const cells: Cell[] = nodes.map((node) => ({ ...node, column: columnOf.get(node.id) ?? 0 }));
  const links: GraphEdge[] = [];
  for (const edge of edges) {
    const stops = [edge.from, ...lanesOf(edge, columnOf), edge.to];
    cells.push(
      ...lanesOf(edge, columnOf).map((id, at) => ({ id, ...LANE, column: (columnOf.get(edge.from) ?? 0) + 1 + at })),
    );
    links.push(...stops.slice(1).map((to, at) => ({ from: stops[at] as string, to })));
  }
  return { cells, links };
}

function lanesOf({ from, to }: GraphEdge, columnOf: ReadonlyMap<string, number>): string[] {
  const between = (columnOf.get(to) ?? 0) - (columnOf.get(from) ?? 0) - 1;
  return Array.from({ length: Math.max(0, between) }, (_, at) => `${from} → ${to} #${at}`);
}

/** Each column from top to bottom: near what leads there, and otherwise in the order given. */
function ordered(cells: readonly Cell[], links: readonly GraphEdge[]): Cell[][] {
  const columns: Cell[][] = [];
  for (const cell of cells) (columns[cell.column] ??= []).push(cell);
  for (let at = 1; at < columns.length; at += 1) {
    const before = new Map(columns[at - 1]?.map(({ id }, row) => [id, row]));
    const middle = ({ id }: Cell) => {
      const rows = links.filter(({ to }) => to === id).map(({ from }) => before.get(from) ?? 0);
      return rows.length === 0 ? Infinity : rows.reduce((sum, row) => sum + row, 0) / rows.length;
    };
    columns[at] = (columns[at] ?? [])
      .map((cell) => ({ cell, middle: middle(cell) }))
      .sort((a, b) => (a.middle === b.middle ? 0 : a.middle - b.middle))
      .map(({ cell }) => cell);
  }
  return columns;
}

function placed(columns: readonly (readonly Cell[])[], gaps: Gaps) {
  const heights = columns.map((cells) => cells.reduce((sum, { height }) => sum + height + gaps.row, -gaps.row));
  const height = Math.max(0, ...heights);
  const boxes = new Map<string, Box>();
  let x = 0;
  columns.forEach((cells, at) => {
    const widest = Math.max(0, ...cells.map(({ width }) => width));
    let y = (height - (heights[at] ?? 0)) / 2;
    for (const cell of cells) {
      // A lane is as wide as its column: the line passes the boxes there level.
      const width = cell.width || widest;
      boxes.set(cell.id, { x: x + (widest - width) / 2, y, width, height: cell.height });
      y += cell.height + gaps.row;
    }
    x += widest + gaps.column;
  });
  return { boxes, width: Math.max(0, x - gaps.column), height };
}

type Point = readonly [x: number, y: number];

const rightOf = ({ x, y, width, height }: Box): Point => [x + width, y + height / 2];
const throughOf = (lane: Box): Point[] => [leftOf(lane), rightOf(lane)];
const leftOf = ({ x, y, height }: Box): Point => [x, y + height / 2];

function waypoints(edge: GraphEdge, columnOf: ReadonlyMap<string, number>, boxes: ReadonlyMap<string, Box>): Point[] {
  const [from, to] = endsOf(edge, boxes) as [Point, Point];
  return [from, ...lanesOf(edge, columnOf).flatMap((id) => throughOf(boxes.get(id) as Box)), to];
}

function endsOf({ from, to }: GraphEdge, boxes: ReadonlyMap<string, Box>): Point[] {
  return [rightOf(boxes.get(from) as Box), leftOf(boxes.get(to) as Box)];
}

/** Leaves and arrives level, so that a line reads as a way through the boxes. `back`: in a bow below them. */
function pathThrough(points: readonly Point[], back: boolean): string {
  const [first, ...rest] = points as [Point, ...Point[]];
  let [x, y] = first;
  let d = `M${x} ${y}`;
  for (const [toX, toY] of rest) {
    const bend = back ? 80 : (toX - x) / 2;
    const sag = back ? 60 : 0;
    d += ` C${x + bend} ${y + sag} ${toX - bend} ${toY + sag} ${toX} ${toY}`;
    [x, y] = [toX, toY];
  }
  return d;
}
