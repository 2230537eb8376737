import type { Board } from '../../../server/domain/board.ts';

/** A text that is another one whenever an answer about clients may be: what changes an entity raises its revision. */
function stampOf(views: Iterable<{ readonly revision: number }>): string {
  let sum = 0;
  let count = 0;
  for (const { revision } of views) {
    sum += revision;
    count += 1;
  }
  return `${count}.${sum}`;
}

/** For what an environment sees: itself, the releases, and what its hosts report. */
export function environmentStamp(board: Board, id: number): string {
  const own = Object.values(board.hosts).filter(({ environmentId }) => environmentId === id);
  const revision = board.environments[id]?.revision ?? 0;
  return [revision, stampOf(Object.values(board.releases)), stampOf(own)].join(' ');
}

/** For what a channel's clients run. */
export function fleetStamp(board: Board): string {
  const shelves = [board.environments, board.releases, board.hosts, board.holds];
  return shelves.map((shelf) => stampOf(Object.values(shelf))).join(' ');
}

/** For what stands on a product's channels. */
export function productStamp(board: Board, productId: number): string {
  return stampOf(Object.values(board.releases).filter((release) => release.productId === productId));
}
