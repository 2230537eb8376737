import { noteUnhealthy } from '../../../db/queries/history.ts';
import { keepHostsOfJob } from '../../../db/queries/hosts.ts';
import { lockJob } from '../../../db/queries/jobs.ts';
import { holdViews, incidentViews } from '../../../db/queries/steering-views.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Reason } from '../../domain/reason.ts';
import { notInService, type LeftOut } from '../../domain/install-request.ts';
import type { IncidentView } from '../../domain/views.ts';
import { listed } from '../../domain/wording.ts';
import type { Context, Transaction } from '../context.ts';
import { demandOpening, demandPassable, glassRefused, passByGlass } from '../approval/pass-by-glass.ts';
import { escalateIncident } from '../incident/open.ts';
import type { Occasion } from '../log/record.ts';
import { jobTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { contain } from './contain.ts';
import { createRollbackJob } from './create-job.ts';
import { rollbackFacts, type RollbackFacts, type RollbackInput } from './facts.ts';
import { planJobRollback, type PlannedRollback } from './plan.ts';
import { jobsAcross, jobsOf, rollbackPolicy, shownRollback } from './preview.ts';

/**
 * Brings hosts of a job back to what was good on each: one job per release. Hosts without a way back are left as they are,
 * and the rollout is contained. Throws `refused` with the rule's code. Rule: section 9 (Rollback).
 */
export const startRollback = verb(
  'release.rollback',
  (ctx, actor, input: RollbackInput & { reason: string }) => {
    const occasion = { now: ctx.clock.now(), actor: actor.name };
    return transact(ctx, async (tx) => {
      // Two who ask at once: the second sees the rollback of the first.
      await lockJob(tx, input.id);
      await keepHostsOfJob(tx, input.id);
      const glass = input.breakGlass;
      if (glass) await demandOpening(tx, actor, await jobTargets(ctx, input), glass.reason);
      const facts = await rollbackFacts(tx, input, occasion.now);
      const { plan, across } = demandRollback(facts, input);
      const chosen = plan.hosts.filter((host) => host.chosen);
      await noteUnhealthy(
        tx,
        facts.release.id,
        chosen.map(({ facts: { host } }) => host.id),
      );
      const ids: number[] = [];
      for (const { target, hosts } of jobsOf(plan)) {
        const tasks = hosts.map(({ facts: { host }, outcome }) => ({ ...host, skip: outcome === 'skip' }));
        const order = {
          target,
          tasks,
          leftOut: leftOutOf(plan),
          policy: rollbackPolicy(ctx, input.plan),
          reason: input.reason,
          parent: facts.job,
        };
        const id = await createRollbackJob(ctx, tx, occasion, actor, order);
        if (glass && target.releaseId === across) {
          await passByGlass(ctx, tx, occasion, id, { reason: glass.reason, usedAt: occasion.now });
        }
        ids.push(id);
      }
      const stuck = plan.stuck.length > 0 ? await giveUp(ctx, tx, occasion, facts, plan.stuck) : null;
      return { ...shownRollback(ctx, facts, plan, input.plan), started: await jobViews(tx, ids), contained: stuck };
    });
  },
  jobTargets,
);

/** Affected hosts that are out of service: nobody named them, so they do not refuse the rollback, but are told. */
function leftOutOf({ hosts }: PlannedRollback): LeftOut[] {
  const affected = hosts.filter(({ chosen, causes }) => !chosen && causes.length > 0);
  return notInService(affected.map(({ facts: { host } }) => host));
}

/** Throws what refuses the rollback. `across`: the release that only break-glass lets hosts go back to; null: none. */
function demandRollback(facts: RollbackFacts, input: RollbackInput) {
  const plan = planJobRollback(facts, input);
  if (!input.breakGlass) {
    if (plan.refusal) throw new Refusal('refused', plan.refusal.sentence, { reason: plan.refusal.code });
    return { plan, across: null };
  }
  const action = `the rollback of job ${facts.job.id}`;
  const passed = planJobRollback(facts, input, true);
  demandPassable(action, plan.refusal, passed.refusal);
  const [first, ...others] = jobsAcross(plan, passed);
  if (others.length > 0) {
    const why = 'its hosts go back to several releases, each a plan of its own. Name the hosts of one.';
    throw glassRefused(action, 'several_plans', why);
  }
  return { plan: passed, across: first?.target.releaseId ?? null };
}

/** No way back for these: halt, hold, incident with the evidence of the job. */
async function giveUp(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  facts: RollbackFacts,
  hosts: readonly string[],
) {
  const { job, release } = facts;
  const shown = hosts.length <= 5 ? listed(hosts) : `${hosts.slice(0, 5).join(', ')} and ${hosts.length - 5} more`;
  const sentence = `Rollback of ${release.version} (job ${job.id}) found no known-good release for ${shown}.`;
  const cause: Reason = { code: 'no_known_good', sentence, hosts: hosts.slice(0, 100) };
  const incident = await escalateIncident(tx, occasion, job, cause);
  const holds = await contain(ctx, tx, occasion, job, cause);
  return {
    incident: (await incidentViews(tx, [incident]))[0] as IncidentView,
    holds: await holdViews(tx, holds),
  };
}
