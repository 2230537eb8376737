import { lookAgain } from '../../../db/queries/hosts.ts';
import { jobsWaitingForHost, lockJob } from '../../../db/queries/jobs.ts';
import { endRunningTask, findTask, type TaskEnd } from '../../../db/queries/tasks.ts';
import { transact } from '../../../db/transact.ts';
import type { Context } from '../context.ts';
import { barHosts } from '../rollback/bar.ts';
import { noteHistory } from '../rollback/history.ts';
import { judgeJob } from '../job/judge.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';
import type { Held } from './start.ts';

/**
 * Ends a running task and, in the same transaction, judges its job: a budget that this end breaks halts the job before
 * anything else can start. False: the task is no longer held. Rule: section 10 (Budget).
 */
export async function endTask(ctx: Context, held: Held, end: Omit<TaskEnd, 'now'>): Promise<boolean> {
  const now = ctx.clock.now();
  const known = await findTask(ctx.db, held.taskId);
  if (!known) return false;
  return transact(ctx, async (tx) => {
    const job = await lockJob(tx, known.jobId);
    if (!job || !(await endRunningTask(tx, held.taskId, held.fence, { ...end, now }))) return false;
    const occasion = { now, actor: signalboxActor.name };
    await record(tx, occasion, 'task.ended', [held.taskId], { status: end.status });
    await noteHistory(tx, job, held.taskId, now);
    // What runs there is another release now: how it does is asked at once, not at the next interval.
    if (end.status === 'succeeded') await lookAgain(tx, [known.hostId]);
    if (job.kind === 'rollback' && end.status !== 'cancelled') await barHosts(tx, occasion, job, [known.hostId]);
    await judgeJob(ctx, tx, job, now, true);
    for (const jobId of await jobsWaitingForHost(tx, known.hostId)) {
      if (jobId !== job.id) await ctx.enqueue(tx, 'job.advance', { jobId });
    }
    return true;
  });
}
