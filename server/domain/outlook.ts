import { entryOf, isServed, type Channel, type ChannelEntry } from './channel.ts';
import type { Client } from './client.ts';
import { decideEach, type DeployDecision } from './deploy.ts';
import type { Reason } from './reason.ts';
import { isNewer, named, newestFirst } from './versions.ts';
import { checked, visibleReleases, type VisibleRelease } from './visibility.ts';

/** One release as a client sees it, and whether it may deploy it. */
export interface SeenRelease extends VisibleRelease {
  /** As the channel states it now, whatever the client knows of it. */
  readonly demoted: boolean;
  readonly recalled: boolean;
  /** It is what runs. */
  readonly runs: boolean;
  readonly decision: DeployDecision;
}

export type UnseenCode = 'recalled' | 'demoted' | 'at_next_check' | 'not_newer';

/** An entry of the channel that a client does not see, and why. */
export interface UnseenRelease {
  readonly version: string;
  readonly sequence: number;
  readonly reason: Reason<UnseenCode>;
}

export interface Outlook {
  readonly sees: readonly SeenRelease[];
  readonly unseen: readonly UnseenRelease[];
}

/** What a client sees now and what it may deploy, and what of its channel it does not see; newest first. Rule: section 4. */
export function clientOutlook(channel: Channel, client: Client): Outlook {
  const decided = decideEach(channel, client);
  const sees = decided.map(({ release, decision }): SeenRelease => {
    const entry = entryOf(channel, release.version);
    const { version, sequence, required, label, notes } = release;
    const marks = { demoted: entry?.demoted === true, recalled: entry?.recalled === true };
    return {
      version,
      sequence,
      required,
      label,
      notes,
      ...marks,
      runs: client.deployed?.version === version,
      decision,
    };
  });
  const hidden = channel.entries.filter(({ version }) => !named(sees, version));
  const later = visibleReleases(channel, checked(channel, client));
  const unseen = newestFirst(channel.versioning, hidden).map((entry) => ({
    version: entry.version,
    sequence: entry.sequence,
    reason: whyUnseen(entry, named(later, entry.version) !== undefined),
  }));
  return { sees, unseen };
}

function whyUnseen(entry: ChannelEntry, seenLater: boolean): Reason<UnseenCode> {
  const { version } = entry;
  if (seenLater) return { code: 'at_next_check', sentence: `${version} appears with the next check.` };
  if (entry.recalled) return { code: 'recalled', sentence: `${version} is recalled: it is served to nobody.` };
  if (!isServed(entry)) return { code: 'demoted', sentence: `${version} is demoted on this channel.` };
  return { code: 'not_newer', sentence: `${version} is not newer than what runs: a check does not add it.` };
}

/** What a client runs, would deploy next, and what stops it from the newest. */
export interface NextStep {
  /** The newest release that it may deploy and that is newer than what runs; null: none. */
  readonly next: string | null;
  /** The newest release that its channel serves; null: none. */
  readonly head: string | null;
  /** Why it may not deploy the head now; null: it may, or runs it. */
  readonly blocked: Reason | null;
}

/** Rule: section 4 (Deploying), of the way from what runs to the head of the channel. */
export function nextStep(channel: Channel, client: Client, head: string | null): NextStep {
  const decided = decideEach(channel, client);
  const { deployed } = client;
  const next = decided.find(
    ({ release, decision }) =>
      decision.allowed && release.version !== deployed?.version && isNewer(channel.versioning, release, deployed),
  );
  return { next: next?.release.version ?? null, head, blocked: blockedFrom(channel, client, decided, head) };
}

function blockedFrom(
  channel: Channel,
  client: Client,
  decided: ReturnType<typeof decideEach>,
  head: string | null,
): Reason | null {
  if (head === null) return { code: 'no_active_release', sentence: 'The channel has no active release.' };
  if (head === client.deployed?.version) return null;
  const found = decided.find(({ release }) => release.version === head);
  if (found) return found.decision.allowed ? null : found.decision.refusal;
  const entry = entryOf(channel, head);
  return entry ? whyUnseen(entry, named(visibleReleases(channel, checked(channel, client)), head) !== undefined) : null;
}
