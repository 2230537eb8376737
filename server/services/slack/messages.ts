import { requestersOf } from '../../../db/queries/slack-facts.ts';
import {
  claimMessage,
  dropMessage,
  dueMessages,
  findMessage,
  lastSends,
  reclaimMessages,
  settleMessage,
  waitingMessages,
  type MessageRow,
} from '../../../db/queries/slack-messages.ts';
import type { SlackPurpose } from '../../contracts/slack.ts';
import type { Context } from '../context.ts';
import { noteSlackWaiting } from './status.ts';

export type { MessageRow };

/** Messages that are looked through for the next one: beyond them nothing is more urgent. */
const LOOKED_THROUGH = 500;

/** What is due, most urgent first. */
export function dueNow(ctx: Context): Promise<MessageRow[]> {
  return dueMessages(ctx.db, ctx.clock.now(), LOOKED_THROUGH);
}

/** Takes a message for a look at it; false: another one is at it, or has been. */
export function beginLook(ctx: Context, row: MessageRow): Promise<boolean> {
  return claimMessage(ctx.db, row, ctx.clock.now());
}

/** Ends the look. `dueAgain`: since when it is due again. */
export function endLook(
  ctx: Context,
  { id }: Pick<MessageRow, 'id'>,
  patch: Parameters<typeof settleMessage>[2],
  dueAgain: number | null = null,
): Promise<void> {
  return settleMessage(ctx.db, id, patch, dueAgain);
}

export function forgetMessage(ctx: Context, { id }: Pick<MessageRow, 'id'>): Promise<void> {
  return dropMessage(ctx.db, id);
}

/** The message about an entity, if one is kept. */
export function messageAbout(
  ctx: Context,
  purpose: SlackPurpose,
  entityId: number,
  part = '',
): Promise<MessageRow | undefined> {
  return findMessage(ctx.db, purpose, entityId, part);
}

/** What the sender before left undone is due again; answers with when it sent what, per channel. Epoch milliseconds. */
export async function takeOver(ctx: Context): Promise<{ channel: string | null; at: number }[]> {
  await reclaimMessages(ctx.db);
  return lastSends(ctx.db);
}

/** Stores how many messages wait, and since when. */
export async function noteLag(ctx: Context): Promise<{ waiting: number; since: number | null }> {
  const lag = await waitingMessages(ctx.db, ctx.clock.now());
  await noteSlackWaiting(ctx, lag.waiting, lag.since);
  return lag;
}

/** The Slack users who are the person that asked for a job, of the workspaces that are served. */
export function requestersInSlack(ctx: Context, jobId: number): Promise<string[]> {
  return requestersOf(ctx.db, jobId, ctx.config.slack?.teams ?? []);
}
