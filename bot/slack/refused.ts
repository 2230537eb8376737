import { randomUUID } from 'node:crypto';
import type { ModalView } from '@slack/types';
import { Refusal } from '../../server/contracts/errors.ts';
import type { Context } from '../../server/services/context.ts';
import { escapeMrkdwn, plain } from '../cards/escape.ts';
import { said } from '../caller.ts';
import type { Message } from '../message.ts';

export const WORKING: Message = words('Working on it. The answer follows here.');
export const TWICE: Message = words(
  'This reached me twice, and is not done a second time. Look at the jobs to see what came of it.',
);

export function words(text: string): Message {
  const reply = said(escapeMrkdwn(text));
  return (reply as Extract<typeof reply, { kind: 'message' }>).message;
}

/** A refusal in its own words; what nobody foresaw goes to the log under a reference, and the person gets the reference. */
export function sentenceOf(ctx: Context, error: unknown, what: string): string {
  if (error instanceof Refusal) return error.message;
  const reference = randomUUID().slice(0, 8);
  ctx.log.error({ err: error, reference, what }, 'slack: something broke that nobody foresaw');
  return `Something broke that nobody foresaw, and it may not have been done. Look in the console, and give an admin this reference; the log has the reason: ${reference}.`;
}

/** A dialog that only says something; what takes the place of one whose answer came too late. */
export function dialogSaying(title: string, text: string): ModalView {
  const section = { type: 'section' as const, text: { type: 'mrkdwn' as const, text, verbatim: true } };
  const label = (content: string) => ({ type: 'plain_text' as const, text: plain(content, 24) });
  return { type: 'modal', title: label(title), close: label('Close'), blocks: [section] };
}
