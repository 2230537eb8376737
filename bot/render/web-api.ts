import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Message } from '../message.ts';

/** Where a message stands. */
export interface Place {
  readonly channel: string;
  /** Timestamp of the thread's first message; null: in the channel itself. */
  readonly thread: string | null;
}

export interface OutgoingFile {
  readonly name: string;
  readonly title: string;
  readonly content: Buffer;
  /** mrkdwn, said with the file. */
  readonly comment: string;
}

/** The little of Slack's Web API that keeps messages true. Every call throws what `faultOf` understands. */
export interface Slack {
  /** `key` travels along as metadata, so that the message can be found again. Answers with its timestamp. */
  post(place: Place, message: Message, options: { key: string; broadcast: boolean }): Promise<string>;
  update(channel: string, ts: string, message: Message): Promise<void>;
  permalink(channel: string, ts: string): Promise<string>;
  /** Answers with the file's permalink. */
  upload(place: Place, file: OutgoingFile): Promise<string>;
  /** Timestamp of our message with this key, or with a file of this name, sent at or after `since` (epoch milliseconds); null: there is none. */
  find(place: Place, mark: { key: string } | { file: string }, since: number): Promise<string | null>;
}

/** Names our metadata among that of other apps. */
const EVENT_TYPE = 'signalbox_message';
/** Messages read back at most when one is looked for. */
const LOOK_BACK = 200;

const posted = z.object({ ts: z.string() });
const linked = z.object({ permalink: z.string() });
const uploaded = z.object({
  files: z.array(z.object({ files: z.array(z.object({ permalink: z.string().optional() })).optional() })),
});
const history = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      metadata: z
        .object({ event_type: z.string().optional(), event_payload: z.record(z.string(), z.unknown()).optional() })
        .optional(),
      files: z.array(z.object({ name: z.string().nullish() })).optional(),
    }),
  ),
});
type Found = z.output<typeof history>['messages'][number];

/** `client`: the background one, which throws on a 429 instead of waiting, and whose calls end. */
export function slackOf(client: WebClient): Slack {
  return {
    async post({ channel, thread }, message, { key, broadcast }) {
      const answer = await client.apiCall('chat.postMessage', {
        channel,
        ...body(message),
        metadata: { event_type: EVENT_TYPE, event_payload: { key } },
        unfurl_links: false,
        unfurl_media: false,
        ...(thread === null ? {} : { thread_ts: thread, ...(broadcast ? { reply_broadcast: true } : {}) }),
      });
      return posted.parse(answer).ts;
    },
    async update(channel, ts, message) {
      await client.apiCall('chat.update', { channel, ts, ...body(message) });
    },
    async permalink(channel, ts) {
      return linked.parse(await client.apiCall('chat.getPermalink', { channel, message_ts: ts })).permalink;
    },
    async upload({ channel, thread }, { name, title, content, comment }) {
      const answer = await client.filesUploadV2({
        channel_id: channel,
        ...(thread === null ? {} : { thread_ts: thread }),
        initial_comment: comment,
        file: content,
        filename: name,
        title,
      } as Parameters<WebClient['filesUploadV2']>[0]);
      return uploaded.parse(answer).files[0]?.files?.[0]?.permalink ?? '';
    },
    async find({ channel, thread }, mark, since) {
      const answer = await client.apiCall(thread === null ? 'conversations.history' : 'conversations.replies', {
        channel,
        ...(thread === null ? {} : { ts: thread }),
        oldest: String(Math.floor(since / 1_000)),
        limit: LOOK_BACK,
        include_all_metadata: true,
      });
      return history.parse(answer).messages.find((message) => carries(message, mark))?.ts ?? null;
    },
  };
}

function body({ text, blocks }: Message) {
  return { text, blocks: [...blocks], parse: 'none', link_names: false };
}

function carries({ metadata, files }: Found, mark: { key: string } | { file: string }): boolean {
  if ('file' in mark) return files?.some(({ name }) => name === mark.file) ?? false;
  return metadata?.event_type === EVENT_TYPE && metadata.event_payload?.['key'] === mark.key;
}
