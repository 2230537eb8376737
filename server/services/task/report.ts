import { storeLog, storeReport } from '../../../db/queries/tasks.ts';
import { transact } from '../../../db/transact.ts';
import type { StepRecord } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';
import type { Held } from './start.ts';

/** Stores one report of the host, exactly once. False: the task is no longer held, or the report was stored before. */
export async function recordReport(
  ctx: Context,
  held: Held,
  report: { offset: number; next: number; step: string | null; steps: StepRecord[] },
): Promise<boolean> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    if (!(await storeReport(tx, held.taskId, held.fence, report))) return false;
    await record(tx, { now, actor: signalboxActor.name }, 'task.step', [held.taskId]);
    return true;
  });
}

/** Appends masked log bytes, exactly once. `from` and `to` are offsets in the host's own log. */
export async function recordLog(
  ctx: Context,
  held: Held,
  chunk: { from: number; to: number; content: Uint8Array },
): Promise<boolean> {
  const at = ctx.clock.now();
  const stored = await transact(ctx, (tx) => storeLog(tx, held.taskId, held.fence, { ...chunk, at }));
  if (stored) ctx.bell.ring({ log: [held.taskId] });
  return stored;
}
