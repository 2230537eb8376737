import { Refusal } from '../../server/contracts/errors.ts';
import { link } from '../cards/blocks.ts';
import { inline } from '../cards/escape.ts';
import type { Bot, Caller, Reply } from '../caller.ts';
import { pageOf } from '../dialogs/links.ts';
import type { CommandName, GivenOf } from '../grammar/commands.ts';

/** What answers a command. It throws a `Refusal` for everything that the person can mend. */
export type Handler<N extends CommandName> = (bot: Bot, caller: Caller, given: GivenOf<N>) => Promise<Reply>;

/** Something is missing or unknown: the sentence asks for it, and says what to type. Not escaped. */
export function question(sentence: string, reason: string): Refusal {
  return new Refusal('malformed', sentence, { reason });
}

/** How a command is typed where this was said: in a thread only mentions work. Not escaped. */
export function typed(bot: Bot, { thread }: Pick<Caller, 'thread'>, command: string): string {
  return thread === null ? slashed(bot, command) : `\`${command}\``;
}

/** As a slash command, wherever this was said. Not escaped. */
export function slashed({ ctx }: Bot, command: string): string {
  return `\`${ctx.config.slack?.command ?? '/release'} ${command}\``;
}

/** A link to a page of the console, as mrkdwn. */
export function toConsole(bot: Bot, path: string, text = 'Open in console'): string {
  return link(pageOf(bot, path), inline(text, 100));
}
