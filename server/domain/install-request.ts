import { obstaclesLeft } from './break-glass.ts';
import type { Channel } from './channel.ts';
import { newClient } from './client.ts';
import { decideDeploy, type DeployCode } from './deploy.ts';
import { judgeJobScope } from './job-outcome.ts';
import { refused, type Reason } from './reason.ts';
import type { HostRole } from './waves.ts';
import { counted, listed } from './wording.ts';

export type InstallCode = DeployCode | 'not_subscribed' | 'in_maintenance' | 'retired' | 'not_managed';

/** One host that somebody wants a release on. */
export interface InstallHost {
  readonly id: number;
  readonly name: string;
  readonly role: HostRole;
  readonly environment: string;
  readonly life: 'active' | 'maintenance' | 'retired';
  readonly installerMethod: string;
  /** The channel that its environment follows for the product; null: it follows none. */
  readonly channel: Channel | null;
  /** What the host reports for the product; null: nothing. */
  readonly deployedVersion: string | null;
  /** It runs that very artifact and answers. */
  readonly alreadyThere: boolean;
}

/**
 * Whether a host needs nothing: it reports that very artifact, answers, and its last task left nothing half done. What a
 * host that is silent once reported is no ground to skip it. Rule: section 10 (`skipped`).
 */
export function runsArtifact(host: {
  readonly reported: boolean;
  readonly live: boolean;
  readonly lastTaskWentBad: boolean;
}): boolean {
  return host.reported && host.live && !host.lastTaskWentBad;
}

export interface InstallRequest {
  readonly version: string;
  /** Versions of the product whose verified package is on the server. */
  readonly downloaded: readonly string[];
  readonly hosts: readonly InstallHost[];
}

/** A host that a job was asked for and does not cover, with why. */
export interface LeftOut {
  readonly host: string;
  readonly code: 'in_maintenance' | 'retired' | 'hook_lost';
  readonly sentence: string;
}

/**
 * Hosts that are not in service stay out of a job that was asked for more than single hosts, and the job says so. Where
 * none would be left, none is left out: the request is refused with the reason. Rule: section 1 (host life).
 */
export function leaveOutOfService<Host extends Pick<InstallHost, 'name' | 'life'>>(
  hosts: readonly Host[],
): { readonly kept: readonly Host[]; readonly leftOut: LeftOut[] } {
  const kept = hosts.filter(({ life }) => life === 'active');
  return kept.length === 0 ? { kept: hosts, leftOut: [] } : { kept, leftOut: notInService(hosts) };
}

/** Those that are not in service, as a job that should cover them says it. Rule: section 1 (host life). */
export function notInService(hosts: readonly Pick<InstallHost, 'name' | 'life'>[]): LeftOut[] {
  return hosts.flatMap(({ name, life }): LeftOut[] => {
    const code = OUT_OF_SERVICE[life];
    return code ? [{ host: name, code, sentence: outOfService(name, code) }] : [];
  });
}

const OUT_OF_SERVICE = { active: null, maintenance: 'in_maintenance', retired: 'retired' } as const satisfies Record<
  InstallHost['life'],
  LeftOut['code'] | null
>;

function outOfService(name: string, code: 'in_maintenance' | 'retired'): string {
  return code === 'retired' ? `${name} is retired.` : `${name} is in maintenance.`;
}

export interface HostVerdict {
  readonly id: number;
  /** `skip`: it runs that very artifact. */
  readonly outcome: 'install' | 'skip' | 'refuse';
  readonly reason: Reason<InstallCode> | null;
}

/**
 * Whether a release may be installed on each of these hosts, and the whole request with them: one refused host refuses
 * the request, so that nobody believes a host was covered that was not. `brokenGlass`: an admin's break-glass passes
 * `required`. Rules: sections 4 (Deploying, `managed`), 10 and 11.
 */
export function judgeInstall(
  request: InstallRequest,
  brokenGlass = false,
): {
  hosts: HostVerdict[];
  refusal: Reason<InstallCode | 'no_hosts'> | null;
} {
  const scope = judgeJobScope(request.hosts);
  const deploy = rememberedDeploy(request, brokenGlass);
  const hosts = request.hosts.map((host): HostVerdict => {
    const reason = stopOf(host) ?? deploy(host);
    if (reason) return { id: host.id, outcome: 'refuse', reason };
    return { id: host.id, outcome: host.alreadyThere ? 'skip' : 'install', reason: null };
  });
  if (!scope.allowed) return { hosts, refusal: scope.refusal };
  return { hosts, refusal: summary(request, hosts) };
}

/** What stops an install on this host whatever the release; null: nothing does. Surfaces show it before anybody chooses. */
export function stopOf(
  host: Pick<InstallHost, 'name' | 'environment' | 'life' | 'installerMethod'> & { readonly channel: unknown },
): Reason<InstallCode> | null {
  if (host.life === 'retired') return { code: 'retired', sentence: outOfService(host.name, 'retired') };
  if (host.life === 'maintenance') {
    return {
      code: 'in_maintenance',
      sentence: `${outOfService(host.name, 'in_maintenance')} Leave it out, or end its maintenance.`,
    };
  }
  if (host.installerMethod !== 'managed') {
    const sentence = `${host.environment} installs by ${host.installerMethod}: Signalbox installs on managed environments only.`;
    return { code: 'not_managed', sentence };
  }
  if (host.channel) return null;
  const sentence = `${host.environment} follows no channel of this product. Subscribe it in its fleet file.`;
  return { code: 'not_subscribed', sentence };
}

const unplaced = { sequence: null, failed: false, required: false } as const;

/** Hosts of one channel that run the same version get the same answer: it is worked out once. */
function rememberedDeploy({ version, downloaded }: InstallRequest, brokenGlass: boolean) {
  const known = new Map<Channel, Map<string | null, Reason<DeployCode> | null>>();
  return ({ channel, deployedVersion }: InstallHost): Reason<DeployCode> | null => {
    if (!channel) return null;
    const answers = known.get(channel) ?? new Map<string | null, Reason<DeployCode> | null>();
    known.set(channel, answers);
    const answer = answers.get(deployedVersion);
    if (answer !== undefined) return answer;
    // Where it stands on the channel, and whether it is required, is read live. Rule: section 4 (`managed`).
    const deployed = deployedVersion === null ? null : { version: deployedVersion, ...unplaced };
    const decision = decideDeploy(channel, { ...newClient({ method: 'managed' }), downloaded, deployed }, version);
    const obstacles = decision.allowed ? [] : [decision.refusal];
    const refusal = (brokenGlass ? obstaclesLeft(obstacles) : obstacles)[0] ?? null;
    answers.set(deployedVersion, refusal);
    return refusal;
  };
}

function summary({ version, hosts }: InstallRequest, verdicts: readonly HostVerdict[]): Reason<InstallCode> | null {
  const refusals = verdicts.filter(({ reason }) => reason !== null);
  const first = refusals[0]?.reason;
  if (!first) return null;
  const names = refusals.map(({ id }) => hosts.find((host) => host.id === id)?.name ?? String(id));
  const which = names.length === hosts.length ? 'every chosen host' : shortened(names);
  return refused(first.code, `Install of ${version} refused on ${which}: ${first.sentence}`, { hosts: names }).refusal;
}

function shortened(names: readonly string[]): string {
  return names.length <= 4 ? listed(names) : `${counted(names.length, 'host')} (${names.slice(0, 3).join(', ')} …)`;
}
