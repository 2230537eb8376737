import { describe, expect, test } from 'vitest';
import { problemOf, type PayloadKind } from '../../support/slack/check.ts';

const letters = (count: number) => 'x'.repeat(count);
const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index));

const plainText = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true });
const section = (text: string, more: object = {}) => ({ type: 'section', text: mrkdwn(text), ...more });
const header = (text: string) => ({ type: 'header', text: plainText(text) });
const context = (texts: readonly string[]) => ({ type: 'context', elements: texts.map(mrkdwn) });
const button = (more: object = {}) => ({ type: 'button', action_id: 'a', text: plainText('Go'), value: '1', ...more });
const actions = (elements: readonly object[]) => ({ type: 'actions', elements });
const option = (text: string, value = 'v') => ({ text: plainText(text), value });
const select = (options: readonly object[], more: object = {}) => ({
  type: 'static_select',
  action_id: 's',
  options,
  ...more,
});
const message = (...blocks: object[]) => ({ text: 'a message', blocks });
const modal = (more: object = {}) => ({ type: 'modal', title: plainText('Install'), blocks: [section('a')], ...more });
const input = { type: 'input', label: plainText('Reason'), element: { type: 'plain_text_input', action_id: 'i' } };
const confirm = (more: object = {}) => ({
  title: plainText('Sure?'),
  text: mrkdwn('It starts.'),
  confirm: plainText('Yes'),
  deny: plainText('No'),
  ...more,
});

describe('at its limits, Slack takes it', () => {
  const fits: Record<string, [PayloadKind, unknown]> = {
    'a message of text alone': ['message', { text: letters(4_000) }],
    'fifty blocks': ['message', message(...many(50, () => ({ type: 'divider' })))],
    'a full section': ['message', message(section(letters(3_000)))],
    'a full header': ['message', message(header(letters(150)))],
    'ten elements of a context': ['message', message(context(many(10, () => 'a')))],
    'twenty-five buttons': ['message', message(actions(many(25, (index) => button({ action_id: `a${index}` }))))],
    'a full button': [
      'message',
      message(
        actions([
          button({ text: plainText(letters(75)), value: letters(2_000), action_id: letters(255), confirm: confirm() }),
        ]),
      ),
    ],
    'a hundred options': ['message', message(actions([select(many(100, () => option(letters(75), letters(150))))]))],
    'a preformatted text': [
      'message',
      message({
        type: 'rich_text',
        elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: '<!channel>' }] }],
      }),
    ],
    'a full modal': [
      'view',
      modal({
        title: plainText(letters(24)),
        private_metadata: letters(3_000),
        blocks: many(100, () => section(letters(2_000))),
      }),
    ],
    'a modal with an input': ['view', modal({ blocks: [input], submit: plainText('Go') })],
    'a hundred suggestions': ['options', { options: many(100, () => option('a')) }],
  };
  test.each(Object.entries(fits))('%s', (_name, [kind, payload]) => {
    expect(problemOf(kind, payload)).toBeNull();
  });
});

