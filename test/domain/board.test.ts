import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnyActivity } from '../../server/domain/activity.ts';
import { apply, emptyBoard, endedJobsKept, tickerLength, type Board } from '../../server/domain/board.ts';
import { coalesce } from '../../server/domain/coalesce.ts';
import { manyEndedJobs, story } from './activity-story.ts';

const fold = (activities: readonly AnyActivity[], board: Board = emptyBoard()) => activities.reduce(apply, board);

/** Everything but what depends on where a reader is: its cursor, and the lines that passed by. */
function picture({ cursor: _cursor, ticker: _ticker, ...shelves }: Board) {
  return shelves;
}

describe('the board', () => {
  test('is the same in whatever order the activities arrive', () => {
    fc.assert(
      fc.property(story, fc.infiniteStream(fc.nat()), (activities, luck) => {
        const shuffled = activities
          .map((activity) => ({ activity, place: luck.next().value as number }))
          .sort((a, b) => a.place - b.place)
          .map(({ activity }) => activity);
        expect(picture(fold(shuffled))).toEqual(picture(fold(activities)));
      }),
    );
  });

  test('does not change when activities come again', () => {
    fc.assert(
      fc.property(story, fc.nat(), (activities, from) => {
        const again = activities.slice(activities.length ? from % activities.length : 0);
        expect(picture(fold([...activities, ...again]))).toEqual(picture(fold(activities)));
      }),
    );
  });

  test('is the same when a storm was coalesced, wherever the batches begin and end', () => {
    fc.assert(
      fc.property(story, fc.integer({ min: 1, max: 60 }), (activities, batchSize) => {
        const board = emptyBoard();
        for (let at = 0; at < activities.length; at += batchSize) {
          const batch = activities.slice(at, at + batchSize);
          fold(coalesce(batch, 0), board);
          board.cursor = batch.at(-1)?.cursor as string;
        }
        expect(board).toEqual(fold(activities));
      }),
    );
  });

  test('keeps exactly the newest ended jobs, counts all, and lets no late word bring an old one back', () => {
    const activities = manyEndedJobs(1, endedJobsKept + 30);
    const board = fold(activities);
    expect(Object.keys(board.jobs).map(Number)).toEqual(Array.from({ length: endedJobsKept }, (_, i) => i + 31));
    expect(board).toMatchObject({ trimmedJobId: 30, jobTotals: { succeeded: endedJobsKept + 30 } });
    fold(activities.slice(0, 20), board);
    expect(board.jobs[1]).toBeUndefined();
    expect(board.jobTotals).toEqual({ succeeded: endedJobsKept + 30 });
    expect(picture(fold(coalesce(activities, 0)))).toEqual(picture(fold(activities)));
  });

  test('remembers the latest lines, newest first, without what nobody reads', () => {
    const board = fold(manyEndedJobs(1, 100));
    expect(board.ticker).toHaveLength(tickerLength);
    expect(board.ticker.map(({ entity }) => entity.id)).toEqual(
      Array.from({ length: tickerLength }, (_, i) => 100 - i),
    );
  });
});
