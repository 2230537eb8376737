import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeMrkdwn, inline, logLine, plain } from '../../../bot/cards/escape.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.constantFrom('<!channel>', '<@U1>', '&amp;', '\u202e', '\0', '\u200f', '\x1b[31m', '\ud800', '👩‍👩‍👧', '\n'))
    .map((parts) => parts.join('a')),
);

describe('text that we did not write', () => {
  test('mentions, links and entities come out as what was typed', () => {
    expect(escapeMrkdwn('<!channel> <https://evil.test|fine> R&D &amp;')).toBe(
      '&lt;!channel&gt; &lt;https://evil.test|fine&gt; R&amp;D &amp;amp;',
    );
  });

  test('whatever it is, no mention and no invisible character is left', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 80 }), (text, max) => {
        for (const shown of [escapeMrkdwn(text), inline(text, max), plain(text, max), logLine(text, max)]) {
          expect(shown.isWellFormed()).toBe(true);
          expect(shown).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
        }
        for (const shown of [escapeMrkdwn(text), inline(text, max)]) {
          expect(shown).not.toMatch(/[<>]/u);
          expect(shown.replace(/&(?:amp|lt|gt);/gu, '')).not.toContain('&');
        }
        for (const shown of [inline(text, max), plain(text, max), logLine(text, max)]) {
          expect(shown.length).toBeLessThanOrEqual(max);
          expect(shown).not.toContain('\n');
        }
      }),
    );
  });

  test('what is too long ends with an ellipsis and never in half a character or entity', () => {
    expect(plain('a long name', 7)).toBe('a long…');
    expect(plain('a long name', 11)).toBe('a long name');
    expect(inline('<<<<', 10)).toBe('&lt;&lt;…');
    expect(plain('ab👩‍👩‍👧cd', 5)).toBe('ab…');
  });

  test('several lines stay lines in mrkdwn and become one where one is asked for', () => {
    expect(escapeMrkdwn('a\r\nb\u2028c\td')).toBe('a\nb\nc\td');
    expect(plain(' a\r\n\tb ', 20)).toBe('a b');
  });

  test('a line of a log keeps its spaces and loses the colours of the terminal', () => {
    expect(logLine('  \x1b[1;31mERROR\x1b[0m\tdisk <full> & `done`\x1b]0;title\x07', 100)).toBe(
      '  ERROR  disk <full> & `done`',
    );
  });
});
