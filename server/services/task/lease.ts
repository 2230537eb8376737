export { workerLockClass } from '../../../db/queries/tasks.ts';
import { orphanedTasks, raiseFence, reclaimTask, renewLease } from '../../../db/queries/tasks.ts';
import { transact } from '../../../db/transact.ts';
import type { Context } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';
import type { Held } from './start.ts';

/** Extends the lease. `lost`: somebody else holds the task now; let go of the host at once. */
export async function keepTask(ctx: Context, held: Held): Promise<'held' | 'cancel' | 'lost'> {
  const kept = await renewLease(ctx.db, held.taskId, held.fence, ctx.clock.now() + ctx.config.leaseMs);
  if (!kept) return 'lost';
  return kept.cancelRequested ? 'cancel' : 'held';
}

/**
 * Takes over running tasks whose worker is gone: at once when its session lock is free, at the latest when its lease has
 * run out. The fence rises, so a worker that only slept is refused by database and host. Rule: section 10 (Steps).
 */
export async function takeOverTasks(ctx: Context, workerId: string, room: number): Promise<Held[]> {
  const now = ctx.clock.now();
  const taken: Held[] = [];
  for (const orphan of await orphanedTasks(ctx.db, now, room)) {
    const held = await transact(ctx, async (tx) => {
      const fence = await raiseFence(tx, orphan.hostId);
      const claim = { fence, workerId, leaseUntil: now + ctx.config.leaseMs };
      if (!(await reclaimTask(tx, orphan.id, orphan.fence as number, claim))) return null;
      await record(tx, { now, actor: signalboxActor.name }, 'task.taken_over', [orphan.id], { worker: workerId });
      return { taskId: orphan.id, fence };
    });
    if (held) taken.push(held);
  }
  return taken;
}