describe('one more is refused as Slack refuses it, with the place', () => {
  const refused: Record<string, [PayloadKind, unknown, string, string]> = {
    'nothing at all': ['message', {}, 'no_text', '/text'],
    'text of 4 001': ['message', { text: letters(4_001) }, 'msg_too_long', '/text'],
    'a NUL in the text': ['message', { text: 'a\0' }, 'invalid_arguments', '/text'],
    'half a character': ['message', message(section('\ud800')), 'invalid_blocks', '/blocks/0/text/text'],
    '51 blocks': ['message', message(...many(51, () => ({ type: 'divider' }))), 'invalid_blocks', '/blocks'],
    'text of 9 000 together': [
      'message',
      message(...many(3, () => section(letters(3_000)))),
      'msg_blocks_too_long',
      '/blocks',
    ],
    'a section of 3 001': ['message', message(section(letters(3_001))), 'invalid_blocks', '/blocks/0/text/text'],
    'an empty section': ['message', message(section('')), 'invalid_blocks', '/blocks/0/text/text'],
    'eleven fields': [
      'message',
      message({ type: 'section', fields: many(11, () => mrkdwn('a')) }),
      'invalid_blocks',
      '/blocks/0/fields',
    ],
    'a field of 2 001': [
      'message',
      message({ type: 'section', fields: [mrkdwn(letters(2_001))] }),
      'invalid_blocks',
      '/blocks/0/fields/0/text',
    ],
    'a header of 151': ['message', message(header(letters(151))), 'invalid_blocks', '/blocks/0/text/text'],
    'a header in mrkdwn': [
      'message',
      message({ type: 'header', text: mrkdwn('a') }),
      'invalid_blocks',
      '/blocks/0/text',
    ],
    'eleven elements of a context': [
      'message',
      message(context(many(11, () => 'a'))),
      'invalid_blocks',
      '/blocks/0/elements',
    ],
    '26 buttons': [
      'message',
      message(actions(many(26, (index) => button({ action_id: `a${index}` })))),
      'invalid_blocks',
      '/blocks/0/elements',
    ],
    'no button': ['message', message(actions([])), 'invalid_blocks', '/blocks/0/elements'],
    'a button text of 76': [
      'message',
      message(actions([button({ text: plainText(letters(76)) })])),
      'invalid_blocks',
      '/blocks/0/elements/0/text/text',
    ],
    'a value of 2 001': [
      'message',
      message(actions([button({ value: letters(2_001) })])),
      'invalid_blocks',
      '/blocks/0/elements/0/value',
    ],
    'an id of 256': [
      'message',
      message(actions([button({ action_id: letters(256) })])),
      'invalid_blocks',
      '/blocks/0/elements/0/action_id',
    ],
    'a style that is none': [
      'message',
      message(actions([button({ style: 'warning' })])),
      'invalid_blocks',
      '/blocks/0/elements/0/style',
    ],
    'a field that is none': ['message', message(section('a', { colour: 'red' })), 'invalid_blocks', '/blocks/0'],
    'a block that is none': ['message', message({ type: 'banner' }), 'invalid_blocks', '/blocks/0/type'],
    'two blocks of one id': [
      'message',
      message(section('a', { block_id: 'b' }), section('a', { block_id: 'b' })),
      'invalid_blocks',
      '/blocks/1/block_id',
    ],
    'two buttons of one id': [
      'message',
      message(actions([button(), button()])),
      'invalid_blocks',
      '/blocks/0/elements/1/action_id',
    ],
    'a confirm of 301': [
      'message',
      message(actions([button({ confirm: confirm({ text: mrkdwn(letters(301)) }) })])),
      'invalid_blocks',
      '/blocks/0/elements/0/confirm/text/text',
    ],
    '101 options': [
      'message',
      message(actions([select(many(101, () => option('a')))])),
      'invalid_blocks',
      '/blocks/0/elements/0/options',
    ],
    'an option of 76': [
      'message',
      message(actions([select([option(letters(76))])])),
      'invalid_blocks',
      '/blocks/0/elements/0/options/0/text/text',
    ],
    'an option value of 151': [
      'message',
      message(actions([select([option('a', letters(151))])])),
      'invalid_blocks',
      '/blocks/0/elements/0/options/0/value',
    ],
    '101 suggestions': ['options', { options: many(101, () => option('a')) }, 'invalid_arguments', '/options'],
    '101 blocks of a modal': [
      'view',
      modal({ blocks: many(101, () => ({ type: 'divider' })) }),
      'invalid_arguments',
      '/blocks',
    ],
    'a title of 25': ['view', modal({ title: plainText(letters(25)) }), 'invalid_arguments', '/title/text'],
    'a modal without title': ['view', modal({ title: undefined }), 'invalid_arguments', ''],
    'metadata of 3 001': [
      'view',
      modal({ private_metadata: letters(3_001) }),
      'invalid_arguments',
      '/private_metadata',
    ],
    'a modal over 250 KB': [
      'view',
      modal({ blocks: many(90, () => section(letters(3_000))) }),
      'invalid_arguments',
      '',
    ],
    'an input without submit': ['view', modal({ blocks: [input] }), 'invalid_arguments', '/submit'],
  };
  test.each(Object.entries(refused))('%s', (_name, [kind, payload, error, pointer]) => {
    const problem = problemOf(kind, payload);
    expect(problem?.error).toBe(error);
    expect(problem?.errors.join('\n')).toContain(`[json-pointer:${pointer}]`);
  });
});
