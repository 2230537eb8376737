import { WebClient } from '@slack/web-api';
import type { Message } from '../../../bot/message.ts';
import type { ButtonId } from '../../../bot/buttons/ids.ts';
import { WORKING } from '../../../bot/slack/refused.ts';
import { slackMessage } from '../../../db/schema/index.ts';
import type { SlackPurpose } from '../../../server/contracts/slack.ts';
import type { SlackMessage } from '../../../server/demo/slack/workspace.ts';
import { until } from '../until.ts';
import type { BotSite } from './bot-site.ts';
import { channels } from './workspace.ts';

/** Posts a card as the renderer would, and notes where it stands when it is told what it is about. */
export async function postCard(
  { slack, world }: BotSite,
  { text, blocks }: Message,
  about?: { purpose: SlackPurpose; entityId: number },
): Promise<SlackMessage> {
  const channel = channels.releases;
  const client = new WebClient(slack.workspace.botToken, { slackApiUrl: slack.apiUrl });
  const { ts } = await client.chat.postMessage({ channel, text, blocks: [...blocks] });
  if (about) {
    const row = { ...about, channel, ts: ts as string };
    await world.ctx.db
      .insert(slackMessage)
      .values(row)
      .onConflictDoUpdate({ target: [slackMessage.purpose, slackMessage.entityId, slackMessage.part], set: row });
  }
  return slack.posts(channel).find((post) => post.ts === ts) as SlackMessage;
}

/** Word that it is under way is no answer; nor is Slack's own, where a busy machine acknowledged too late for it. */
export function isAnswer(text: string): boolean {
  return text !== WORKING.text && !text.includes('operation_timeout');
}

/** Presses and waits for what the person gets to see of it: words, or `dialog: <title>`. */
export function press(site: BotSite, user: string, card: SlackMessage, button: ButtonId): Promise<string> {
  return seenAfter(site, user, `an answer to ${button}`, () => site.slack.person(user).press(card, button));
}

/** Says it as a slash command, and waits likewise; answers with everything that can be read. */
export function say(site: BotSite, user: string, text: string): Promise<string> {
  const act = () => site.slack.person(user).command(text, channels.releases);
  return seenAfter(site, user, `an answer to ${text}`, act, ({ blocks }) => JSON.stringify(blocks));
}

async function seenAfter(
  { slack }: BotSite,
  user: string,
  what: string,
  act: () => Promise<unknown>,
  read: (answer: SlackMessage) => string = ({ text }) => text,
): Promise<string> {
  const answers = () => slack.whispers(user).filter(({ text }) => isAnswer(text));
  const before = answers().length;
  const person = slack.person(user);
  const open = person.dialog()?.id;
  await act();
  return until(what, () => {
    const view = person.dialog();
    if (view && view.id !== open) return `dialog: ${(view.view['title'] as { text: string }).text}`;
    const answer = answers()[before];
    return answer ? read(answer) : null;
  });
}
