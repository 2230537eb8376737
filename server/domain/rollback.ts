import { positionOf, entryOf, type Channel } from './channel.ts';
import { demotedRollback, requiredAcross, rollbackBlocked, type DeployWarning } from './deploy.ts';
import type { Hold } from './holds.ts';
import { knownGood, type HostRelease } from './known-good.ts';
import { refused, type Reason, type Refused } from './reason.ts';
import type { Position } from './versions.ts';
import type { VisibleRelease } from './visibility.ts';

export interface RollbackHost {
  readonly name: string;
  /** Version that the host reports now; null when it reports none. */
  readonly reports: string | null;
  /** Its last task for the product failed. */
  readonly failed: boolean;
  /** What it reports is what it was meant to run. */
  readonly consistent: boolean;
  /** It is live and, where it reports health, not in ERROR. */
  readonly healthy: boolean;
  readonly history: readonly HostRelease[];
}

export interface RollbackRequest {
  readonly channel: Channel;
  /** What a managed client of the channel sees, with the live `required`. */
  readonly visible: readonly VisibleRelease[];
  /** The release that is rolled back. */
  readonly from: string;
  /** The hosts that the person named, in their order. */
  readonly hosts: readonly RollbackHost[];
  readonly includeHealthy: boolean;
  /** The job to be undone is itself a rollback. */
  readonly ofRollback: boolean;
  /** Break-glass was opened for this plan: it passes `required`. */
  readonly brokenGlass: boolean;
}

export type HostRollbackCode = 'already_there' | 'not_affected' | 'no_known_good' | 'rollback_blocked';

export type HostRollback =
  | {
      readonly host: string;
      readonly action: 'install';
      readonly version: string;
      readonly warnings: readonly Reason<DeployWarning>[];
    }
  | { readonly host: string; readonly action: 'skipped' | 'refused'; readonly reason: Reason<HostRollbackCode> };

/** What comes of a rollback that cannot be had, or failed, beside the evidence. Rule: section 9. */
export const STUCK = ['halt_job', 'hold_product', 'open_incident'] as const;

export interface RollbackPlan {
  /** One for each host named, in their order. */
  readonly hosts: readonly HostRollback[];
  /** Empty unless a host has no known-good release. */
  readonly consequences: readonly (typeof STUCK)[number][];
}

/** What a rollback does to each host that was named, never to another one. Rule: section 9 (Rollback). */
export function planRollback(request: RollbackRequest): RollbackPlan | Refused<'rollback_of_rollback' | 'no_hosts'> {
  if (request.ofRollback) {
    return refused(
      'rollback_of_rollback',
      'Rollback refused: a rollback is not rolled back. Install the release you want.',
    );
  }
  if (request.hosts.length === 0)
    return refused('no_hosts', 'Rollback refused: no hosts were named. Name at least one.');
  const hosts = request.hosts.map((host) => planHost(request, host));
  const stuck = hosts.some((host) => host.action === 'refused' && host.reason.code === 'no_known_good');
  return { hosts, consequences: stuck ? STUCK : [] };
}

function planHost(request: RollbackRequest, host: RollbackHost): HostRollback {
  const target = knownGood(request.channel.versioning, host.history, request.from);
  if (target && host.reports === target.version && host.healthy) {
    return outcome(host, 'skipped', alreadyThere(host, target));
  }
  if (!isAffected(host) && !request.includeHealthy) return outcome(host, 'refused', notAffected(host));
  if (!target) return outcome(host, 'refused', noKnownGood(host, request.from));
  const crossed = request.brokenGlass ? [] : requiredUndone(request, host, target);
  if (crossed.length > 0) return outcome(host, 'refused', rollbackBlocked(target.version, crossed).refusal);
  const demoted = entryOf(request.channel, target.version)?.demoted === true;
  const warnings = demoted ? [demotedRollback(target.version)] : [];
  return { host: host.name, action: 'install', version: target.version, warnings };
}

/** Failed, inconsistent or not healthy: whom a rollback covers unless somebody names others. Rule: section 9. */
export function isAffected({
  failed,
  consistent,
  healthy,
}: Pick<RollbackHost, 'failed' | 'consistent' | 'healthy'>): boolean {
  return failed || !consistent || !healthy;
}

/** What the host reports is what a rollback leaves; a host that reports nothing is taken to be on the release that failed. */
function requiredUndone({ channel, visible, from }: RollbackRequest, { reports }: RollbackHost, target: Position) {
  return requiredAcross(channel.versioning, visible, target, positionOf(channel, reports ?? from));
}

function outcome(host: RollbackHost, action: 'skipped' | 'refused', reason: Reason<HostRollbackCode>): HostRollback {
  return { host: host.name, action, reason };
}

function alreadyThere({ name }: RollbackHost, { version }: Position): Reason<HostRollbackCode> {
  return { code: 'already_there', sentence: `${name} runs ${version} already and is healthy: nothing to do.`, version };
}

function notAffected({ name }: RollbackHost): Reason<HostRollbackCode> {
  const sentence = `${name} left out: it is healthy and consistent. Ask with --include-healthy to roll it back too.`;
  return { code: 'not_affected', sentence };
}

function noKnownGood({ name }: RollbackHost, from: string): Reason<HostRollbackCode> {
  const sentence = `${name} stays as it is: beside ${from} no release was good there that still can be had. Choose one by hand.`;
  return { code: 'no_known_good', sentence };
}

/**
 * The holds that a rollback leaves on its hosts: the release that was rolled back, and automatic installs, stay away until a
 * person releases it. Rule: section 9.
 */
export function barsAfterRollback(
  product: string,
  release: Position,
  hosts: readonly string[],
  { owner, liftOnNewer = false }: { readonly owner: string; readonly liftOnNewer?: boolean | undefined },
): Omit<Hold, 'id'>[] {
  const reason = `${release.version} was rolled back`;
  return hosts.map((host) => ({
    scope: { product, host },
    bar: { release, liftOnNewer },
    reason,
    owner,
    from: null,
    until: null,
    releasedAt: null,
    strict: false,
  }));
}
