import { keepHosts } from '../../../db/queries/hosts.ts';
import { insertJob, insertTasks, type NewJob, type NewTask } from '../../../db/queries/jobs.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { judgeInstall, type HostVerdict, type InstallRequest } from '../../domain/install-request.ts';
import { wavePlan } from '../../domain/waves.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';
import { demandOpening, demandPassable, passByGlass } from '../approval/pass-by-glass.ts';
import { personId, requestApproval, type Requester } from '../approval/request.ts';
import { noteRecovery } from '../incident/open.ts';
import { record, type Occasion } from '../log/record.ts';
import { installTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { fullPlan, installFacts, type InstallFacts, type InstallInput } from './facts.ts';

/** Asks for an install of a downloaded release on hosts. Rules: sections 4 (Deploying) and 10. */
export const startInstall = verb(
  'job.install',
  (ctx, actor, input: InstallInput) => requestInstall(ctx, actor, input, null),
  installTargets,
);

/** The job and its tasks, judged and made in one transaction. `parentJobId`: the job that this one retries. */
export async function requestInstall(
  ctx: Context,
  requester: Requester,
  input: InstallInput,
  parentJobId: number | null,
): Promise<JobView> {
  const now = ctx.clock.now();
  const occasion = { now, actor: requester.name };
  return transact(ctx, async (tx) => {
    const glass = input.breakGlass;
    if (glass) await demandOpening(tx, requester, await installTargets(ctx, input), glass.reason);
    await keepHosts(tx, input.hostIds);
    const facts = await installFacts(tx, input);
    const verdicts = demandInstall(facts.request, glass !== undefined);
    const job = await createJob(ctx, tx, occasion, requester, facts, verdicts, {
      kind: 'install',
      productId: facts.product.id,
      releaseId: facts.release.id,
      status: 'queued',
      plan: fullPlan(ctx, input.plan),
      requestedBy: requester.name,
      requestedById: personId(requester),
      reason: input.reason ?? null,
      parentJobId,
      createdAt: now,
    });
    if (glass) await passByGlass(ctx, tx, occasion, job, { reason: glass.reason, usedAt: now });
    const view = (await jobViews(tx, [job]))[0] as JobView;
    await noteRecovery(tx, occasion, view);
    return view;
  });
}

/** Throws what refuses the install. With break-glass, only what that does not pass. */
function demandInstall(request: InstallRequest, brokenGlass: boolean): readonly HostVerdict[] {
  const { hosts, refusal } = judgeInstall(request);
  if (brokenGlass) {
    const passed = judgeInstall(request, true);
    demandPassable(`the install of ${request.version}`, refusal, passed.refusal);
    return passed.hosts;
  }
  if (refusal) throw new Refusal('refused', refusal.sentence, { reason: refusal.code });
  return hosts;
}

async function createJob(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  requester: Requester,
  facts: InstallFacts,
  verdicts: readonly HostVerdict[],
  values: NewJob,
): Promise<number> {
  const job = await insertJob(tx, values);
  const skipped = new Set(verdicts.filter(({ outcome }) => outcome === 'skip').map(({ id }) => id));
  const ordered = wavePlan(facts.request.hosts, values.plan.waves).flatMap(({ number, members }) =>
    members.map((host) => ({ host, wave: number })),
  );
  const tasks = ordered.map(({ host, wave }, position): NewTask => ({
    hostId: host.id,
    position,
    wave,
    fromVersion: host.deployedVersion,
    ...(skipped.has(host.id) ? skippedTask(facts.release.version, occasion.now) : {}),
  }));
  const ids = await insertTasks(tx, job.id, tasks);
  await record(tx, occasion, 'job.requested', [job.id], { hosts: ids.length });
  await record(tx, occasion, 'task.created', ids);
  const waits = await requestApproval(ctx, tx, occasion, requester, job);
  if (!waits) await ctx.enqueue(tx, 'job.advance', { jobId: job.id });
  return job.id;
}

function skippedTask(version: string, now: number) {
  const problem = { code: 'already_current', sentence: `It already runs ${version}, this very artifact.` };
  return { status: 'skipped' as const, problem, endedAt: now };
}
