import { shelfNames, type WallBoard } from '../domain/board.ts';
import { packShelf, unpackShelf, type PackedShelf } from './columns.ts';
import type { Snapshot } from './live.ts';

type ShelfName = (typeof shelfNames)[number];

/** A snapshot as it travels: each shelf as columns, the rest as it is. */
export interface PackedSnapshot extends Omit<Snapshot, 'board'> {
  board: Omit<WallBoard, ShelfName> & Record<ShelfName, PackedShelf>;
}

/** `turn` comes between two shelves: ten thousand hosts and their tasks take too long for one turn of the event loop. */
export async function packSnapshot<B extends WallBoard>(
  { board, ...rest }: Snapshot<B>,
  turn: () => Promise<void> = () => Promise.resolve(),
): Promise<PackedSnapshot> {
  const packed: Partial<Record<ShelfName, PackedShelf>> = {};
  // Views are replaced, never changed: with shelves of its own the board stays as it is now.
  const still = Object.fromEntries(shelfNames.map((name) => [name, { ...board[name] }])) as Pick<B, ShelfName>;
  const others = { ...board, jobTotals: { ...board.jobTotals } };
  for (const name of shelfNames) {
    packed[name] = packShelf(still[name]);
    await turn();
  }
  return { ...rest, board: { ...others, ...(packed as Record<ShelfName, PackedShelf>) } };
}

export function unpackSnapshot<B extends WallBoard>({ board, ...rest }: PackedSnapshot): Snapshot<B> {
  const shelves = Object.fromEntries(shelfNames.map((name) => [name, unpackShelf(board[name])]));
  return { ...rest, board: { ...board, ...shelves } as unknown as B };
}
