import { describe, expect, test } from 'vitest';
import { hostsNote } from '../../../bot/render/hosts-note.ts';
import { problemOf } from '../../support/slack/check.ts';
import { failingHost } from './card-fixture.ts';

/** Twenty lines of a log, as long as those of a stack trace. */
const lastLines = Array.from({ length: 20 }, (_, at) => `line ${at} ${'x'.repeat(90)}`);
const failing = (count: number) =>
  Array.from({ length: count }, (_, at) => failingHost(`eu-web-${String(at + 1).padStart(2, '0')}`, { lastLines }));
const note = (count: number, failingTotal = count) =>
  hostsNote({ failing: failing(count), failingTotal, jobUrl: 'https://signalbox.test/console/jobs/42' });

describe('the failing hosts in the thread of an incident', () => {
  test.each([1, 2, 5, 8])('%i: each with the last lines of its log, in one message that Slack takes', (count) => {
    const message = note(count);
    expect(problemOf('message', message)).toBeNull();
    const text = JSON.stringify(message.blocks);
    for (const { name } of failing(count)) expect(text).toContain(name);
    expect(text.split('line 19 ')).toHaveLength(count + 1);
    expect(text).not.toContain('more failing host');
  });

  test('of one host as many lines as fit; of many a few of each; what does not fit is counted', () => {
    expect(JSON.stringify(note(1).blocks).split('line ').length).toBeGreaterThan(20);
    const thousand = note(10, 1_000);
    expect(problemOf('message', thousand)).toBeNull();
    expect(JSON.stringify(thousand.blocks)).toMatch(/and 99\d more failing hosts/u);
  });
});
