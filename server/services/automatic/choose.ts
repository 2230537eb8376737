import { isDeepStrictEqual } from 'node:util';
import type { AutomaticHost, Choice } from '../../../db/queries/automatic.ts';
import { chooseAutomaticInstall, type AutomaticChoice } from '../../domain/automatic-install.ts';
import { positionOf, type Channel } from '../../domain/channel.ts';
import { newClient } from '../../domain/client.ts';
import { soonest } from '../../domain/stages.ts';
import { isNewer, isOlder, type Position } from '../../domain/versions.ts';
import { windowState } from '../../domain/windows.ts';
import type { PipelineFacts } from '../pipeline/facts.ts';
import type { Judgement } from '../pipeline/look.ts';
import { pinnedEntities, type Pin } from '../pipeline/pins.ts';
import type { AutomaticFacts } from './facts.ts';

/** What automation says of every host that it looks after. */
export interface AutomaticLook {
  /** Those whose target or reasons are others than what is shown. */
  news: Choice[];
  /** What starts now: one job an environment and release. */
  installs: { environment: string; version: string; hostIds: number[] }[];
  /** Wanted on a host, and its package is not on the server. */
  missing: ReadonlySet<string>;
  /** The next instant at which the clock alone lets something start. */
  nextAt: number | null;
}

/** Rule: section 7 (Automatic installs, Pin). */
export function lookAtInstalls(
  facts: PipelineFacts,
  automatic: AutomaticFacts,
  judgements: readonly Judgement[],
  now: number,
): AutomaticLook {
  const pins = pinnedEntities(facts, judgements);
  const chosen = automatic.environments.flatMap((environment) => {
    const choose = chooserIn(facts, automatic, environment, pins.get(environment.id) ?? null, now);
    const hosts = automatic.hosts.get(environment.id) ?? [];
    return hosts.map((host) => ({ environment: environment.name, host, choice: choose(host) }));
  });
  const starts = chosen.filter(({ choice }) => choice.target !== null && choice.reasons.length === 0);
  const grouped = Map.groupBy(starts, ({ environment, choice }) => `${environment}\n${choice.target}`);
  const untils = chosen.flatMap(({ choice }) => choice.reasons.flatMap(({ until }) => until ?? []));
  return {
    news: chosen.flatMap(({ host, choice }) => (isShown(host, choice) ? [] : [{ ...stored(choice), hostId: host.id }])),
    installs: [...grouped.values()].map((group) => ({
      environment: group[0]!.environment,
      version: group[0]!.choice.target!,
      hostIds: group.map(({ host }) => host.id),
    })),
    missing: new Set(
      chosen.flatMap(({ choice: { target, reasons } }) =>
        target !== null && reasons.some(({ code }) => code === 'not_downloaded') ? [target] : [],
      ),
    ),
    nextAt: soonest(now, untils),
  };
}

/** Chooses for the hosts of one environment: what they share is worked out once, thousands of them ask. */
function chooserIn(
  facts: PipelineFacts,
  automatic: AutomaticFacts,
  environment: AutomaticFacts['environments'][number],
  pin: Pin | null,
  now: number,
): (host: AutomaticHost) => AutomaticChoice {
  const { product, holds, settings } = facts;
  const window = windowState(environment.windows, now);
  const channels = new Map<string | null, Channel>();
  return (host) => {
    if (settings.paused) return pausedBy(settings.paused, product.name);
    const pinned = pin !== null && host.version === pin.release;
    // A host that has yet to reach the release which soaks goes there first: beside a newer one it would never soak.
    const followed = pin !== null && !pinned ? upTo(environment.channelNow, pin.release) : environment.channelNow;
    const channel = channels.get(host.version) ?? fromOn(followed, host.version);
    channels.set(host.version, channel);
    return chooseAutomaticInstall(
      {
        updatePolicy: 'auto',
        product: product.name,
        channelName: environment.channel,
        channel,
        environment: environment.name,
        host,
        client: { ...newClient({ method: 'managed' }), downloaded: automatic.downloaded, deployed: deployedOf(host) },
        holds,
        window,
        pin: pinned ? pin : null,
        attempts: automatic.attempts.get(host.id) ?? [],
        backOffMs: null,
        approvalMissing: host.waitsForApproval,
        busyWith: host.busyWith === null ? null : String(host.busyWith),
      },
      now,
    );
  };
}

function pausedBy({ by, reason }: { by: string; reason: string }, product: string): AutomaticChoice {
  const sentence = `The pipeline of ${product} is paused by ${by}: "${reason}".`;
  return { target: null, reasons: [{ code: 'pipeline_paused', sentence }] };
}

function deployedOf({ version }: AutomaticHost) {
  return version === null ? null : { version, sequence: null, failed: false, required: false };
}

/** What is older than what runs has no part in where automation goes; of thousands of releases few are left. */
function fromOn(channel: Channel, version: string | null): Channel {
  if (version === null) return channel;
  const runs = positionOf(channel, version);
  return { ...channel, entries: channel.entries.filter((entry) => !isOlder(channel.versioning, entry, runs)) };
}

function upTo(channel: Channel, version: string): Channel {
  const bound: Position = positionOf(channel, version);
  return { ...channel, entries: channel.entries.filter((entry) => !isNewer(channel.versioning, entry, bound)) };
}

function stored({ target, reasons }: AutomaticChoice): Omit<Choice, 'hostId'> {
  return { target, reasons: JSON.parse(JSON.stringify(reasons)) as Choice['reasons'] };
}

function isShown({ shownTarget, shownReasons }: AutomaticHost, choice: AutomaticChoice): boolean {
  const { target, reasons } = stored(choice);
  return shownReasons !== null && shownTarget === target && isDeepStrictEqual(shownReasons, reasons);
}
