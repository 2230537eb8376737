import { describe, expect, test } from 'vitest';
import { FleetOrder } from '../../dashboard/live/fleet-picture.ts';
import { heldText, holdsInForce, holdState, reaches, scopeText } from '../../dashboard/live/holds.ts';
import { hostMark, jobMark } from '../../dashboard/live/marks.ts';
import { openIncidents, pendingApprovals, steeringLines } from '../../dashboard/live/steering.ts';
import { verdict, verdictSentence } from '../../dashboard/live/verdict.ts';
import type { HoldView } from '../../server/domain/views.ts';
import { askApproval, fleet, openIncident, putHold, startInstall, storyOf } from '../support/board-fixture.ts';
import type { Story } from '../support/story.ts';

const now = 1_800_000_000_000;

function said(story: Story, at = now): string {
  return verdictSentence(verdict(story.board, new FleetOrder().picture(story.board), at));
}

function held(change: Partial<HoldView>): HoldView {
  const story = fleet(3, now);
  putHold(story, 1, change);
  return story.board.holds[1] as HoldView;
}

describe('a hold', () => {
  test('is in force from its start on, until its expiry, that instant excluded', () => {
    const hold = held({ startsAt: now, expiresAt: now + 1000 });
    expect([now - 1, now, now + 999, now + 1000].map((at) => holdState(hold, at))).toEqual([
      'starts_later',
      'in_force',
      'in_force',
      'expired',
    ]);
  });

  test('that was released is released, whatever its instants', () => {
    expect(holdState(held({ releasedAt: now, releasedBy: 'Ana' }), now)).toBe('released');
  });

  test.each([
    [{}, 'everything'],
    [{ product: 'karios' }, 'karios'],
    [{ channel: 'stable' }, 'channel stable'],
    [{ environment: 'eu-prod' }, 'environment eu-prod'],
    [{ host: 'web-01' }, 'host web-01'],
    [{ product: 'karios', channel: 'stable', environment: 'eu-prod' }, 'karios on stable in eu-prod'],
    [{ environment: 'eu-prod', host: 'web-01' }, 'everything in eu-prod on host web-01'],
  ])('of %o is called %s', (scope, text) => {
    expect(scopeText(scope)).toBe(text);
  });

  test('that a rollback left says which release it bars, and where', () => {
    const bar = { version: '4.2.1', liftOnNewer: false };
    expect(heldText(held({ bar, scope: { product: 'orders', host: 'web-01' } }))).toBe('orders 4.2.1 on host web-01');
    expect(heldText(held({ bar, scope: { product: 'orders', environment: 'eu' } }))).toBe('orders 4.2.1 in eu');
    expect(heldText(held({ bar, scope: { product: 'orders' } }))).toBe('orders 4.2.1');
  });

  test('reaches what all of its parts agree with; what a target leaves open is reached', () => {
    const hold = { scope: { product: 'orders', channel: 'stable', environment: 'eu' } };
    expect(reaches(hold, { product: 'orders' })).toBe(true);
    expect(reaches(hold, { product: 'other' })).toBe(false);
    expect(reaches(hold, { channels: ['canary'] })).toBe(false);
    expect(reaches(hold, { channels: ['canary', 'stable'], environment: 'us' })).toBe(false);
    expect(reaches({ scope: {} }, { host: 'web-01' })).toBe(true);
  });

  test('that stops a job shows as pause bars on the job and on its pending hosts', () => {
    const { board } = storyOf('held', 12, now);
    const job = board.jobs[42];
    if (!job) throw new Error('the story has no job 42');
    expect(jobMark(job)).toBe('held');
    const waiting = Object.values(board.tasks).find(({ status }) => status === 'pending');
    const host = waiting && board.hosts[waiting.hostId];
    if (!host) throw new Error('the story has no pending host');
    expect(hostMark(host, waiting, job)).toBe('held');
  });
});

describe('what waits for a person on the wall', () => {
  test('incidents leave it when they are acknowledged, approvals when they end or run out', () => {
    const story = fleet(3, now);
    openIncident(story, 1, 13);
    openIncident(story, 2, 26, { status: 'acknowledged', acknowledgedAt: now, acknowledgedBy: 'Ana' });
    askApproval(story, 1, 39);
    askApproval(story, 2, 40, { expiresAt: now });
    askApproval(story, 3, 41, { state: 'approved', endedAt: now });
    expect(openIncidents(story.board).map(({ id }) => id)).toEqual([1]);
    expect(pendingApprovals(story.board, now).map(({ id }) => id)).toEqual([1]);
  });

  test('incidents first, then approvals, then holds, each kind with a line of its own', () => {
    const { board } = storyOf('recovering', 60, now);
    const lines = steeringLines(board, now, 3);
    expect(lines.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['incident', 'Install orders 4.2.1, job 42'],
      ['approval', 'Install orders 4.2.1, job 43'],
      ['hold', 'host db-01'],
    ]);
    expect(lines[0]?.since).toBe('incident 3, 4 min');
    expect(lines[1]?.since).toBe('waits 1 min');
    const late = steeringLines(board, now + 7.5 * 3_600_000, 3);
    expect(late[1]?.since).toBe('waits 7 h, expires in 18 min');
    expect(lines[2]?.since).toBe('until released, and 1 more');
  });

  test('room that another kind does not need goes to the first', () => {
    const story = fleet(3, now);
    for (const id of [1, 2, 3, 4]) putHold(story, id, { createdAt: now - id });
    const lines = steeringLines(story.board, now, 3);
    expect(lines.map(({ key }) => key)).toEqual(['hold 1', 'hold 2', 'hold 3']);
    expect(lines[2]?.since).toBe('until released, and 1 more');
    expect(holdsInForce(story.board, now)).toHaveLength(4);
  });
});

describe('how things stand while somebody is asked for', () => {
  test.each([
    ['incident', 'Incident 3 open: Install orders 4.2.1, job 42: halted: 1 host failed.'],
    ['awaiting', '2 approvals awaited: orders 4.2.1: 1 more needed, waits for 12 min.'],
    ['held', 'Job 42 held: orders 4.2.1: Stocktaking until Friday (Ben Okafor).'],
    ['recovering', 'Job 42 halted: 4 of 60 hosts failed on orders 4.2.1.'],
  ] as const)('%s', (situation, sentence) => {
    expect(said(storyOf(situation, 60, now))).toBe(sentence);
  });

  test('an incident outweighs approvals, approvals outweigh holds', () => {
    const story = storyOf('held', 12, now);
    expect(said(story)).toMatch(/^Job 42 held/);
    askApproval(story, 1, 41);
    expect(said(story)).toMatch(/^Job 41 awaits approval: /);
    openIncident(story, 1, 39);
    expect(said(story)).toMatch(/^Incident 1 open: /);
  });

  test('a hold that stops nothing is said where all is quiet, and stays behind a job that runs', () => {
    const story = fleet(12, now);
    putHold(story, 1);
    expect(said(story)).toBe('Quiet, 1 hold in force. orders in production: Stocktaking until Friday (Ben Okafor).');
    startInstall(story);
    expect(said(story)).toMatch(/^Job 42 installing/);
  });

  test('headlines fit the first rank of the wall', () => {
    for (const situation of ['incident', 'awaiting', 'held', 'recovering'] as const) {
      const { board } = storyOf(situation, 60, now);
      expect(verdict(board, new FleetOrder().picture(board), now).headline.length).toBeLessThanOrEqual(25);
    }
  });
});
