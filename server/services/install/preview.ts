import { touchedOn } from '../../../db/queries/approvals.ts';
import { releaseViews } from '../../../db/queries/views.ts';
import { judgeInstall } from '../../domain/install-request.ts';
import { notesOnTheWay } from '../../domain/notes-between.ts';
import { wavePlan } from '../../domain/waves.ts';
import type { ReleaseView } from '../../domain/views.ts';
import { approvalNeeded, approvalOf } from '../approval/needed.ts';
import { holdsOnHosts } from '../hold/on-hosts.ts';
import { verb } from '../verb.ts';
import { pathShown } from './path.ts';
import { closedOnHosts } from '../window/on-hosts.ts';
import { fullPlan, installFacts, type InstallInput } from './facts.ts';

/** What an install would do, per host, before anything is done: the same judgement that its start makes. */
export const previewInstall = verb('job.read', async (ctx, _actor, input: InstallInput) => {
  const facts = await installFacts(ctx.db, input);
  const verdict = judgeInstall(facts.request);
  const verdicts = new Map(verdict.hosts.map((host) => [host.id, host]));
  const plan = fullPlan(ctx, input.plan);
  const waves = wavePlan(facts.request.hosts, plan.waves);
  const held = await holdsOnHosts(
    ctx.db,
    {
      kind: 'install',
      startedBy: 'person',
      productId: facts.product.id,
      releaseId: facts.release.id,
      hostIds: facts.request.hosts.map(({ id }) => id),
    },
    ctx.clock.now(),
  );
  const hostIds = facts.request.hosts.map(({ id }) => id);
  const closed = await closedOnHosts(ctx.db, { kind: 'install', windowOverride: null }, hostIds, ctx.clock.now());
  const touched = await touchedOn(ctx.db, facts.product.id, { hostIds });
  const rule = await approvalNeeded(ctx.db, 'install', touched);
  const hosts = waves.flatMap(({ number, members }) =>
    members.map((host) => ({
      hostId: host.id,
      name: host.name,
      role: host.role,
      wave: number,
      fromVersion: host.deployedVersion,
      outcome: verdicts.get(host.id)?.outcome ?? ('refuse' as const),
      reason: verdicts.get(host.id)?.reason ?? null,
      heldBy: held.get(host.id) ?? null,
      windowClosed: closed.get(host.id) ?? null,
    })),
  );
  const [release] = await releaseViews(ctx.db, [facts.release.id]);
  return {
    release: release as ReleaseView,
    hosts,
    leftOut: facts.leftOut,
    approval: rule && hosts.some(({ outcome }) => outcome === 'install') ? approvalOf(rule) : null,
    waves: waves.map(({ members }) => members.length),
    plan,
    refusal: verdict.refusal,
    passable: verdict.refusal !== null && judgeInstall(facts.request, true).refusal === null,
    path: pathShown(facts.request),
    notes: notesOnTheWay(
      facts.request.hosts.map(({ channel, deployedVersion: from }) => ({ channel, from })),
      facts.release,
    ),
  };
});
