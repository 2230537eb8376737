import { setIntent } from '../../../db/queries/hosts.ts';
import { insertJob, insertTasks, type NewTask } from '../../../db/queries/jobs.ts';
import { jobViews } from '../../../db/queries/views.ts';
import type { InstallHost, LeftOut } from '../../domain/install-request.ts';
import { wavePlan } from '../../domain/waves.ts';
import type { JobPlan, JobView } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';
import { personId, requestApproval, type Requester } from '../approval/request.ts';
import { noteRecovery } from '../incident/open.ts';
import { record, type Occasion } from '../log/record.ts';
import { barHosts } from './bar.ts';

export interface RollbackOrder {
  readonly target: { readonly releaseId: number; readonly version: string };
  /** `skip`: it runs the target already. */
  readonly tasks: readonly (Pick<InstallHost, 'id' | 'role' | 'deployedVersion'> & { readonly skip: boolean })[];
  /** Hosts that it should cover and does not. */
  readonly leftOut: readonly LeftOut[];
  readonly policy: JobPlan;
  readonly reason: string | null;
  /** The job that is rolled back, or the rollback that is tried again. */
  readonly parent: { readonly id: number; readonly productId: number };
}

/** One rollback job with its tasks, linked to its parent. What needs no work is barred and settled at once. */
export async function createRollbackJob(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  requester: Requester,
  { target, tasks, leftOut, policy, reason, parent }: RollbackOrder,
): Promise<number> {
  const { now, actor } = occasion;
  const job = await insertJob(tx, {
    kind: 'rollback',
    productId: parent.productId,
    releaseId: target.releaseId,
    status: 'queued',
    plan: policy,
    requestedBy: actor,
    requestedById: personId(requester),
    reason,
    parentJobId: parent.id,
    leftOut: [...leftOut],
    createdAt: now,
  });
  const ordered = wavePlan(tasks, policy.waves).flatMap(({ number, members }) =>
    members.map((host) => ({ host, wave: number })),
  );
  const rows = ordered.map(({ host, wave }, position): NewTask => ({
    hostId: host.id,
    position,
    wave,
    fromVersion: host.deployedVersion,
    ...(host.skip ? settled(target.version, now) : {}),
  }));
  const ids = await insertTasks(tx, job.id, rows);
  await record(tx, occasion, 'job.requested', [job.id], { hosts: ids.length, rollbackOf: parent.id });
  await record(tx, occasion, 'task.created', ids);
  await settle(
    tx,
    occasion,
    job,
    tasks.filter(({ skip }) => skip).map(({ id }) => id),
  );
  await noteRecovery(tx, occasion, (await jobViews(tx, [job.id]))[0] as JobView);
  const waits = await requestApproval(ctx, tx, occasion, requester, job);
  if (!waits) await ctx.enqueue(tx, 'job.advance', { jobId: job.id });
  return job.id;
}

/** They run the target: from now on that is what they are meant to run, and what was rolled back stays away. */
async function settle(
  tx: Transaction,
  occasion: Occasion,
  job: { id: number; productId: number; releaseId: number; requestedBy: string },
  hostIds: readonly number[],
): Promise<void> {
  for (const hostId of hostIds) await setIntent(tx, hostId, job.productId, job.releaseId);
  await barHosts(tx, occasion, job, hostIds);
}

function settled(version: string, now: number) {
  const problem = { code: 'already_there', sentence: `It runs ${version} already and is healthy: nothing to do.` };
  return { status: 'skipped' as const, problem, endedAt: now };
}
