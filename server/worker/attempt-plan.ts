import type { Config } from '../config.ts';
import { releaseFolder, type AttemptPlan } from '../hosts/contract.ts';
import type { TaskOrder } from '../services/task/start.ts';

/**
 * The same for whoever holds the task. With the instant of its job: a database that was made anew or restored counts its
 * tasks from an earlier number, and a host would tell the end of the old attempt for that of the new one.
 */
function attemptId({ task, job }: TaskOrder): string {
  return `t${task.id}-${job.createdAt.toString(36)}`;
}

/** The plan that the host gets. The same task has the same plan whoever holds it; only the fence rises. */
export function attemptPlan(config: Config, order: TaskOrder, fence: number): AttemptPlan {
  return {
    attempt: attemptId(order),
    fence,
    root: order.host.root,
    product: order.productName,
    version: order.release.version,
    digest: order.release.digest,
    size: order.release.size,
    kind: order.job.kind === 'install' ? 'install' : 'rollback',
    onFailure: order.job.plan.onFailure,
    keep: config.keepReleases,
    keepReleases: order.keep ? [releaseFolder(order.keep.version, order.keep.digest)] : [],
    hooks: order.release.hooks,
    stepTimeoutMs: config.stepTimeoutMs,
    unpackLimitBytes: config.unpackLimitBytes,
    logCapBytes: config.logCapBytes,
    environment: {},
  };
}
