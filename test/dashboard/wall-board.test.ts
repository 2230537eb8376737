import { describe, expect, test } from 'vitest';
import { estimatedEnd } from '../../dashboard/live/eta.ts';
import { FleetOrder } from '../../dashboard/live/fleet-picture.ts';
import { pipelineLanes } from '../../dashboard/live/lanes.ts';
import { jobCardsOf, jobsEnded, jobsInFlight, releaseCardsOf } from '../../dashboard/live/select.ts';
import { sentence } from '../../dashboard/live/sentence.ts';
import { openIncidents, steeringLines } from '../../dashboard/live/steering.ts';
import { verdict } from '../../dashboard/live/verdict.ts';
import { apply, type WallBoard } from '../../server/domain/board.ts';
import { wallBoard } from '../../server/domain/wall-board.ts';
import { begin, fail, lose, situations, storyOf, succeed } from '../support/board-fixture.ts';

const now = Date.UTC(2026, 4, 7, 9, 30);

/** Everything that a wall makes of a board. */
function shown(board: WallBoard) {
  const { hosts, ...fleet } = new FleetOrder().picture(board);
  return {
    fleet,
    hosts: hosts.map(({ id, name }) => `${id} ${name}`),
    verdict: verdict(board, { ...fleet, hosts }, now),
    cards: [jobCardsOf(board), releaseCardsOf(board, fleet.reports)],
    jobs: [...jobsInFlight(board), ...jobsEnded(board, 10)],
    ends: jobsInFlight(board).map((job) => estimatedEnd(job, Object.values(board.tasks), now)),
    lanes: pipelineLanes(board, now, 3),
    waiting: [openIncidents(board), steeringLines(board, now, 3)],
    ticker: board.ticker.map((line) => sentence(line, board)),
  };
}

describe("a wall's part of the board", () => {
  test.each(situations)('%s: shows what the whole board shows', (situation) => {
    const { board } = storyOf(situation, 60, now);
    expect(shown(wallBoard(board))).toEqual(shown(board));
  });

  test('goes on to show it while hosts begin, succeed, fail and fall silent', () => {
    const story = storyOf('rollout', 60, now);
    const part = wallBoard(story.board);
    const news = [
      ...begin(story, 40),
      ...succeed(story, 40),
      ...fail(story, 41, 'It broke.'),
      lose(story, 7, 'No route.'),
    ];
    for (const activity of news) apply(part, activity);
    expect(shown(part)).toEqual(shown(story.board));
    expect(part.cursor).toBe(story.board.cursor);
  });
});
