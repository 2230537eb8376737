import type { WallBoard } from '../../server/domain/board.ts';
import { recallsOf } from '../../server/domain/recall.ts';
import type { RecallView, ReleaseView } from '../../server/domain/views.ts';

/** The recall that stands over a release, the latest first; null: it is free. Rule: section 9. */
export function recallOf(board: WallBoard, { productId, version }: Pick<ReleaseView, 'productId' | 'version'>) {
  const ofProduct = Object.values(board.recalls)
    .filter((recall) => recall.productId === productId)
    .map((recall): RecallView & { reverted: boolean } => ({ ...recall, reverted: recall.revertedAt !== null }));
  return recallsOf(ofProduct, version).sort((a, b) => b.openedAt - a.openedAt)[0] ?? null;
}
