import type { WebClient } from '@slack/web-api';
import type { SlackConfig } from '../../server/config.ts';
import type { Context } from '../../server/services/context.ts';
import type { Message } from '../message.ts';
import { slackErrorOf } from './clients.ts';
import type { Delivery } from './delivery.ts';

const PATIENCE_MS = 5_000;

/** Where an answer goes that is too late for, or has no place in, the acknowledgement. */
export type Tell = (delivery: Delivery, message: Message) => Promise<void>;

/**
 * Says it to the person alone: by the response URL, else ephemerally where they spoke, else, where that is impossible, in
 * the thread, or in a direct message. What fails is logged; it never throws.
 */
export function teller(ctx: Context, slack: SlackConfig, client: WebClient): Tell {
  const ways = [byResponseUrl, ephemerally, inThread, directly];
  return async (delivery, message) => {
    for (const way of ways) {
      try {
        if (await way(delivery, message)) return;
      } catch (error) {
        ctx.log.warn({ err: error, slack: slackErrorOf(error) }, `slack: could not answer ${way.name}`);
      }
    }
    ctx.log.error({ user: delivery.user, text: message.text }, 'slack: an answer did not reach its person');
  };

  async function byResponseUrl({ responseUrl, ...delivery }: Delivery, message: Message): Promise<boolean> {
    if (responseUrl === null || !isSlacks(responseUrl, slack)) return false;
    const thread = threadOf(delivery);
    const response = await fetch(responseUrl, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...ephemeral(message), replace_original: false, ...thread }),
    });
    if (!response.ok) throw new Error(`the response URL answered ${response.status}`);
    return true;
  }

  async function ephemerally(delivery: Delivery, { text, blocks }: Message): Promise<boolean> {
    const { channel, user, byBot } = delivery;
    if (channel === null || user === '' || byBot) return false;
    await client.chat.postEphemeral({ channel, user, text, blocks: [...blocks], ...threadOf(delivery) });
    return true;
  }

  async function inThread({ channel, thread, message: said, identity }: Delivery, { text, blocks }: Message) {
    const place = thread ?? said;
    if (channel === null || place === null || !identity?.startsWith('event ')) return false;
    await client.chat.postMessage({ channel, thread_ts: place, text, blocks: [...blocks], ...unadorned });
    return true;
  }

  async function directly({ user, byBot }: Delivery, { text, blocks }: Message): Promise<boolean> {
    if (user === '' || byBot) return false;
    const { channel } = await client.conversations.open({ users: user });
    if (!channel?.id) return false;
    await client.chat.postMessage({ channel: channel.id, text, blocks: [...blocks], ...unadorned });
    return true;
  }
}

const unadorned = { unfurl_links: false, unfurl_media: false } as const;

export function ephemeral({ text, blocks }: Message) {
  return { response_type: 'ephemeral' as const, text, blocks: [...blocks] };
}

/** What answers a click on the card itself stands in the channel, beside the card. */
function threadOf({ thread, message }: Pick<Delivery, 'thread' | 'message'>): { thread_ts?: string } {
  return thread === null || thread === message ? {} : { thread_ts: thread };
}

/** A response URL carries our answer: it is Slack's own, over https; or that of the stand-in that we were pointed at. */
export function isSlacks(url: string, { apiUrl }: Pick<SlackConfig, 'apiUrl'>): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin, username, password } = new URL(url);
  const api = new URL(apiUrl);
  if (username !== '' || password !== '') return false;
  return origin === api.origin || (protocol === 'https:' && hostname === `hooks.${api.hostname}`);
}
