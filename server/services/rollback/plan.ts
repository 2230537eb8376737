import type { Channel } from '../../domain/channel.ts';
import { newClient } from '../../domain/client.ts';
import type { DeployWarning } from '../../domain/deploy.ts';
import { stopOf } from '../../domain/install-request.ts';
import { refused, type Reason } from '../../domain/reason.ts';
import { isAffected, planRollback, type HostRollback } from '../../domain/rollback.ts';
import { visibleReleases } from '../../domain/visibility.ts';
import { counted, listed } from '../../domain/wording.ts';
import type { HostFacts, RollbackFacts, RollbackInput } from './facts.ts';

export type RollbackCause = 'failed' | 'unreachable' | 'inconsistent' | 'unhealthy';

export interface PlannedHost {
  readonly facts: HostFacts;
  /** Why it is affected; none: it is not. */
  readonly causes: readonly RollbackCause[];
  /** The rollback covers it. */
  readonly chosen: boolean;
  readonly outcome: 'install' | 'skip' | 'refuse';
  /** What it is brought back to; null: nothing. */
  readonly target: { readonly releaseId: number; readonly version: string } | null;
  readonly warnings: readonly Reason<DeployWarning>[];
  readonly reason: Reason | null;
}

export interface PlannedRollback {
  readonly hosts: readonly PlannedHost[];
  /** Why nothing at all happens; null: it goes on. */
  readonly refusal: Reason | null;
  /** Chosen hosts for which there is no way back: nothing is installed there, and the rollout is contained. */
  readonly stuck: readonly string[];
}

/**
 * What a rollback of a job does to each of its hosts, as the rules say; covers the affected ones unless hosts are named.
 * `brokenGlass`: an admin's break-glass passes `required`. Rule: section 9.
 */
export function planJobRollback(facts: RollbackFacts, input: RollbackInput, brokenGlass = false): PlannedRollback {
  if (facts.job.kind === 'rollback') return nothing(ofRollback(facts));
  const outside = (input.hostIds ?? []).filter((id) => !facts.hosts.some(({ host }) => host.id === id));
  if (outside.length > 0) return nothing(notOfJob(facts, outside));
  const plans = plansByHost(facts, input, brokenGlass);
  const hosts = facts.hosts.map((one) => planned(one, input, plans.get(one.rule.name)));
  const chosen = hosts.filter((host) => host.chosen);
  return {
    hosts,
    refusal: chosen.length === 0 ? nothingAffected(facts) : firstRefusal(facts, chosen),
    stuck: chosen.filter(isStuck).map(({ facts: { host } }) => host.name),
  };
}

/** One plan for each channel that hosts of the job follow. */
function plansByHost(facts: RollbackFacts, input: RollbackInput, brokenGlass: boolean): Map<string, HostRollback> {
  const plans = new Map<string, HostRollback>();
  for (const [channel, hosts] of Map.groupBy(facts.hosts, ({ host }) => host.channel)) {
    if (!channel) continue;
    const plan = planRollback({
      channel,
      visible: visibleTo(channel, facts, hosts),
      from: facts.release.version,
      hosts: hosts.map(({ rule }) => rule),
      includeHealthy: input.includeHealthy ?? false,
      ofRollback: false,
      brokenGlass,
    });
    if ('hosts' in plan) for (const host of plan.hosts) plans.set(host.host, host);
  }
  return plans;
}

/** What hosts run is visible to them, listed or not: a required release that a rollback would undo is among it. */
function visibleTo(channel: Channel, { downloaded, release }: RollbackFacts, hosts: readonly HostFacts[]) {
  const running = hosts.flatMap(({ rule }) => rule.reports ?? []);
  const client = { ...newClient({ method: 'managed' }), downloaded: [...downloaded, ...running, release.version] };
  return visibleReleases(channel, client);
}

