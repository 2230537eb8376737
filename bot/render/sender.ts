import { createHash } from 'node:crypto';
import type { Context } from '../../server/services/context.ts';
import { channelFor } from '../../server/services/slack/channels.ts';
import {
  beginLook,
  dueNow,
  endLook,
  forgetMessage,
  takeOver,
  type MessageRow,
} from '../../server/services/slack/messages.ts';
import { noteSlackProblem, noteSlackTakes } from '../../server/services/slack/status.ts';
import { threadIncident } from '../../server/services/slack/thread.ts';
import type { Message } from '../message.ts';
import { isHeldBack, openBudget, sendableAt, spend, type Budget } from './budget.ts';
import { compose, type Draft } from './compose.ts';
import { faultOf, type Fault } from './fault.ts';
import { deliver, type Delivery } from './deliver.ts';
import { readyAt } from './pace.ts';
import type { Slack } from './web-api.ts';

/** What a turn has come to. `idle`: nothing can be sent now; `until`: epoch milliseconds at which time alone changes that. */
export type Turn = { readonly kind: 'looked' } | { readonly kind: 'idle'; readonly until: number | null };

/** Looks at one due message after the other, for as long as this process leads. */
export interface Sender {
  turn(): Promise<Turn>;
}

const MOST_PAUSE_MS = 15_000;
/** Before a message that Slack refuses is tried again: somebody has to mend something first. */
const REFUSED_AGAIN_MS = 120_000;

interface State {
  budget: Budget;
  pausedUntil: number;
  /** Calls in a row that found Slack away. */
  away: number;
}

type MessageDraft = Extract<Draft, { kind: 'message' }>;

