import { lockJob, updateJob } from '../../../db/queries/jobs.ts';
import { claimTask, findTask, raiseFence, undispatchTasks } from '../../../db/queries/tasks.ts';
import { setIntent } from '../../../db/queries/hosts.ts';
import { transact } from '../../../db/transact.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { Context } from '../context.ts';
import { noteStart } from '../approval/settle.ts';
import { judgeJob } from '../job/judge.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';
import type { findOrder } from './order.ts';

/** What a worker holds while it works on a task: the fence is its proof towards database and host alike. */
export interface Held {
  taskId: number;
  fence: number;
}
export type TaskOrder = NonNullable<Awaited<ReturnType<typeof findOrder>>>;

/**
 * Starts a task that was sent for, if its job as judged in this very transaction still lets it start; the host is taken
 * under the next fencing number. Null: not now, and whoever frees what is in the way sends for it again.
 * Rule: section 10 (Refusals at the start of a task).
 */
export async function startTask(ctx: Context, taskId: number, workerId: string): Promise<Held | null> {
  const now = ctx.clock.now();
  const known = await findTask(ctx.db, taskId);
  if (!known) return null;
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, known.jobId);
    if (!job || jobHasEnded(job.status)) return null;
    const decision = await judgeJob(ctx, tx, job, now);
    if (!decision.start.includes(String(taskId))) {
      await undispatchTasks(tx, [taskId]);
      return null;
    }
    const fence = await raiseFence(tx, known.hostId);
    const claimed = await claimTask(tx, taskId, { fence, workerId, leaseUntil: now + ctx.config.leaseMs }, now);
    if (!claimed) {
      await undispatchTasks(tx, [taskId]);
      return null;
    }
    await noteStart(tx, job, now);
    await setIntent(tx, known.hostId, job.productId, job.releaseId);
    await record(tx, { now, actor: signalboxActor.name }, 'task.started', [taskId], { worker: workerId });
    await updateJob(tx, job.id, {});
    await record(tx, { now, actor: signalboxActor.name }, 'job.progressed', [job.id]);
    return { taskId, fence };
  });
}
