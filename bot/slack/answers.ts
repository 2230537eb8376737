import type { WebClient } from '@slack/web-api';
import type { SlackConfig } from '../../server/config.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import { instantText } from '../../server/domain/wording.ts';
import type { Context } from '../../server/services/context.ts';
import { startLink } from '../../server/services/slack/link.ts';
import { takeDelivery } from '../../server/services/slack/seen.ts';
import { BUTTONS, readButtonValue, type ButtonId } from '../buttons/ids.ts';
import type { Bot, Caller, Reply } from '../caller.ts';
import type { Entries } from '../entries.ts';
import type { Message } from '../message.ts';
import { deliveryBot } from './delivery-bot.ts';
import type { Delivery } from './delivery.ts';
import { identifier } from './identify.ts';
import { inTime } from './in-time.ts';
import { sentenceOf, TWICE, words, WORKING } from './refused.ts';
import { ephemeral, teller, type Tell } from './tell.ts';

/** What Bolt gives us to acknowledge with; the value is the answer that goes along. */
export type Ack = (value?: unknown) => Promise<void>;

/** What deliveries are answered with, whatever the transport. Nothing of it rejects. */
export interface Answers {
  readonly ctx: Context;
  readonly entries: Entries;
  readonly tell: Tell;
  /** Milliseconds from the arrival within which a delivery is answered. */
  readonly answerMs: number;
  caller(delivery: Delivery): Promise<Caller>;
  botFor(delivery: Delivery): Bot;
  command(delivery: Delivery, name: string, text: string, ack: Ack): Promise<void>;
  mention(delivery: Delivery, text: string): Promise<void>;
  button(delivery: Delivery, id: string, value: string, ack: Ack): Promise<void>;
}

/** In time, whatever happens behind it: the answer within the acknowledgement, or word that it is under way and then the answer. */
export function answering(ctx: Context, slack: SlackConfig, client: WebClient, entries: Entries): Answers {
  const tell = teller(ctx, slack, client);
  const identify = identifier(ctx, client);
  const botFor = (delivery: Delivery) => deliveryBot(ctx, client, delivery);

  /** Null: a dialog has been opened, which is the answer. */
  async function once(delivery: Delivery, what: string, work: () => Promise<Reply>): Promise<Message | null> {
    try {
      if (!(await isFirst(ctx, delivery))) return TWICE;
      const reply = await work();
      return reply.kind === 'message' ? reply.message : null;
    } catch (error) {
      return words(sentenceOf(ctx, error, what));
    }
  }

  /** `text` is what was typed behind the command, or beside the bot's name. */
  async function typed(delivery: Delivery, text: string): Promise<Reply> {
    try {
      return await entries.command(botFor(delivery), await identify.caller(delivery), text);
    } catch (error) {
      // Whoever is linked is told as whom; everybody else gets the link, if they are members.
      if (error instanceof Refusal && /^link$/i.test(text.trim())) return linkReply(delivery);
      throw error;
    }
  }

  async function linkReply(delivery: Delivery): Promise<Reply> {
    // The answer to a mention may have to be said for everybody to see.
    if (delivery.responseUrl === null) {
      return { kind: 'message', message: words(`Type ${slack.command} link in a channel: only you see its answer.`) };
    }
    const { url, expiresAt } = await startLink(ctx, await identify.profile(delivery));
    const text = `<${url}|Open this link>, sign in, and confirm that this Slack user is you. It works once, until ${instantText(expiresAt)}. Give it to nobody: whoever confirms it lets you act in their name.`;
    const section = { type: 'section' as const, text: { type: 'mrkdwn' as const, text, verbatim: true } };
    return { kind: 'message', message: { text: 'Link your Slack user to your account.', blocks: [section] } };
  }

  return {
    ctx,
    entries,
    tell,
    answerMs: slack.answerMs,
    botFor,
    caller: (delivery) => identify.caller(delivery),

    async command(delivery, name, text, ack) {
      const work = once(delivery, `command ${name}`, () =>
        name === slack.command ? typed(delivery, text) : Promise.resolve(unknownCommand(name, slack)),
      );
      const first = await inTime(work, delivery.arrival, slack.answerMs);
      const inAck = first.done ? first.value : WORKING;
      const acked = await acknowledged(ctx, ack, inAck === null ? undefined : ephemeral(inAck));
      const message = await work;
      if (message && (!first.done || !acked)) await tell(delivery, message);
    },

    async mention(delivery, text) {
      if (delivery.byBot && !(await firstOfThread(ctx, delivery))) return;
      const work = once(delivery, 'mention', () => typed(delivery, text));
      if (!(await inTime(work, delivery.arrival, slack.answerMs)).done) await tell(delivery, WORKING);
      const message = await work;
      if (message && message !== TWICE) await tell(delivery, message);
    },

    async button(delivery, id, value, ack) {
      const work = once(delivery, `button ${id}`, () => pressed(delivery, id, value));
      const first = await inTime(work, delivery.arrival, slack.answerMs);
      await acknowledged(ctx, ack);
      if (!first.done) await tell(delivery, WORKING);
      const message = await work;
      if (message) await tell(delivery, message);
    },
  };

  async function pressed(delivery: Delivery, id: string, value: string): Promise<Reply> {
    const read = readButtonValue(value);
    if (!(id in BUTTONS) || !read) {
      return { kind: 'message', message: words('This button is of another version of Signalbox. Use the console.') };
    }
    return entries.button(botFor(delivery), await identify.caller(delivery), id as ButtonId, read);
  }
}

/** Whether it has not been done before: neither this request, nor another one that brought the same. */
export async function isFirst(ctx: Context, { arrival, identity }: Delivery): Promise<boolean> {
  return (await arrival.firstTime) && (identity === null || (await takeDelivery(ctx, identity)));
}

/** False: it did not get through, so that the answer has to go another way. */
export async function acknowledged(ctx: Context, ack: Ack, value?: unknown): Promise<boolean> {
  try {
    await ack(value);
    return true;
  } catch (error) {
    ctx.log.warn({ err: error }, 'slack: an acknowledgement did not get through');
    return false;
  }
}

function unknownCommand(name: string, { command }: SlackConfig): Reply {
  return { kind: 'message', message: words(`I do not know ${name}. Type ${command} help for what I know.`) };
}

/** A bot that answers every answer would have no end: it is told once in a thread. */
function firstOfThread(ctx: Context, { channel, thread, message }: Delivery): Promise<boolean> {
  return takeDelivery(ctx, `bot refused ${channel} ${thread ?? message}`);
}
