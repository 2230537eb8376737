import { compareCursors } from '../../db/cursor.ts';
import type { AnyActivity } from '../domain/activity.ts';

/** The latest activities in log order, for clients that resume. */
export interface Ring {
  push(activities: readonly AnyActivity[]): void;
  /** Everything after the cursor; undefined when some of it has left the ring. */
  after(since: string): AnyActivity[] | undefined;
  /** Empties it; nothing before `start` can be resumed from. */
  reset(start: string): void;
}

/** Holds the last `capacity` activities, and now and then half as many more: shifting one by one would cost each time. */
export function createRing(capacity: number, start: string): Ring {
  let kept: AnyActivity[] = [];
  let floor = start;
  return {
    push(activities) {
      kept.push(...activities);
      if (kept.length <= capacity * 1.5) return;
      const dropped = kept.length - capacity;
      floor = (kept[dropped - 1] as AnyActivity).cursor;
      kept = kept.slice(dropped);
    },
    after(since) {
      return compareCursors(since, floor) < 0 ? undefined : kept.slice(firstAfter(kept, since));
    },
    reset(from) {
      kept = [];
      floor = from;
    },
  };
}

function firstAfter(kept: readonly AnyActivity[], cursor: string): number {
  let low = 0;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareCursors((kept[middle] as AnyActivity).cursor, cursor) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
