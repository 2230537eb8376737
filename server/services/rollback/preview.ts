import { wavePlan } from '../../domain/waves.ts';
import { verb } from '../verb.ts';
import { fullPlan } from '../install/facts.ts';
import type { Context } from '../context.ts';
import type { JobPlan } from '../../domain/views.ts';
import { rollbackFacts, type RollbackFacts, type RollbackInput } from './facts.ts';
import { planJobRollback, type PlannedHost, type PlannedRollback } from './plan.ts';

/** What a rollback of a job would do, per host, before anything is done: the same judgement that its start makes. */
export const previewRollback = verb('job.read', async (ctx, _actor, input: RollbackInput) => {
  const facts = await rollbackFacts(ctx.db, input, ctx.clock.now());
  const plan = planJobRollback(facts, input);
  const passed = planJobRollback(facts, input, true);
  const passable = plan.refusal !== null && passed.refusal === null && jobsAcross(plan, passed).length === 1;
  return { ...shownRollback(ctx, facts, plan, input.plan), passable };
});

/** A rollback plan as every surface shows it. */
export function shownRollback(ctx: Context, facts: RollbackFacts, plan: PlannedRollback, asked?: Partial<JobPlan>) {
  const { waves } = rollbackPolicy(ctx, asked);
  return {
    jobId: facts.job.id,
    from: { releaseId: facts.release.id, version: facts.release.version },
    hosts: plan.hosts.map(shownHost),
    jobs: jobsOf(plan).map(({ target, hosts }) => ({
      ...target,
      hosts: hosts.length,
      waves: wavePlan(
        hosts.map(({ facts: { host } }) => host),
        waves,
      ).map(({ members }) => members.length),
    })),
    stuck: [...plan.stuck],
    refusal: plan.refusal,
    passable: false,
  };
}

function shownHost({ facts, causes, chosen, outcome, target, warnings, reason }: PlannedHost) {
  return {
    hostId: facts.host.id,
    name: facts.host.name,
    role: facts.host.role,
    reports: facts.rule.reports,
    liveness: facts.liveness,
    causes: [...causes],
    chosen,
    outcome,
    target,
    /** Nothing has to be sent: the host has the release still. */
    onHost: target !== null && facts.onHost.includes(target.version),
    warnings: [...warnings],
    reason,
  };
}

/** One job per release that hosts are brought back to. */
export function jobsOf({ hosts }: PlannedRollback) {
  const covered = hosts.filter((host) => host.chosen && host.target !== null);
  return [...Map.groupBy(covered, ({ target }) => target!.releaseId).values()].map((group) => ({
    target: group[0]!.target!,
    hosts: group,
  }));
}

/** The jobs of `passed` that only break-glass lets start; the others need none, and get none. Rule: section 11 (Break-glass). */
export function jobsAcross(plain: PlannedRollback, passed: PlannedRollback) {
  const refused = plain.hosts.filter(({ outcome }) => outcome === 'refuse').map(({ facts }) => facts.host.id);
  return jobsOf(passed).filter(({ hosts }) => hosts.some(({ facts }) => refused.includes(facts.host.id)));
}

/** As any job, but a host on which the rollback fails is left as it is: restoring would bring back what it is rolled back from. */
export function rollbackPolicy(ctx: Context, asked: Partial<JobPlan> = {}): JobPlan {
  return fullPlan(ctx, { onFailure: 'leave', ...asked });
}
