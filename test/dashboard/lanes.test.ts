import { describe, expect, test } from 'vitest';
import { pipelineLanes, stagesInFlight } from '../../dashboard/live/lanes.ts';
import type { EvaluationView } from '../../server/domain/views.ts';
import { fleet, inStages } from '../support/board-fixture.ts';

const now = Date.parse('2026-03-02T08:00:00Z');

function board(change: (story: ReturnType<typeof fleet>) => void = () => undefined) {
  const story = fleet(3, now);
  inStages(story);
  change(story);
  return story.board;
}

/** Says evaluation 1 (orders 4.2.1 at canary → stable) again, changed. */
function turned(change: Partial<EvaluationView>) {
  return board((story) =>
    story.say({
      kind: 'evaluation.changed',
      entity: 'evaluation',
      view: { ...(story.board.evaluations[1] as EvaluationView), ...change },
    }),
  );
}

const laneOf = (of: ReturnType<typeof board>, productId = 1, at = now) =>
  pipelineLanes(of, at, 9).lanes.find(({ key }) => key === productId);

describe('a lane per product in flight', () => {
  test('trouble first, then what is due next; what there is no room for is counted', () => {
    const { lanes, hidden } = pipelineLanes(board(), now, 2);
    expect(lanes.map(({ product }) => product)).toEqual(['scanner', 'label-printing-service']);
    expect(hidden).toBe(1);
  });

  test('shows how far the canary is on its way to the earliest promotion, what is healthy, and how many more there are', () => {
    expect(laneOf(board())).toMatchObject({
      mark: 'running',
      version: '4.2.1',
      stage: 'canary → stable',
      share: 8 / 9,
      soak: '2/3 healthy',
      outlook: 'earliest 11:00, in 3 h',
      more: 1,
    });
    expect(laneOf(turned({ eligibleAt: null })), 'where no instant is known').toMatchObject({ share: 2 / 3 });
  });

  test('a timed stage soaks by the clock', () => {
    const timed = board((story) => {
      const ended = { status: 'promoted' as const, endedAt: now };
      const view = { ...(story.board.evaluations[1] as EvaluationView), ...ended };
      story.say({ kind: 'evaluation.promoted', entity: 'evaluation', view });
    });
    expect(laneOf(timed)).toMatchObject({ version: '4.3.0', share: 1_500_000 / 3_600_000, soak: '1 h soak', more: 0 });
  });

  test('an unhealthy test entity turns the lane, and says how near the recall is', () => {
    expect(laneOf(board(), 2)).toMatchObject({
      mark: 'degraded',
      unhealthy: { count: 1, needed: 2 },
      outlook: 'no date yet',
    });
  });

  test('a recall is news for half an hour, in front of every other lane', () => {
    const recalled = turned({ status: 'recalled', endedAt: now - 60_000, eligibleAt: null });
    expect(pipelineLanes(recalled, now, 1).lanes[0]).toMatchObject({ mark: 'recalled', outlook: 'recalled 1 min ago' });
    expect(laneOf(recalled, 1, now + 30 * 60_000)).toMatchObject({ version: '4.3.0' });
  });

  test('what a label is missing for has no date', () => {
    const reasons = [{ code: 'label_missing' as const, sentence: 'The release lacks the label ready.' }];
    expect(laneOf(turned({ eligibleAt: null, reasons }))).toMatchObject({ outlook: 'label missing' });
  });

  test('without an undecided evaluation there is no lane', () => {
    expect(pipelineLanes(fleet(3, now).board, now, 3)).toEqual({ lanes: [], hidden: 0 });
    expect(stagesInFlight(fleet(3, now).board, 1)).toEqual([]);
  });
});
