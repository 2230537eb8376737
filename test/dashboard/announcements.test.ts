import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Announcements, EVERY_MS } from '../../dashboard/console/shell/announcements.ts';
import { JobChanges } from '../../dashboard/console/shell/job-changes.ts';
import { emptyBoard } from '../../server/domain/board.ts';
import { storyOf } from '../support/board-fixture.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listener() {
  const said: string[] = [];
  return { said, announcements: new Announcements((text) => said.push(text)) };
}

test('100 changes in a second are one announcement, which says how many and the last', () => {
  const { said, announcements } = listener();
  for (let job = 1; job <= 100; job += 1) announcements.say(`job ${job}`, `Job ${job}: succeeded.`);
  vi.advanceTimersByTime(EVERY_MS * 5);
  expect(said).toEqual(['100 changes. The last: Job 100: succeeded.']);
});

test('of one subject only the last word is said, and a later change is announced again', () => {
  const { said, announcements } = listener();
  announcements.say('job 1', 'Job 1: queued.');
  announcements.say('job 2', 'Job 2: failed.');
  announcements.say('job 1', 'Job 1: running.');
  vi.advanceTimersByTime(EVERY_MS);
  announcements.say('job 1', 'Job 1: succeeded.');
  vi.advanceTimersByTime(EVERY_MS);
  expect(said).toEqual(['Job 2: failed. Job 1: running.', 'Job 1: succeeded.']);
});

test('how jobs stand at first is not announced; what becomes of them is', () => {
  const said: string[] = [];
  const changes = new JobChanges();
  const announcer = { say: (_subject: string, sentence: string) => void said.push(sentence) };
  const { board } = storyOf('rollout', 12, 0);
  const [job] = Object.values(board.jobs);
  changes.tell(null, announcer);
  changes.tell(board, announcer);
  expect(said).toEqual([]);
  changes.tell({ ...emptyBoard(), jobs: { [job!.id]: { ...job!, status: 'cancelled' } } }, announcer);
  expect(said).toEqual([expect.stringMatching(new RegExp(`^Job ${job!.id}, .*: Cancelled\\.$`))]);
});
