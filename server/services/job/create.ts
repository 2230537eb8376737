import { noteAttempts } from '../../../db/queries/automatic.ts';
import { insertJob, insertTasks, type NewJob, type NewTask } from '../../../db/queries/jobs.ts';
import type { InstallHost } from '../../domain/install-request.ts';
import { wavePlan } from '../../domain/waves.ts';
import type { Context, Transaction } from '../context.ts';
import { personId, requestApproval, type Requester } from '../approval/request.ts';
import { record, type Occasion } from '../log/record.ts';
import { signalboxActor } from '../verb.ts';

export interface JobHosts {
  /** In the order in which waves take them. */
  readonly hosts: readonly Pick<InstallHost, 'id' | 'role' | 'deployedVersion'>[];
  /** Those that run the very artifact: their tasks are over at once. */
  readonly skipped: ReadonlySet<number>;
  /** Version of the release. */
  readonly version: string;
}

/** An install or roll-off with its tasks, in waves; it asks for approval where a rule wants it. Answers with its id. */
export async function createJob(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  requester: Requester,
  { hosts, skipped, version }: JobHosts,
  values: NewJob,
  detail: Record<string, unknown> = {},
): Promise<number> {
  const job = await insertJob(tx, { ...values, requestedById: personId(requester) });
  const ordered = wavePlan(hosts, values.plan.waves).flatMap(({ number, members }) =>
    members.map((host) => ({ host, wave: number })),
  );
  const tasks = ordered.map(({ host, wave }, position): NewTask => ({
    hostId: host.id,
    position,
    wave,
    fromVersion: host.deployedVersion,
    ...(skipped.has(host.id) ? skippedTask(version, occasion.now) : {}),
  }));
  const ids = await insertTasks(tx, job.id, tasks);
  const tried = tasks.filter(({ status }) => status !== 'skipped').map(({ hostId }) => hostId);
  const by = isAutomation(requester) ? 'automation' : 'person';
  await noteAttempts(tx, job, tried, by, occasion.now);
  await record(tx, occasion, 'job.requested', [job.id], { hosts: ids.length, ...detail });
  await record(tx, occasion, 'task.created', ids);
  const waits = await requestApproval(ctx, tx, occasion, requester, job);
  if (!waits) await ctx.enqueue(tx, 'job.advance', { jobId: job.id });
  return job.id;
}

/** Signalbox itself; a person may be called so too. */
function isAutomation({ kind, name }: Requester): boolean {
  return kind === 'system' && name === signalboxActor.name;
}

function skippedTask(version: string, now: number) {
  const problem = { code: 'already_current', sentence: `It already runs ${version}, this very artifact.` };
  return { status: 'skipped' as const, problem, endedAt: now };
}
