import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  KnownBlock,
  RichTextBlock,
  SectionBlock,
} from '@slack/types';
import { instantText } from '../../server/domain/wording.ts';
import { BUTTONS, buttonValue, type ButtonId, type ButtonValue } from '../buttons/ids.ts';
import type { Message } from '../message.ts';
import { logLine, plain } from './escape.ts';

/** What cards are put together from. Everything named `text` is mrkdwn, and escaped by whoever passes it. */

/** `text` is what notifications and screen readers get. Nulls fall out, so that a card reads as the list of its parts. */
export function message(text: string, blocks: readonly (KnownBlock | null)[]): Message {
  return { text, blocks: blocks.filter((block) => block !== null) };
}

export function section(text: string, accessory?: Button): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true }, ...(accessory && { accessory }) };
}

/** Lines of one section; nulls fall out. Null when nothing is left. */
export function lines(...parts: readonly (string | null)[]): SectionBlock | null {
  const text = parts.filter((part) => part !== null && part !== '').join('\n');
  return text === '' ? null : section(text);
}

export function context(text: string): ContextBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] };
}

export function actions(...buttons: readonly (Button | null)[]): ActionsBlock | null {
  const elements = buttons.filter((one) => one !== null);
  return elements.length === 0 ? null : { type: 'actions', elements };
}

interface Look {
  readonly style?: 'primary' | 'danger';
  /** Asked before the click counts: title, what will happen, the word on the button. In plain words. */
  readonly confirm?: readonly [title: string, consequence: string, yes: string];
}

export function button(id: ButtonId, value: ButtonValue, { style, confirm }: Look = {}): Button {
  return {
    type: 'button',
    action_id: id,
    text: { type: 'plain_text', text: BUTTONS[id] },
    value: buttonValue(value),
    ...(style && { style }),
    ...(confirm && { confirm: asked(confirm, style) }),
  };
}

function asked([title, consequence, yes]: NonNullable<Look['confirm']>, style: Look['style']): ConfirmationDialog {
  return {
    title: { type: 'plain_text', text: plain(title, 100) },
    text: { type: 'plain_text', text: plain(consequence, 300) },
    confirm: { type: 'plain_text', text: plain(yes, 30) },
    deny: { type: 'plain_text', text: 'Back' },
    ...(style && { style }),
  };
}

/** A button that only leads to the console. `name` makes its id. */
export function consoleButton(name: string, url: string, style?: 'primary'): Button {
  return {
    type: 'button',
    action_id: `link.${name}`,
    text: { type: 'plain_text', text: 'Open in console' },
    url,
    ...(style && { style }),
  };
}

export function link(url: string, text: string): string {
  return `<${url.replace(/[<>|\s]/gu, encodeURIComponent)}|${text}>`;
}

/** An instant in the reader's own zone; where that cannot be, in UTC. `at`: epoch milliseconds. */
export function when(at: number): string {
  return dateToken(at, '{date_short_pretty} {time}', instantText(at));
}

/** `14:03:22`, likewise. */
export function clock(at: number): string {
  return dateToken(at, '{time_secs}', `${instantText(Math.floor(at / 1_000) * 1_000 + 1).slice(11, 19)} UTC`);
}

function dateToken(at: number, format: string, otherwise: string): string {
  return `<!date^${Math.floor(at / 1_000)}^${format}|${otherwise}>`;
}

const LOG_CHARACTERS = 2_400;
const LINE_CHARACTERS = 300;

/** The last lines of a log that fit, oldest first, under a line in bold. Slack parses nothing in it. */
export function logBlock(title: string, log: readonly string[], max = LOG_CHARACTERS): RichTextBlock {
  const kept: string[] = [];
  let length = 0;
  for (const line of log.toReversed()) {
    const shown = logLine(line, Math.min(max, LINE_CHARACTERS));
    if (length + shown.length + 1 > max) break;
    kept.unshift(shown);
    length += shown.length + 1;
  }
  const text = kept.join('\n');
  return {
    type: 'rich_text',
    elements: [
      { type: 'rich_text_section', elements: [{ type: 'text', text: plain(title, 300), style: { bold: true } }] },
      {
        type: 'rich_text_preformatted',
        elements: [{ type: 'text', text: text.trim() === '' ? '(it wrote nothing)' : text }],
      },
    ],
  };
}
