import { section } from '../cards/blocks.ts';
import type { Message } from '../message.ts';

/** More lines than that nobody reads in one message. */
const MOST = 40;

/** Several short messages as one; of many, the last ones. */
export function joined(messages: readonly Message[]): Message {
  const shown = messages.slice(-MOST);
  return { text: shown.at(-1)?.text ?? '', blocks: shown.flatMap(({ blocks }) => blocks) };
}

/** The message, said to these Slack users. */
export function mentioning(users: readonly string[], { text, blocks }: Message): Message {
  if (users.length === 0) return { text, blocks };
  const who = users.map((user) => `<@${user}>`).join(' ');
  return { text: `${who} ${text}`, blocks: [section(who), ...blocks] };
}
