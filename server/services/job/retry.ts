import { findJob, rolloutRows } from '../../../db/queries/jobs.ts';
import { Refusal } from '../../contracts/errors.ts';
import { hookLost, judgeRetry } from '../../domain/job-outcome.ts';
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
  /** Hosts on which a hook was lost are covered too: it is run again there. */
  rerunHook?: boolean | undefined;
}

/**
 * A new job for the hosts that did not get there; never a host more than its parent had. What it leaves out (hosts out of
 * service, a hook that was lost) it says. Rule: section 10 (Retry).
 */
export const retryJob = verb(
  'job.retry',
  async (ctx, actor, input: RetryInput) => {
    const job = await findJob(ctx.db, input.id);
    if (!job) throw noSuchJob('Retry', input.id);
    if (job.kind === 'download') return requestDownload.run(ctx, actor, { id: job.releaseId });
    const rows = await rolloutRows(ctx.db, job.id);
    const tasks = rows.map(({ hostName, hostId, status, problemCode }) => ({
      host: hostName,
      hostId,
      status,
      lost: status === 'failed' && problemCode === 'lost',
    }));
    const wanted: readonly TaskStatus[] | undefined = input.statuses;
    const hosts = wanted && tasks.filter(({ status }) => wanted.includes(status)).map(({ host }) => host);
    const ask = { cancelled: wanted?.includes('cancelled'), hosts, rerunHook: input.rerunHook };
    const decision = judgeRetry({ status: job.status, tasks }, ask);
    if (!decision.allowed) throw new Refusal('refused', decision.refusal.sentence, { reason: decision.refusal.code });
    const hostIds = decision.tasks.map(({ hostId }) => hostId);
    const lost = decision.lost.map(({ host }) => ({ host, code: 'hook_lost' as const, sentence: hookLost(host) }));
    if (job.kind === 'rollback') return retryRollback(ctx, actor, job, hostIds, lost);
    if (job.kind === 'roll-off') return retryRollOff(ctx, actor, job, hostIds, lost);
    const request = { releaseId: job.releaseId, hostIds, plan: job.plan, leaveOut: true };
    return requestInstall(ctx, actor, request, job.id, lost);
  },
  jobTargets,
);
