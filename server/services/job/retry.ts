import { findJob, rolloutRows } from '../../../db/queries/jobs.ts';
import { Refusal } from '../../contracts/errors.ts';
import { judgeRetry } from '../../domain/job-outcome.ts';
import type { TaskStatus } from '../../domain/task-transition.ts';
import { requestInstall } from '../install/start.ts';
import { retryRollOff } from '../recall/retry.ts';
import { requestDownload } from '../release/request-download.ts';
import { retryRollback } from '../rollback/retry.ts';
import { jobTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { noSuchJob } from './change.ts';

export interface RetryInput {
  id: number;
  /** Only tasks that ended so. Default: failed, unreachable and not started. */
  statuses?: ('failed' | 'unreachable' | 'not_started' | 'cancelled')[] | undefined;
}

/** A new job for the hosts that did not get there; never a host more than its parent had. Rule: section 10 (Retry). */
export const retryJob = verb(
  'job.retry',
  async (ctx, actor, input: RetryInput) => {
    const job = await findJob(ctx.db, input.id);
    if (!job) throw noSuchJob('Retry', input.id);
    if (job.kind === 'download') return requestDownload.run(ctx, actor, { id: job.releaseId });
    const rows = await rolloutRows(ctx.db, job.id);
    const tasks = rows.map(({ hostName, hostId, status }) => ({ host: hostName, hostId, status }));
    const wanted: readonly TaskStatus[] | undefined = input.statuses;
    const hosts = wanted && tasks.filter(({ status }) => wanted.includes(status)).map(({ host }) => host);
    const decision = judgeRetry({ status: job.status, tasks }, { cancelled: wanted?.includes('cancelled'), hosts });
    if (!decision.allowed) throw new Refusal('refused', decision.refusal.sentence, { reason: decision.refusal.code });
    const hostIds = decision.tasks.map(({ hostId }) => hostId);
    if (job.kind === 'rollback') return retryRollback(ctx, actor, job, hostIds);
    if (job.kind === 'roll-off') return retryRollOff(ctx, actor, job, hostIds);
    return requestInstall(ctx, actor, { releaseId: job.releaseId, hostIds, plan: job.plan }, job.id);
  },
  jobTargets,
);