function planned(facts: HostFacts, input: RollbackInput, plan: HostRollback | undefined): PlannedHost {
  const stop = stopOf(facts.host) ?? alreadyRollingBack(facts);
  const causes = causesOf(facts);
  const named = input.hostIds?.includes(facts.host.id);
  const covered = causes.length > 0 || (input.includeHealthy === true && wasTouched(facts));
  const base = { facts, causes, chosen: named ?? (covered && stop === null), warnings: [] };
  if (stop || !plan) return { ...base, outcome: 'refuse', target: null, reason: stop };
  if (plan.action === 'install') {
    return {
      ...base,
      outcome: 'install',
      target: targetOf(facts, plan.version),
      warnings: plan.warnings,
      reason: null,
    };
  }
  const skipped = plan.action === 'skipped';
  const target = skipped && facts.rule.reports !== null ? targetOf(facts, facts.rule.reports) : null;
  return { ...base, outcome: skipped ? 'skip' : 'refuse', target, reason: plan.reason };
}

function targetOf({ releaseIds }: HostFacts, version: string): PlannedHost['target'] {
  const releaseId = releaseIds.get(version);
  return releaseId === undefined ? null : { releaseId, version };
}

/** The job has not come to it, or took nothing further than before `activate`: nothing of it is to be undone there. */
function wasTouched({ status, rule }: HostFacts): boolean {
  if (status === 'cancelled') return !rule.consistent;
  return status !== 'pending' && status !== 'not_started';
}

function causesOf(facts: HostFacts): RollbackCause[] {
  const { rule, liveness } = facts;
  if (!isAffected(rule) || !wasTouched(facts)) return [];
  return [
    ...(rule.failed ? ['failed' as const] : []),
    ...(liveness === 'unreachable' ? ['unreachable' as const] : []),
    ...(rule.consistent ? [] : ['inconsistent' as const]),
    ...(rule.healthy || liveness === 'unreachable' ? [] : ['unhealthy' as const]),
  ];
}

function alreadyRollingBack({ host, rollingBack }: HostFacts): Reason | null {
  if (rollingBack === null) return null;
  const sentence = `${host.name} is rolled back by job ${rollingBack} already. Wait for its end, or cancel it.`;
  return { code: 'rolling_back', sentence, job: rollingBack };
}

function isStuck({ reason }: PlannedHost): boolean {
  return reason?.code === 'no_known_good';
}

/** One refused host refuses the request, so that nobody believes a host was covered that was not; no way back is no refusal. */
function firstRefusal({ job }: RollbackFacts, chosen: readonly PlannedHost[]): Reason | null {
  const refusals = chosen.filter((host) => host.outcome === 'refuse' && !isStuck(host));
  const first = refusals[0]?.reason;
  if (!first) return null;
  const names = refusals.map(({ facts }) => facts.host.name);
  const which = names.length <= 4 ? listed(names) : counted(names.length, 'host');
  return refused(first.code, `Rollback of job ${job.id} refused on ${which}: ${first.sentence}`, { hosts: names })
    .refusal;
}

function nothing(refusal: Reason): PlannedRollback {
  return { hosts: [], refusal, stuck: [] };
}

function ofRollback({ job, release }: RollbackFacts): Reason {
  const sentence = `Rollback of job ${job.id} refused: it is a rollback itself (to ${release.version}), and a rollback is not rolled back. Install the release you want.`;
  return { code: 'rollback_of_rollback', sentence };
}

function notOfJob({ job }: RollbackFacts, ids: readonly number[]): Reason {
  const named = ids.slice(0, 5).join(', ');
  const sentence = `Rollback of job ${job.id} refused: host ${named} is not part of it. Name hosts of this job.`;
  return { code: 'not_in_job', sentence };
}

function nothingAffected({ job, hosts }: RollbackFacts): Reason {
  const rolling = hosts.find(({ rollingBack }) => rollingBack !== null)?.rollingBack;
  if (rolling !== undefined) {
    const sentence = `Rollback of job ${job.id} refused: job ${rolling} rolls its affected hosts back already.`;
    return { code: 'rolling_back', sentence };
  }
  const sentence = `Rollback of job ${job.id} refused: none of its hosts failed, is inconsistent, unhealthy or unreachable. Name hosts, and ask with --include-healthy.`;
  return { code: 'nothing_affected', sentence };
}
