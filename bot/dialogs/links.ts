import { serverUrl } from '../../server/services/server-url.ts';
import type { Bot } from '../caller.ts';
import { message, section } from '../cards/blocks.ts';
import { inline } from '../cards/escape.ts';
import type { Message } from '../message.ts';

/** A page of the console. `path` is ours. */
export function pageOf({ ctx }: Bot, path: string): string {
  return `${serverUrl(ctx.config)}${path}`;
}

export function jobLink(bot: Bot, id: number): string {
  return `<${pageOf(bot, `/jobs/${id}`)}|Job ${id}>`;
}

/** What has come of a dialog, for the person alone. Lines of mrkdwn that are escaped already. */
export function told(...lines: readonly string[]): Message {
  const text = lines.join('\n');
  return message(text, [section(text)]);
}

/** A sentence of the server, which may hold names that are not ours. */
export function quoted(sentence: string): string {
  return inline(sentence, 1_000);
}
