import { jobHasEnded } from '../../domain/task-transition.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { runOnce } from '../idempotency/run-once.ts';
import { retryJob } from '../job/retry.ts';
import { showJob } from '../job/show.ts';
import { signalboxActor, type Actor } from '../verb.ts';

/**
 * A retry from a button that everybody in the channel can press: as long as the retry that it made has not ended, whoever
 * presses it gets that one. `made`: this press made it.
 */
export async function retryOnce(
  ctx: Context,
  actor: Actor,
  { id }: { id: number },
): Promise<{ job: JobView; made: boolean }> {
  retryJob.admit(actor);
  for (let key = `retry of job ${id}`; ;) {
    // Not the person's own key: two people are to get one retry.
    const request = { actor: signalboxActor, key, endpoint: 'slack retry', input: { id } };
    const { answer, replayed } = await runOnce(ctx, request, (inside) => retryJob.run(inside, actor, { id }));
    if (!replayed) return { job: answer, made: true };
    const job = await showJob.run(ctx, actor, { id: answer.id });
    if (!jobHasEnded(job.status)) return { job, made: false };
    key = `retry of job ${id} after ${job.id}`;
  }
}
