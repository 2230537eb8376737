import {
  endPendingTasks,
  lockJob,
  requestCancel,
  rolloutRows,
  updateJob,
  type JobRow,
} from '../../../db/queries/jobs.ts';
import { cancelScope } from '../../domain/rollout.ts';
import { cancelRequest } from '../approval/settle.ts';
import { record } from '../log/record.ts';
import { cancelDownload } from '../release/download.ts';
import { jobTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeJob } from './change.ts';
import { judgeJob } from './judge.ts';

/** Pending tasks are cancelled at once; running ones stop before `activate`, or run to their end. Rule: section 10 (Cancel). */
export const cancelJob = verb(
  'job.cancel',
  (ctx, actor, input: { id: number; reason?: string | undefined }) =>
    changeJob(ctx, input.id, 'cancel', async (tx, job, now) => {
      const occasion = { now, actor: actor.name };
      await updateJob(tx, job.id, { status: 'cancelling' });
      await record(tx, occasion, 'job.cancelling', [job.id], input.reason ? { reason: input.reason } : {});
      if (job.kind === 'download') return cancelDownload(tx, occasion, job);
      const { cancelNow } = cancelScope(await rolloutRows(tx, job.id));
      const problem = { code: 'cancelled', sentence: `Cancelled by ${actor.name} before it started.` };
      const ended = await endPendingTasks(
        tx,
        cancelNow.map(({ id }) => id),
        { status: 'cancelled', problem, now },
      );
      await record(tx, occasion, 'task.ended', ended, { status: 'cancelled' });
      await cancelRequest(tx, job, actor.name, now);
      await requestCancel(tx, job.id);
      await judgeJob(ctx, tx, (await lockJob(tx, job.id)) as JobRow, now, ended.length > 0);
    }),
  jobTargets,
);
