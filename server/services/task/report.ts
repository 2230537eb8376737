import { packLog } from '../../../db/log-content.ts';
import { storeLog, storeReport } from '../../../db/queries/tasks.ts';
import { transact } from '../../../db/transact.ts';
import type { StepRecord } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';
import type { Held } from './start.ts';

/** Masked log bytes. `from` and `to` are offsets in the host's own log. */
export interface LogChunk {
  from: number;
  to: number;
  content: Uint8Array;
}

/** Reports of the host from `offset` to `next` of its journal, folded into the steps. */
export interface Report {
  offset: number;
  next: number;
  step: string | null;
  steps: StepRecord[];
}

/** What the host of a task has said since the last time. */
export interface Progress {
  held: Held;
  log: LogChunk | null;
  report: Report | null;
}

/**
 * Stores what hosts have said since the last time, each byte exactly once: the output of each, then its reports, which
 * make one activity together. False: the task is no longer held, or all of it was stored before.
 */
export async function recordProgress(ctx: Context, said: readonly Progress[]): Promise<boolean[]> {
  const now = ctx.clock.now();
  const packed = await Promise.all(said.map(({ log }) => log && packChunk(log, now)));
  const stored = new Set<number>();
  const news = new Set<number>();
  // One order for all who lock several tasks, so that two never wait for each other.
  const inOrder = said.map((one, index) => ({ ...one, index })).sort((a, b) => a.held.taskId - b.held.taskId);
  await transact(ctx, async (tx) => {
    stored.clear();
    news.clear();
    for (const { held, report, index } of inOrder) {
      const chunk = packed[index];
      if (chunk && (await storeLog(tx, held.taskId, held.fence, chunk))) stored.add(held.taskId);
      if (report && (await storeReport(tx, held.taskId, held.fence, report))) news.add(held.taskId);
    }
    await record(tx, { now, actor: signalboxActor.name }, 'task.step', [...news]);
  });
  if (stored.size > 0) ctx.bell.ring({ log: [...stored] });
  return said.map(({ held: { taskId } }) => stored.has(taskId) || news.has(taskId));
}

async function packChunk(log: LogChunk, at: number) {
  return { from: log.from, to: log.to, at, ...(await packLog(log.content)) };
}

/** Appends masked log bytes of one task, exactly once. */
export async function recordLog(ctx: Context, held: Held, log: LogChunk): Promise<boolean> {
  const [stored = false] = await recordProgress(ctx, [{ held, log, report: null }]);
  return stored;
}
