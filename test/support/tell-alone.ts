import { noteAnswers } from '../../server/services/host/contact.ts';
import { recordProgress } from '../../server/services/task/report.ts';
import type { Context } from '../../server/services/context.ts';
import { endAttempts } from '../../server/worker/tasks.ts';
import type { Tell } from '../../server/worker/run-task.ts';

/** What a task says goes to the database by itself, as a worker does that has no other task at the moment. */
export function tellAlone(ctx: Context): Tell {
  return {
    progress: async (said) => (await recordProgress(ctx, [said]))[0]!,
    answer: (productId, said) => noteAnswers(ctx, productId, [said]),
    end: async (jobId, end) => (await endAttempts(ctx, jobId, [end]))[0]!,
  };
}
