import type { Context } from '../../server/services/context.ts';
import { serverUrl } from '../../server/services/server-url.ts';
import type { MessageRow } from '../../server/services/slack/messages.ts';
import type { Message } from '../message.ts';
import type { Draft } from './compose.ts';
import { faultOf } from './fault.ts';
import type { OutgoingFile, Place, Slack } from './web-api.ts';

export interface Delivery {
  readonly draft: Extract<Draft, { kind: 'message' }>;
  readonly channel: string;
  /** As it is sent: with the sign that updates are held back, where they are. */
  readonly message: Message;
}

interface Delivered {
  readonly ts: string;
  readonly permalink: string | null;
  /** It had been posted before, by somebody who never learned of it. */
  readonly found: boolean;
}

/** Clocks differ, Slack's too. */
const CLOCKS_APART_MS = 600_000;
/** What stands for the timestamp of a message that is a file: Slack does not tell it. */
const FILE_TS = 'file';

/**
 * Brings a message to Slack: as an update where it is there already, else as a post. A post that was begun before and
 * never ended, by a process that was killed or over a line that broke, is looked for first by the key that it carries.
 * Slack lets the bot look only with a history scope (`channels:history`, `groups:history`); without one it cannot be
 * told, and the message is posted again: it may then stand there twice, the older one never changing again.
 */
export async function deliver(ctx: Context, slack: Slack, row: MessageRow, delivery: Delivery): Promise<Delivered> {
  const { draft, channel, message } = delivery;
  if (row.ts !== null) {
    await slack.update(channel, row.ts, message);
    return { ts: row.ts, permalink: row.permalink, found: false };
  }
  const place = { channel, thread: draft.parent?.ts ?? null };
  const key = `${serverUrl(ctx.config)} ${row.purpose}.${row.entityId}.${row.part}`;
  if (row.attemptedAt !== null) {
    const ts = await search(slack, place, draft.file ? { file: draft.file.name } : { key }, row.attemptedAt);
    if (ts !== null) return { ts, permalink: null, found: draft.file === null };
  }
  if (draft.file) {
    const permalink = await uploaded(ctx, slack, place, { ...draft.file, comment: message.text });
    if (permalink !== null) return { ts: FILE_TS, permalink, found: false };
  }
  return { ts: await slack.post(place, message, { key, broadcast: draft.broadcast }), permalink: null, found: false };
}

async function search(
  slack: Slack,
  place: Place,
  mark: { key: string } | { file: string },
  attemptedAt: number,
): Promise<string | null> {
  try {
    return await slack.find(place, mark, attemptedAt - CLOCKS_APART_MS);
  } catch (error) {
    const { kind } = faultOf(error);
    if (kind === 'no_scope' || kind === 'refused') return null;
    throw error;
  }
}

/** Null: Slack does not take the file, so what it comes with is said without it. */
async function uploaded(ctx: Context, slack: Slack, place: Place, file: OutgoingFile): Promise<string | null> {
  try {
    return await slack.upload(place, file);
  } catch (error) {
    const fault = faultOf(error);
    if (fault.kind !== 'no_scope' && fault.kind !== 'refused') throw error;
    ctx.log.warn({ problem: fault.problem, file: file.name }, 'slack: it does not take a file; saying it without');
    return null;
  }
}
