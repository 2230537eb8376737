import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../dashboard/live/backoff.ts';
import { takeBatch } from '../../dashboard/live/take-batch.ts';
import { lose, storyOf } from '../support/board-fixture.ts';

describe('taking a batch', () => {
  const story = storyOf('idle', 3, 1_800_000_000_000);
  const board = () => structuredClone(before);
  const before = structuredClone(story.board);
  const activities = [lose(story, 1, 'No route.'), lose(story, 2, 'No route.')];
  const to = story.board.cursor;

  test('one that starts at the board is folded in, and the cursor stands at its end', () => {
    const mine = board();
    expect(takeBatch(mine, { from: before.cursor, to, activities })).toBe('applied');
    expect(mine).toEqual(story.board);
  });

  test('its end counts, not its last activity: what the server left out is behind us too', () => {
    const mine = board();
    takeBatch(mine, { from: before.cursor, to: '9999.9999', activities });
    expect(mine.cursor).toBe('9999.9999');
  });

  test('one that ends where the board stands is a duplicate and changes nothing', () => {
    const mine = board();
    takeBatch(mine, { from: before.cursor, to, activities });
    const after = structuredClone(mine);
    expect(takeBatch(mine, { from: before.cursor, to, activities })).toBe('duplicate');
    expect(mine).toEqual(after);
  });

  test('one that starts elsewhere is a gap and changes nothing', () => {
    const mine = board();
    expect(takeBatch(mine, { from: '5000.1', to: '5000.2', activities })).toBe('gap');
    expect(mine).toEqual(before);
  });
});

describe('backoff', () => {
  test('doubles to ten seconds and stays there for ever, spread over half to the whole', () => {
    expect([0, 1, 2, 5, 60, 10_000].map((attempt) => backoffMs(attempt, 1))).toEqual([
      500, 1000, 2000, 10_000, 10_000, 10_000,
    ]);
    expect(backoffMs(60, 0)).toBe(5_000);
  });
});
