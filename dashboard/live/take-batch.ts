import type { AnyActivity } from '../../server/domain/activity.ts';
import { apply, type WallBoard } from '../../server/domain/board.ts';

export interface Batch {
  from: string;
  to: string;
  activities: AnyActivity[];
}

/** `gap`: the batch does not start where the board stands, so the feed has to be followed again from there. */
export type Taken = 'applied' | 'duplicate' | 'gap';

/** Folds a batch into the board, in place, if it starts at the board's cursor; otherwise changes nothing. */
export function takeBatch(board: WallBoard, batch: Batch): Taken {
  if (batch.from !== board.cursor) return batch.to === board.cursor ? 'duplicate' : 'gap';
  for (const activity of batch.activities) apply(board, activity);
  board.cursor = batch.to;
  return 'applied';
}