/** Takes over from whoever sent before. Everything that it knows of what was sent is in the database. */
export async function openSender(ctx: Context, slack: Slack): Promise<Sender> {
  const { coalesceMs, messagesPerMinute } = ctx.config.slack ?? { coalesceMs: 3_000, messagesPerMinute: 45 };
  const sends = await takeOver(ctx);
  const lastSent = sends.length === 0 ? null : Math.max(...sends.map(({ at }) => at));
  const posts = new Map(sends.flatMap(({ channel, at }) => (channel === null ? [] : [[channel, at] as const])));
  const state: State = {
    budget: openBudget(messagesPerMinute, ctx.clock.now(), lastSent, posts),
    pausedUntil: 0,
    away: 0,
  };

  async function turn(): Promise<Turn> {
    const now = ctx.clock.now();
    if (now < state.pausedUntil) return { kind: 'idle', until: state.pausedUntil };
    const rows = await dueNow(ctx);
    const times = rows.map((row) => Math.max(readyAt(row, coalesceMs), sendableAt(state.budget, wantOf(row), now)));
    const index = times.findIndex((at) => at <= now);
    const row = rows[index];
    if (!row) return { kind: 'idle', until: times.length === 0 ? null : Math.min(...times) };
    const ready = rows.filter((other) => readyAt(other, coalesceMs) <= now).length;
    const heldBack = isHeldBack(state.budget, ready, 2 * coalesceMs, now);
    if (await beginLook(ctx, row)) await look(row, heldBack);
    return { kind: 'looked' };
  }

  async function look(row: MessageRow, heldBack: boolean): Promise<void> {
    const since = row.dueAt ?? ctx.clock.now();
    try {
      const draft = await compose(ctx, row);
      if (draft.kind === 'drop') return await forgetMessage(ctx, row);
      if (draft.kind === 'wait') return await later(row, since, ctx.clock.now() + Math.max(coalesceMs, 1_000));
      await show(row, draft, since, heldBack);
    } catch (error) {
      // Ours, not Slack's: the message stays due, and others go on.
      ctx.log.error({ err: error, message: row.id }, 'slack: a message could not be made; trying again');
      await later(row, since, ctx.clock.now() + MOST_PAUSE_MS);
    }
  }

  async function show(row: MessageRow, draft: MessageDraft, since: number, heldBack: boolean): Promise<void> {
    const channel =
      (row.ts === null ? null : row.channel) ??
      draft.parent?.channel ??
      (await channelFor(ctx, draft.jobId, draft.use));
    // Nothing is kept of what has no channel; the status says so.
    if (channel === null) return forgetMessage(ctx, row);
    const hash = hashOf(draft.message);
    if (row.ts !== null && row.sentHash === hash) return unchanged(row, draft, channel);
    const now = ctx.clock.now();
    const sendable = sendableAt(state.budget, wantOf({ ...row, channel }), now);
    // Known from now on, the channel is asked about before the message is made again.
    if (sendable > now) return later({ ...row, channel }, since, sendable);
    const message = heldBack && draft.throttled ? draft.throttled(now) : draft.message;
    state.budget = spend(state.budget, wantOf({ ...row, channel }), now);
    await send(row, { draft, channel, message }, hash, since);
  }

  async function send(row: MessageRow, delivery: Delivery, hash: string, since: number): Promise<void> {
    const { draft, channel } = delivery;
    try {
      const sent = await deliver(ctx, slack, row, delivery);
      const now = ctx.clock.now();
      // A message that was found again says what it said then.
      const again = sent.found ? now : lookAgainAt(draft);
      await endLook(
        ctx,
        row,
        {
          channel,
          ts: sent.ts,
          parentId: draft.parent?.id ?? null,
          permalink: sent.permalink ?? (row.ts === sent.ts ? row.permalink : null),
          sentHash: sent.found ? null : hash,
          sentAt: now,
          attemptedAt: null,
          notBefore: null,
          problem: null,
          final: draft.final && !sent.found,
        },
        again,
      );
      await recovered();
      if (row.ts !== sent.ts) await fetchPermalink({ ...row, ts: sent.ts, permalink: sent.permalink }, draft, channel);
    } catch (error) {
      await failed(row, faultOf(error), draft, since);
    }
  }

  async function recovered(): Promise<void> {
    const wasAway = state.away > 0;
    if (wasAway) ctx.log.info('slack: it takes messages again');
    state.away = 0;
    await noteSlackTakes(ctx, wasAway);
  }

  async function unchanged(row: MessageRow, draft: MessageDraft, channel: string): Promise<void> {
    const notBefore = ctx.clock.now() + coalesceMs;
    await endLook(ctx, row, { attemptedAt: null, problem: null, final: draft.final, notBefore }, lookAgainAt(draft));
    await fetchPermalink(row, draft, channel);
  }

  /** Of messages that begin a thread. Without it the message stands all the same: the next look asks again. */
  async function fetchPermalink(row: MessageRow, draft: MessageDraft, channel: string): Promise<void> {
    if (draft.parent !== null || row.ts === null || row.permalink !== null) return;
    try {
      const permalink = await slack.permalink(channel, row.ts);
      await endLook(ctx, row, { permalink });
      if (row.purpose === 'incident') await threadIncident(ctx, row.entityId, permalink);
    } catch (error) {
      ctx.log.warn({ err: error, message: row.id }, 'slack: a message has no permalink yet; asking again');
      if (faultOf(error).kind === 'gone') return;
      await endLook(ctx, row, { final: false, notBefore: ctx.clock.now() + MOST_PAUSE_MS }, ctx.clock.now());
    }
  }

  async function failed(row: MessageRow, fault: Fault, draft: MessageDraft, since: number): Promise<void> {
    const now = ctx.clock.now();
    switch (fault.kind) {
      case 'limited':
        state.pausedUntil = now + fault.retryAfterMs;
        ctx.log.warn({ retryAfterMs: fault.retryAfterMs }, 'slack: too many messages, says Slack; pausing');
        return endLook(ctx, row, { attemptedAt: row.attemptedAt }, since);
      case 'away':
        state.away += 1;
        state.pausedUntil = now + Math.min(MOST_PAUSE_MS, 500 * 2 ** Math.min(state.away, 10));
        ctx.log.warn({ problem: fault.problem }, 'slack: it takes no messages; trying again');
        await noteSlackProblem(ctx, fault.problem);
        // What may have arrived is looked for before it is posted again.
        return endLook(ctx, row, fault.sent && row.ts === null ? {} : { attemptedAt: row.attemptedAt }, since);
      case 'gone':
        return endLook(ctx, row, { ...GONE, attemptedAt: null, notBefore: null }, now);
      case 'parent_gone':
        if (draft.parent) await endLook(ctx, draft.parent, GONE, now);
        return later(row, since, now + Math.max(coalesceMs, 1_000));
      case 'refused':
      case 'no_scope':
        ctx.log.error({ problem: fault.problem, message: row.id }, 'slack: it refuses a message');
        return endLook(
          ctx,
          row,
          { attemptedAt: null, problem: fault.problem, notBefore: now + REFUSED_AGAIN_MS },
          since,
        );
    }
  }

  function later(row: MessageRow, since: number, notBefore: number): Promise<void> {
    return endLook(ctx, row, { channel: row.channel, attemptedAt: row.attemptedAt, notBefore }, since);
  }

  return { turn };
}

/** It has to be posted anew. What stands in its old thread stays there. */
const GONE = { ts: null, sentHash: null, permalink: null, final: false } as const;

function lookAgainAt({ final, changesAt }: MessageDraft): number | null {
  return final ? null : changesAt;
}

function wantOf({ channel, ts, priority }: Pick<MessageRow, 'channel' | 'ts' | 'priority'>) {
  return { channel: channel ?? '', post: ts === null, priority };
}

function hashOf(message: Message): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('hex');
}
