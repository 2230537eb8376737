import { expect, test } from 'vitest';
import { slackWords } from '../../dashboard/console/shell/slack-words.ts';
import type { SlackStatusView } from '../../server/contracts/slack.ts';

const now = Date.parse('2026-03-02T08:10:00Z');
const well: SlackStatusView = {
  configured: true,
  transport: 'socket',
  team: 'T0SIGNAL01',
  lastOkAt: now - 5_000,
  problem: null,
  problemSince: null,
  waiting: 0,
  waitingSince: null,
};

test('how the bot stands with Slack stands in the corner: well, away since when and why, late, or nothing at all', () => {
  const sentence = 'Slack does not answer (ECONNREFUSED).';
  const away = { ...well, problem: { code: 'slack_away', sentence }, problemSince: now - 125_000 };
  expect(slackWords(well, now)).toMatchObject({ mark: 'ok', word: 'Slack' });
  expect(slackWords(away, now)).toEqual({ mark: 'degraded', word: 'Slack away 2 min 5 s', title: sentence });
  expect(slackWords({ ...well, lastOkAt: null }, now)?.word).toBe('Slack: connecting');
  expect(slackWords({ ...well, configured: false }, now)).toBeNull();
  expect(slackWords(null, now)).toBeNull();
});

test('messages that wait a few seconds are no news; those that wait longer are', () => {
  expect(slackWords({ ...well, waiting: 3, waitingSince: now - 20_000 }, now)?.mark).toBe('ok');
  expect(slackWords({ ...well, waiting: 3, waitingSince: now - 95_000 }, now)).toMatchObject({
    mark: 'waiting',
    word: 'Slack late 1 min 35 s',
  });
});
