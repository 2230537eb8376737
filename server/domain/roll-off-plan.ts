import type { Channel } from './channel.ts';
import type { Hold } from './holds.ts';
import { stopOf, type InstallCode, type InstallHost } from './install-request.ts';
import type { Reason } from './reason.ts';
import { isRecalled, recallsOf, rollOff, type Recall, type StayCode } from './recall.ts';
import { decideRollOff, type RollOffCode } from './roll-off.ts';

/** A recall with what decides who its roll-offs are started by. */
export interface StandingRecall extends Recall {
  readonly id: number;
  /** The evaluation whose stage opened it; null: a person did. */
  readonly evaluationId: number | null;
  readonly rollOffAll: boolean;
  readonly ownEnvironments: readonly string[];
}

/**
 * What becomes of a host. `starts`: a job is made, which a hold or a window may keep waiting. `under_way`: one has it.
 * `proposed`: a person has to start it. `stays`: there is nowhere to go, or it is frozen. `waits`: it goes on by itself.
 * `tried`: it was tried and did not succeed. `refused`: Signalbox cannot install there.
 */
export type RollOffOutcome = 'starts' | 'under_way' | 'proposed' | 'stays' | 'waits' | 'tried' | 'refused';

export type HostRollOffCode =
  StayCode | RollOffCode | InstallCode | 'under_way' | 'blocked_by_job' | 'already_tried' | 'not_downloaded';

/** One host that runs a recalled release. */
export interface RollOffHost extends Omit<InstallHost, 'deployedVersion'> {
  /** What it reports. */
  readonly version: string;
  /** The roll-off that has it already, and where that goes. */
  readonly underWay: { readonly jobId: number; readonly version: string } | null;
  /** Another job at work on it now. */
  readonly busyWith: number | null;
  /** Targets that a roll-off did not bring it to, with the last job that tried. */
  readonly tried: readonly { readonly version: string; readonly jobId: number }[];
  readonly window: { readonly open: boolean; readonly nextOpen: number | null };
  readonly recallWaitsForWindow: boolean;
}

export interface RollOffSurroundings {
  readonly product: string;
  readonly recalls: readonly StandingRecall[];
  readonly holds: readonly Hold[];
  /** Versions whose verified package is on the server. */
  readonly downloaded: ReadonlySet<string>;
  /** Names of the channels, by environment. */
  readonly channelNames: ReadonlyMap<string, string>;
  /** A person asks for it now: what automation only proposes, or has tried, starts. */
  readonly accepted: boolean;
}

export interface HostRollOff {
  readonly outcome: RollOffOutcome;
  /** Null: there is none. */
  readonly target: string | null;
  readonly reason: Reason<HostRollOffCode> | null;
  /** The recall in whose name it goes. */
  readonly cause: StandingRecall;
}

/**
 * In whose name a host is rolled off: a person's recall before a stage's, a stage's own environment before others.
 * Undefined: nothing covers it. Rule: section 9 (several recalls may cover one release).
 */
export function causeOf(covering: readonly StandingRecall[], environment: string): StandingRecall | undefined {
  return (
    covering.find(({ evaluationId }) => evaluationId === null) ??
    covering.find(({ ownEnvironments }) => ownEnvironments.includes(environment)) ??
    covering.find(({ rollOffAll }) => rollOffAll) ??
    covering[0]
  );
}

/** What becomes of one host now; null: no recall covers what it runs. Rule: section 9. */
export function planRollOff(host: RollOffHost, around: RollOffSurroundings, now: number): HostRollOff | null {
  const cause = causeOf(recallsOf(around.recalls, host.version), host.environment);
  if (!cause) return null;
  const stays = (outcome: RollOffOutcome, reason: HostRollOff['reason'], target: string | null = null) => {
    return { outcome, target, reason, cause };
  };
  // One whose own target is recalled by now starts nowhere any more.
  if (host.underWay !== null && !isRecalled(around.recalls, host.underWay.version))
    return stays('under_way', underWay(host.name, host.underWay), host.underWay.version);
  const stop = stopOf(host);
  if (stop) return stays('refused', stop);
  const way = rollOff(host.channel as Channel, around.recalls, host.version, now);
  if (way.action !== 'install') return stays('stays', way.action === 'stay' ? way.reason : null);
  const decision = decideRollOff(factsOf(host, around, cause, way.version), now);
  const refusal = decision.allowed ? null : decision.refusal;
  if (refusal?.code === 'proposed') return stays('proposed', refusal, way.version);
  const wait = waitOf(host, around, way.version);
  if (wait) return stays(wait.code === 'already_tried' ? 'tried' : 'waits', wait, way.version);
  return stays('starts', refusal, way.version);
}

function factsOf(host: RollOffHost, around: RollOffSurroundings, cause: StandingRecall, target: string) {
  const channel = host.channel as Channel;
  const name = around.channelNames.get(host.environment);
  const sequence = channel.entries.find(({ version }) => version === target)?.sequence ?? null;
  const byPerson = around.accepted || cause.evaluationId === null;
  return {
    startedBy: byPerson ? ('person' as const) : ('automation' as const),
    ofOwnStage: cause.ownEnvironments.includes(host.environment),
    rollOffAll: cause.rollOffAll,
    holds: around.holds,
    work: {
      versioning: channel.versioning,
      product: around.product,
      channels: name === undefined ? [] : [name],
      environment: host.environment,
      host: host.name,
      release: { version: target, sequence },
    },
    window: host.window,
    recallWaitsForWindow: host.recallWaitsForWindow,
  };
}

function waitOf(host: RollOffHost, around: RollOffSurroundings, target: string): Reason<HostRollOffCode> | null {
  const { name, busyWith } = host;
  const tried = host.tried.findLast(({ version }) => version === target);
  if (tried && !around.accepted) {
    const sentence = `Job ${tried.jobId} did not bring ${name} to ${target}. Retry that job, or ask for the roll-off again.`;
    return { code: 'already_tried', sentence, job: tried.jobId };
  }
  if (busyWith !== null) {
    return { code: 'blocked_by_job', sentence: `${name} is taken by job ${busyWith} until that ends.`, job: busyWith };
  }
  if (around.downloaded.has(target)) return null;
  const sentence = `The package of ${target} is not on the server yet: the roll-off goes on once it is.`;
  return { code: 'not_downloaded', sentence };
}

function underWay(name: string, { jobId }: { jobId: number }): Reason<HostRollOffCode> {
  return { code: 'under_way', sentence: `Job ${jobId} rolls ${name} off.`, job: jobId };
}
