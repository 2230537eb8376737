import { headOf, type Channel, type ChannelEntry } from './channel.ts';
import type { Client } from './client.ts';
import { decideDeploy, type DeployCode } from './deploy.ts';
import { decideHolds, type Hold } from './holds.ts';
import type { Fact, Reason } from './reason.ts';
import { forwardTarget } from './recall.ts';
import { isNewer } from './versions.ts';
import { environmentClosed } from './windows.ts';
import { instantText } from './wording.ts';

export type AutomaticCode =
  | 'policy_manual'
  | 'host_not_active'
  | 'no_active_release'
  | 'up_to_date'
  | 'never_older'
  | 'already_tried'
  | 'held'
  | 'window_closed'
  | 'pinned_by_canary'
  | 'approval_pending'
  | 'blocked_by_job'
  | 'pipeline_paused'
  | DeployCode;

/** What automation knows about one host and one product. Instants in epoch milliseconds. */
export interface AutomaticFacts {
  readonly updatePolicy: 'manual' | 'auto';
  readonly product: string;
  readonly channelName: string;
  /** With the mark of every active recall (`withRecalls`). */
  readonly channel: Channel;
  readonly environment: string;
  readonly host: { readonly name: string; readonly life: 'active' | 'maintenance' | 'retired' };
  /** The host as a managed client: what it reports, what is downloaded. */
  readonly client: Client;
  readonly holds: readonly Hold[];
  /** The environment's windows now; `nextOpen` is null while open, and when no window will open. */
  readonly window: { readonly open: boolean; readonly nextOpen: number | null };
  /** Set while a canary stage pins what the host runs (section 7, Pin). */
  readonly pin: { readonly release: string; readonly stage: string } | null;
  /** What automation tried on this host, and what a person retried there. */
  readonly attempts: readonly { readonly version: string; readonly at: number; readonly by: 'automation' | 'person' }[];
  /** Milliseconds after which automation may try the same release again; null: never by itself. */
  readonly backOffMs: number | null;
  /** Whether a plan for the target could start: a policy asks for approval and it has not been given. */
  readonly approvalMissing: boolean;
  /** The job that has the host now. */
  readonly busyWith: string | null;
}

/** `target`: where automation would go. It goes there when there is no reason against it. */
export interface AutomaticChoice {
  readonly target: string | null;
  readonly reasons: readonly Reason<AutomaticCode>[];
}

/**
 * What automation installs on a host now, or every reason why it does not move. Never an older release, never past a
 * required one, at most one try. Rule: section 7 (Automatic installs).
 */
export function chooseAutomaticInstall(facts: AutomaticFacts, now: number): AutomaticChoice {
  if (facts.updatePolicy !== 'auto') {
    return stay('policy_manual', `${facts.environment} is updated by hand: its update policy is manual.`);
  }
  const head = headOf(facts.channel, facts.channelName);
  if (!('head' in head)) return { target: null, reasons: [head.refusal] };
  const target = newerTarget(facts, head.head);
  if ('reasons' in target) return target;
  const objections = OBJECTIONS.map((object) => object(facts, target, now));
  return { target: target.version, reasons: objections.filter((reason) => reason !== null) };
}

function newerTarget({ channel, client, host }: AutomaticFacts, head: ChannelEntry): ChannelEntry | AutomaticChoice {
  const { deployed } = client;
  if (head.version === deployed?.version) {
    return stay('up_to_date', `${host.name} runs ${head.version}, the newest active release.`);
  }
  const target = isNewer(channel.versioning, head, deployed) ? forwardTarget(channel, deployed) : null;
  if (target) return target;
  const sentence = `${host.name} runs ${deployed?.version}, and the newest active release is ${head.version}: automation never goes back.`;
  return stay('never_older', sentence, { head: head.version });
}

type Objection = (facts: AutomaticFacts, target: ChannelEntry, now: number) => Reason<AutomaticCode> | null;

/** Each that applies is a reason, in this order. */
const OBJECTIONS: readonly Objection[] = [
  ifNotActive,
  ifTried,
  ifDeployRefused,
  ifHeld,
  ifWindowClosed,
  ifPinned,
  ifApprovalMissing,
  ifBusy,
];

function ifNotActive({ host }: AutomaticFacts): Reason<AutomaticCode> | null {
  if (host.life === 'active') return null;
  return { code: 'host_not_active', sentence: `${host.name} is ${host.life}: automation leaves it alone.` };
}

/** The last try stands until a person retried the release there, or the back-off is over. */
function ifTried({ attempts, backOffMs, host }: AutomaticFacts, { version }: ChannelEntry, now: number) {
  const last = attempts.filter((attempt) => attempt.version === version).toSorted((a, b) => b.at - a.at)[0];
  if (last?.by !== 'automation') return null;
  const until = backOffMs === null ? undefined : last.at + backOffMs;
  if (until !== undefined && now >= until) return null;
  const again = until === undefined ? 'Retry it by hand.' : `It may try again at ${instantText(until)}.`;
  const sentence = `Automation has tried ${version} on ${host.name} at ${instantText(last.at)}. ${again}`;
  return { code: 'already_tried', sentence, until, triedAt: last.at } as const;
}

function ifDeployRefused({ channel, client }: AutomaticFacts, { version }: ChannelEntry): Reason<AutomaticCode> | null {
  const decision = decideDeploy(channel, client, version);
  return decision.allowed ? null : decision.refusal;
}

function ifHeld(facts: AutomaticFacts, release: ChannelEntry, now: number): Reason<AutomaticCode> | null {
  const { product, channelName, environment, host, channel, holds } = facts;
  const place = { product, channels: [channelName], environment, host: host.name };
  const work = { ...place, kind: 'install', startedBy: 'automation', versioning: channel.versioning, release } as const;
  const decision = decideHolds(holds, work, now);
  return decision.allowed ? null : decision.refusal;
}

function ifWindowClosed({ window, environment }: AutomaticFacts): Reason<AutomaticCode> | null {
  return environmentClosed(environment, window);
}

function ifPinned({ pin, host }: AutomaticFacts): Reason<AutomaticCode> | null {
  if (!pin) return null;
  const sentence = `${host.name} keeps ${pin.release} while the stage ${pin.stage} judges it.`;
  return { code: 'pinned_by_canary', sentence, release: pin.release, stage: pin.stage };
}

function ifApprovalMissing({ approvalMissing }: AutomaticFacts, { version }: ChannelEntry) {
  if (!approvalMissing) return null;
  return { code: 'approval_pending', sentence: `The install of ${version} waits for approval.` } as const;
}

function ifBusy({ busyWith, host }: AutomaticFacts): Reason<AutomaticCode> | null {
  if (busyWith === null) return null;
  return {
    code: 'blocked_by_job',
    sentence: `${host.name} is taken by job ${busyWith} until that ends.`,
    job: busyWith,
  };
}

function stay(code: AutomaticCode, sentence: string, facts: Readonly<Record<string, Fact>> = {}): AutomaticChoice {
  return { target: null, reasons: [{ ...facts, code, sentence }] };
}
