import { setTimeout as pause } from 'node:timers/promises';
import type { Reader } from '../../../db/connect.ts';
import { isAheadOfLog, readAfter, settledCursor } from '../../../db/queries/activities.ts';
import { inFlight, incidentsUnder } from '../../../db/queries/slack-facts.ts';
import {
  markMessages,
  moveReader,
  placeReader,
  readerCursor,
  touchAll,
  touchBesideJobs,
  touchDownloads,
  touchHeld,
} from '../../../db/queries/slack-messages.ts';
import { tail } from '../../../db/tail.ts';
import { transact } from '../../../db/transact.ts';
import type { AnyActivity } from '../../domain/activity.ts';
import type { Context, Transaction } from '../context.ts';
import { jobSteps, phasesOf } from './job-steps.ts';
import { marksOf, PRIORITY, put, type Marks } from './marks.ts';

const READER = 'slack';
const BATCH = 1_000;
/** What a reader that was away for longer has missed is history: cards of it would bury those of now. */
const TOO_LONG_MS = 86_400_000;
const AGAIN_MS = 1_000;

/**
 * Follows the log until aborted and marks what it changes in Slack, the cursor moved in the same transaction: nothing is
 * skipped, whoever is killed when. One process at a time; where another has gone on meanwhile, it takes up from there.
 */
export async function followLog(ctx: Context, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await followOnce(ctx, signal);
    } catch (error) {
      ctx.log.warn({ err: error }, 'slack: the log cannot be read; trying again');
      await pause(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Until aborted, or until another reader is found to have moved on. */
async function followOnce(ctx: Context, signal: AbortSignal): Promise<void> {
  const turn = new AbortController();
  const stop = () => turn.abort();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let cursor = await openCursor(ctx);
    await tail({
      db: ctx.db,
      bell: ctx.bell,
      from: cursor,
      limit: BATCH,
      signal: turn.signal,
      async onBatch(activities, to) {
        if (await markBatch(ctx, activities, cursor, to)) cursor = to;
        else turn.abort();
      },
      async onRewound() {
        ctx.log.warn('slack: the log ends before our place in it, so the database was set back; looking at every card');
        return (cursor = await startAnew(ctx));
      },
      onError: (error) => ctx.log.warn({ err: error }, 'slack: the log cannot be read; trying again'),
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Marks what is settled in the log up to now, and returns. */
export async function readToEnd(ctx: Context): Promise<void> {
  let cursor = await openCursor(ctx);
  for (;;) {
    const page = await readAfter(ctx.db, cursor, BATCH);
    if (page.activities.length === 0) return;
    cursor = (await markBatch(ctx, page.activities, cursor, page.to)) ? page.to : await openCursor(ctx);
  }
}

/** Where the reader stands. At its first start that is the end of the log, and only what is in flight gets cards. */
async function openCursor(ctx: Context): Promise<string> {
  const cursor = await readerCursor(ctx.db, READER);
  if (cursor === undefined || (await isAheadOfLog(ctx.db, cursor))) return startAnew(ctx);
  const [missed] = (await readAfter(ctx.db, cursor, 1)).activities;
  return missed && ctx.clock.now() - missed.at > TOO_LONG_MS ? startAnew(ctx) : cursor;
}

async function startAnew(ctx: Context): Promise<string> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    // The end first: what happens meanwhile is marked twice rather than not at all.
    const cursor = await settledCursor(tx);
    await placeReader(tx, READER, cursor);
    await touchAll(tx, now);
    const marks: Pick<Marks, 'messages'> = { messages: new Map() };
    for (const { purpose, id } of await inFlight(tx)) {
      const priority = purpose === 'approval' ? PRIORITY.approval : PRIORITY.progress;
      put(marks, { purpose, entityId: id, part: '', priority, dueAt: now, create: true });
    }
    await markMessages(tx, [...marks.messages.values()]);
    return cursor;
  });
}

/** False: another reader has moved on from there. */
async function markBatch(ctx: Context, activities: readonly AnyActivity[], from: string, to: string): Promise<boolean> {
  const now = ctx.clock.now();
  const marks = marksOf(activities, now);
  // Outside: what it reads is settled, and a transaction that stays open holds back every reader of the log.
  await planSteps(ctx.db, marks);
  return transact(ctx, async (tx) => {
    if (!(await moveReader(tx, READER, from, to))) return false;
    await planHoldNotes(tx, marks);
    for (const [id, { priority, dueAt }] of marks.jobs) {
      put(marks, { purpose: 'job', entityId: id, part: '', priority, dueAt });
    }
    await markMessages(tx, [...marks.messages.values()]);
    for (const [{ priority }, jobs] of byUrgency(marks.jobs)) {
      const dueAt = Math.min(...jobs.map(([, job]) => job.dueAt));
      await touchBesideJobs(
        tx,
        jobs.map(([id]) => id),
        { priority, dueAt },
      );
    }
    await touchDownloads(tx, [...marks.releases], now);
    return true;
  });
}

/** A job's thread gets a message for each phase of its way; the last one may have grown. */
async function planSteps(reader: Reader, { messages, working }: Marks): Promise<void> {
  for (const [entityId, { dueAt, priority }] of working) {
    for (const phase of phasesOf(await jobSteps(reader, entityId))) {
      put({ messages }, { purpose: 'job', entityId, part: `steps:${phase}`, priority, dueAt, create: true });
    }
  }
}

async function planHoldNotes(tx: Transaction, marks: Marks): Promise<void> {
  for (const { hold, part, dueAt } of marks.holds) {
    if (part === '') continue;
    for (const entityId of await incidentsUnder(tx, hold.scope)) {
      put(marks, { purpose: 'incident', entityId, part, priority: PRIORITY.incident, dueAt, create: true });
    }
  }
  const [first] = marks.holds;
  if (first) await touchHeld(tx, first.dueAt);
}

function byUrgency(jobs: Marks['jobs']) {
  const groups = Map.groupBy(jobs, ([, { priority }]) => priority);
  return [...groups].map(([priority, of]) => [{ priority }, of] as const);
}
