import type { Config } from '../config.ts';
import { releaseFolder, type AttemptPlan } from '../hosts/contract.ts';
import type { TaskOrder } from '../services/task/start.ts';

/** The plan that the host gets. The same task has the same plan whoever holds it; only the fence rises. */
export function attemptPlan(config: Config, order: TaskOrder, fence: number): AttemptPlan {
  return {
    attempt: `t${order.task.id}`,
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
