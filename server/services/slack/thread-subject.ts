import { jobOfMessage } from '../../../db/queries/slack-threads.ts';
import { verb } from '../verb.ts';

/** What the thread below a card is about: a job, its release, and its incident where there is one. */
export interface ThreadSubject {
  readonly jobId: number;
  readonly productId: number;
  readonly releaseId: number;
  readonly incidentId: number | null;
}

/** By the thread's first message; null: it is no card of a job, an approval or an incident. */
export const threadSubject = verb(
  'job.read',
  async (ctx, _actor, { channel, thread }: { channel: string; thread: string }): Promise<ThreadSubject | null> =>
    (await jobOfMessage(ctx.db, { channel, ts: thread })) ?? null,
);
