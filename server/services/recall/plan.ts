import { notInService } from '../../domain/install-request.ts';
import { wouldCover, type RecallRequest } from '../../domain/recall-request.ts';
import { planRollOff, type HostRollOff } from '../../domain/roll-off-plan.ts';
import { wavePlan } from '../../domain/waves.ts';
import type { JobPlan } from '../../domain/views.ts';
import type { RecalledHost, RecallFacts } from './facts.ts';

/** What becomes of one host, with the release that it goes to. */
export interface PlannedRollOff extends Omit<HostRollOff, 'target'> {
  readonly facts: RecalledHost;
  readonly target: { readonly releaseId: number; readonly version: string } | null;
}

/** What becomes of every host that runs a recalled release, by name. `accepted`: a person asks for it now. */
export function planRollOffs(facts: RecallFacts, now: number, accepted = false): PlannedRollOff[] {
  const releaseIds = new Map(facts.catalog.map(({ id, version }) => [version, id]));
  return facts.hosts.flatMap((host) => {
    const planned = planRollOff(host.rule, { ...facts.around, accepted }, now);
    if (!planned) return [];
    const releaseId = planned.target === null ? undefined : releaseIds.get(planned.target);
    const target = releaseId === undefined ? null : { releaseId, version: planned.target! };
    return [{ ...planned, facts: host, target }];
  });
}

/**
 * The jobs that start: one for each recall and release that hosts go to, so that waves and budget guard all of them. An
 * environment that a hold or a window keeps waiting has its own, and keeps nobody else. Each says which hosts its recall
 * should cover and does not, since they are out of service.
 */
export function jobsOf(plans: readonly PlannedRollOff[]) {
  const starting = plans.filter(({ outcome, target }) => outcome === 'starts' && target !== null);
  const groups = Map.groupBy(starting, ({ cause, target, reason, facts }) =>
    [cause.id, target!.releaseId, reason === null ? '' : facts.environmentId].join(' '),
  );
  return [...groups.values()].map((group) => ({
    recallId: group[0]!.cause.id,
    target: group[0]!.target!,
    hosts: group.map(({ facts }) => facts.host),
    leftOut: notInService(
      plans.filter(({ cause }) => cause.id === group[0]!.cause.id).map(({ facts: { host } }) => host),
    ),
  }));
}

/** A plan as every surface shows it. */
export function shownHosts(plans: readonly PlannedRollOff[]) {
  return plans.map(({ facts: { host, environmentId, rule }, outcome, target, reason, cause }) => ({
    hostId: host.id,
    name: host.name,
    role: host.role,
    environmentId,
    environment: host.environment,
    version: rule.version,
    outcome,
    target,
    reason,
    recallId: cause.id,
    jobId: rule.underWay?.jobId ?? null,
  }));
}

export function shownJobs(plans: readonly PlannedRollOff[], { waves }: JobPlan) {
  return jobsOf(plans).map(({ target, hosts }) => ({
    ...target,
    hosts: hosts.length,
    waves: wavePlan(hosts, waves).map(({ members }) => members.length),
  }));
}

/** The releases of the catalog that a recall covers, or would, with how many hosts run each; oldest first. */
export function coveredReleases({ catalog }: RecallFacts, request: RecallRequest, plans: readonly PlannedRollOff[]) {
  const covered = new Set(
    wouldCover(
      request,
      catalog.map(({ version }) => version),
    ),
  );
  const running = Map.groupBy(plans, ({ facts }) => facts.rule.version);
  return catalog
    .filter(({ version }) => covered.has(version))
    .map(({ id, version, channels }) => ({
      releaseId: id,
      version,
      channels,
      hosts: running.get(version)?.length ?? 0,
    }));
}
