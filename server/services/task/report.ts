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

/**
 * Stores what the host has said since the last time, each byte exactly once: its output, then its reports, which make
 * one activity together. False: the task is no longer held, or all of it was stored before.
 */
export async function recordProgress(
  ctx: Context,
  held: Held,
  { log, report }: { log: LogChunk | null; report: Report | null },
): Promise<boolean> {
  const now = ctx.clock.now();
  const packed = log && { from: log.from, to: log.to, at: now, ...(await packLog(log.content)) };
  const { stored, news } = await transact(ctx, async (tx) => {
    const stored = packed !== null && (await storeLog(tx, held.taskId, held.fence, packed));
    const news = report !== null && (await storeReport(tx, held.taskId, held.fence, report));
    if (news) await record(tx, { now, actor: signalboxActor.name }, 'task.step', [held.taskId]);
    return { stored, news };
  });
  if (stored) ctx.bell.ring({ log: [held.taskId] });
  return stored || news;
}

/** Appends masked log bytes, exactly once. */
export function recordLog(ctx: Context, held: Held, log: LogChunk): Promise<boolean> {
  return recordProgress(ctx, held, { log, report: null });
}
