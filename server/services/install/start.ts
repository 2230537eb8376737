import { keepHosts } from '../../../db/queries/hosts.ts';
import type { NewJob } from '../../../db/queries/jobs.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { judgeInstall, type HostVerdict, type InstallRequest, type LeftOut } from '../../domain/install-request.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';
import { demandOpening, demandPassable, passByGlass } from '../approval/pass-by-glass.ts';
import type { Requester } from '../approval/request.ts';
import { noteRecovery } from '../incident/open.ts';
import { createJob, type JobHosts } from '../job/create.ts';
import type { Occasion } from '../log/record.ts';
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
  /** Of the job that is retried: left out before. */
  leftOut: readonly LeftOut[] = [],
): Promise<JobView> {
  return transact(ctx, (tx) => requestInstallIn(ctx, tx, requester, input, parentJobId, leftOut));
}

/** The same within a transaction that asks for more than this. */
export async function requestInstallIn(
  ctx: Context,
  tx: Transaction,
  requester: Requester,
  input: InstallInput,
  parentJobId: number | null,
  leftOut: readonly LeftOut[] = [],
): Promise<JobView> {
  const now = ctx.clock.now();
  const occasion = { now, actor: requester.name };
  const glass = input.breakGlass;
  if (glass) await demandOpening(tx, requester, await installTargets(ctx, input), glass.reason);
  await keepHosts(tx, input.hostIds);
  const facts = await installFacts(tx, input);
  const verdicts = demandInstall(facts.request, glass !== undefined);
  const values = { ...newInstall(ctx, occasion, facts, input, leftOut), parentJobId };
  const job = await createJob(ctx, tx, occasion, requester, hostsOf(facts, verdicts), values);
  if (glass) await passByGlass(ctx, tx, occasion, job, { reason: glass.reason, usedAt: now });
  const view = (await jobViews(tx, [job]))[0] as JobView;
  await noteRecovery(tx, occasion, view);
  return view;
}

/** The hosts of an install as its job takes them. */
export function hostsOf(facts: InstallFacts, verdicts: readonly HostVerdict[]): JobHosts {
  const skipped = new Set(verdicts.filter(({ outcome }) => outcome === 'skip').map(({ id }) => id));
  return { hosts: facts.request.hosts, skipped, version: facts.release.version };
}

/** Throws what refuses the install. With break-glass, only what that does not pass. */
export function demandInstall(request: InstallRequest, brokenGlass: boolean): readonly HostVerdict[] {
  const { hosts, refusal } = judgeInstall(request);
  if (brokenGlass) {
    const passed = judgeInstall(request, true);
    demandPassable(`the install of ${request.version}`, refusal, passed.refusal);
    return passed.hosts;
  }
  if (refusal) throw new Refusal('refused', refusal.sentence, { reason: refusal.code });
  return hosts;
}

/** The row of an install that somebody asks for. `leftOut`: before its own facts were read. */
export function newInstall(
  ctx: Context,
  { now, actor }: Occasion,
  facts: InstallFacts,
  input: InstallInput,
  leftOut: readonly LeftOut[] = [],
): NewJob {
  return {
    kind: 'install',
    productId: facts.product.id,
    releaseId: facts.release.id,
    status: 'queued',
    plan: fullPlan(ctx, input.plan),
    requestedBy: actor,
    reason: input.reason ?? null,
    leftOut: [...leftOut, ...facts.leftOut],
    windowOverride: input.override?.reason ?? null,
    createdAt: now,
  };
}
