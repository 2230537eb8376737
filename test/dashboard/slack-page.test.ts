import { describe, expect, test } from 'vitest';
import { parseMrkdwn } from '../../dashboard/console/demo-slack/mrkdwn.ts';
import { slackDate } from '../../dashboard/console/demo-slack/slack-date.ts';

const text = (words: string) => ({ kind: 'text', text: words });

describe('mrkdwn on the page of the demo', () => {
  test('marks count at the edges of words, and only there', () => {
    expect(parseMrkdwn('*Job 4* of line_1_a, _soon_')).toEqual([
      { kind: 'bold', children: [text('Job 4')] },
      text(' of line_1_a, '),
      { kind: 'italic', children: [text('soon')] },
    ]);
  });

  test('what was escaped is shown as it was written, and is no token', () => {
    expect(parseMrkdwn('&lt;!channel&gt; &amp;amp;')).toEqual([text('<!channel> &amp;')]);
  });

  test('links, people, channels, dates and everybody are told apart', () => {
    expect(parseMrkdwn('<https://x.test/jobs/1|job 1> <@U1> <#C1> <!here> <!date^1795608300^{time}|12:05>')).toEqual([
      { kind: 'link', href: 'https://x.test/jobs/1', text: 'job 1' },
      text(' '),
      { kind: 'user', id: 'U1' },
      text(' '),
      { kind: 'channel', id: 'C1' },
      text(' '),
      { kind: 'everybody', id: 'here' },
      text(' '),
      { kind: 'date', at: 1_795_608_300_000, format: '{time}', href: null, otherwise: '12:05' },
    ]);
  });

  test('quotes stand together, code is not parsed', () => {
    expect(parseMrkdwn('why\n> one\n> two\n`*a*`\n```<b>\n*c*```')).toEqual([
      text('why'),
      { kind: 'quote', children: [text('one'), { kind: 'break' }, text('two')] },
      { kind: 'code', text: '*a*' },
      { kind: 'break' },
      { kind: 'pre', text: '<b>\n*c*' },
    ]);
  });
});

describe('dates of Slack on the page of the demo', () => {
  const at = Date.parse('2026-03-02T23:30:05Z');
  const now = Date.parse('2026-03-03T00:10:00Z');
  test('today and yesterday are those of the reader', () => {
    expect(slackDate(at, '{date_short_pretty} {time}', now, 'UTC')).toBe('yesterday 23:30');
    expect(slackDate(at, '{date_short_pretty} {time_secs}', now, 'Europe/Berlin')).toBe('today 00:30:05');
    expect(slackDate(at, '{date_num}', now, 'UTC')).toBe('2026-03-02');
  });
  test('a token that is not known stays as it is', () => {
    expect(slackDate(at, '{ago} {time}', now, 'UTC')).toBe('{ago} 23:30');
  });
});
