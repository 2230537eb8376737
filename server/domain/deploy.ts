import { entryOf, type Channel, type ChannelEntry } from './channel.ts';
import type { Client, DeployedRelease } from './client.ts';
import type { InstallerMethod } from './installer.ts';
import { allowed, refused, type Decision, type Refused } from './reason.ts';
import { isNewer, isOlder, isUpTo, named, oldestFirst, type Position, type Versioning } from './versions.ts';
import { deployedRelease, visibleReleases, type VisibleRelease } from './visibility.ts';
import { listed } from './wording.ts';

export type DeployCode =
  'not_visible' | 'recalled' | 'demoted' | 'not_downloaded' | 'required_failed' | 'rollback_blocked' | 'required_first';

export type DeployWarning = 'demoted_rollback';

export type DeployDecision = Decision<DeployCode, DeployWarning>;

/** What the client sees and runs, looked up once for any number of targets. */
interface Outlook {
  readonly channel: Channel;
  readonly client: Client;
  readonly deployed: VisibleRelease | null;
  readonly visible: readonly VisibleRelease[];
}

/** What a rule of deploying looks at. */
interface Deployment extends Outlook {
  readonly target: VisibleRelease;
  /** As it stands on the channel now; undefined when it has no entry there. */
  readonly entry: ChannelEntry | undefined;
}

type Rule = (deployment: Deployment) => DeployDecision | null;

/** The first that decides. The order is the rule: section 4, Deploying, 2 to 8, with the recall of section 9 before them. */
const RULES: readonly Rule[] = [
  ifRecalled,
  ifDemoted,
  ifNotDownloaded,
  ifNothingToReplace,
  ifUngated,
  ifRequiredFailed,
  ifOlder,
  ifNotOlder,
];

/** Whether the client may deploy `version` now. Rule: section 4 (Deploying). */
export function decideDeploy(channel: Channel, client: Client, version: string): DeployDecision {
  const outlook = outlookOf(channel, client);
  const target = named(outlook.visible, version);
  return target ? decide(outlook, target) : notVisible(version);
}

/** Every visible release with the decision on it, newest first. Rule: section 4. */
export function decideEach(channel: Channel, client: Client): { release: VisibleRelease; decision: DeployDecision }[] {
  const outlook = outlookOf(channel, client);
  return outlook.visible.map((release) => ({ release, decision: decide(outlook, release) }));
}

/** The visible versions that a deploy would accept now, newest first. Rule: section 4. */
export function deployableVersions(channel: Channel, client: Client): string[] {
  const deployable = decideEach(channel, client).filter(({ decision }) => decision.allowed);
  return deployable.map(({ release }) => release.version);
}

/**
 * The decision, and the client after it: an allowed deploy makes the release the deployed one at once, failed or not;
 * a refused one changes nothing. Rule: section 4.
 */
export function deploy(
  channel: Channel,
  client: Client,
  version: string,
  outcome: 'succeeded' | 'failed',
): { readonly decision: DeployDecision; readonly client: Client } {
  const outlook = outlookOf(channel, client);
  const target = named(outlook.visible, version);
  if (!target) return { decision: notVisible(version), client };
  const decision = decide(outlook, target);
  if (!decision.allowed) return { decision, client };
  const { sequence, required } = target;
  const deployed: DeployedRelease = { version, sequence, required, failed: outcome === 'failed' };
  return { decision, client: { ...client, deployed } };
}

function outlookOf(channel: Channel, client: Client): Outlook {
  return {
    channel,
    client,
    deployed: deployedRelease(channel, client),
    visible: visibleReleases(channel, client),
  };
}

function decide(outlook: Outlook, target: VisibleRelease): DeployDecision {
  const deployment = { ...outlook, target, entry: entryOf(outlook.channel, target.version) };
  for (const rule of RULES) {
    const decision = rule(deployment);
    if (decision) return decision;
  }
  return allowed();
}

function notVisible(version: string): Refused<DeployCode> {
  return refused(
    'not_visible',
    `Deploy of ${version} refused: it is not visible here. Check for updates, or choose a listed one.`,
  );
}

/** What these fetch is fetched from us at deploy time; the others have the package already. */
const FETCHED_AT_DEPLOY = new Set<InstallerMethod>(['helm', 'embedded-cluster', 'managed']);

function ifRecalled({ client, target, entry }: Deployment): DeployDecision | null {
  if (!entry?.recalled || !FETCHED_AT_DEPLOY.has(client.installer.method)) return null;
  return refused('recalled', `Deploy of ${target.version} refused: it is recalled. Choose another release.`);
}

function ifDemoted({ channel, client, target, entry, deployed }: Deployment): DeployDecision | null {
  const { method } = client.installer;
  if (!entry?.demoted || !FETCHED_AT_DEPLOY.has(method) || target.version === deployed?.version) return null;
  if (method === 'managed' && deployed && isOlder(channel.versioning, target, deployed)) return null;
  return refused(
    'demoted',
    `Deploy of ${target.version} refused: it is demoted on this channel. Choose another release, or have it un-demoted.`,
  );
}

function ifNotDownloaded({ client, target, deployed }: Deployment): DeployDecision | null {
  if (client.installer.method !== 'managed' || target.version === deployed?.version) return null;
  if (client.downloaded.includes(target.version)) return null;
  return refused(
    'not_downloaded',
    `Deploy of ${target.version} refused: its package is not on the server. Download it first.`,
  );
}

function ifNothingToReplace({ target, deployed }: Deployment): DeployDecision | null {
  return deployed === null || target.version === deployed.version ? allowed() : null;
}

function ifUngated({ client }: Deployment): DeployDecision | null {
  return client.installer.method === 'helm' ? allowed() : null;
}

function ifRequiredFailed({ client, target, deployed }: Deployment): DeployDecision | null {
  if (!client.deployed?.failed || !deployed?.required) return null;
  return refused(
    'required_failed',
    `Deploy of ${target.version} refused: ${deployed.version} is required and failed to deploy. Deploy ${deployed.version} again first.`,
    { required: [deployed.version] },
  );
}

function ifOlder({ channel, target, entry, deployed, visible }: Deployment): DeployDecision | null {
  if (!deployed || !isOlder(channel.versioning, target, deployed)) return null;
  const crossed = requiredAcross(channel.versioning, visible, target, deployed);
  if (crossed.length > 0) return rollbackBlocked(target.version, crossed);
  return entry?.demoted ? allowed(demotedRollback(target.version)) : allowed();
}

function ifNotOlder({ channel, target, deployed, visible }: Deployment): DeployDecision | null {
  if (!deployed) return null;
  const skipped = requiredBetween(channel.versioning, visible, deployed, target);
  if (skipped.length === 0) return allowed();
  return refused(
    'required_first',
    `Deploy of ${target.version} refused: ${listed(skipped)} must not be skipped. Deploy ${skipped[0]} first.`,
    { required: skipped },
  );
}

/** Versions believed required with target < r ≤ deployed, oldest first: what a rollback would undo. Rule: section 4, 7. */
export function requiredAcross(
  versioning: Versioning,
  visible: readonly VisibleRelease[],
  target: Position,
  deployed: Position,
): string[] {
  const undone = visible.filter(
    (release) => release.required && isNewer(versioning, release, target) && isUpTo(versioning, release, deployed),
  );
  return oldestFirst(versioning, undone).map(({ version }) => version);
}

/** Versions believed required strictly between the two, oldest first: what a deploy would skip. Rule: section 4, 8. */
function requiredBetween(
  versioning: Versioning,
  visible: readonly VisibleRelease[],
  deployed: Position,
  target: Position,
): string[] {
  const skipped = visible.filter(
    (release) => release.required && isNewer(versioning, release, deployed) && isOlder(versioning, release, target),
  );
  return oldestFirst(versioning, skipped).map(({ version }) => version);
}

export function rollbackBlocked(version: string, crossed: readonly string[]): Refused<'rollback_blocked'> {
  const verb = crossed.length === 1 ? 'is' : 'are';
  return refused(
    'rollback_blocked',
    `Rollback to ${version} refused: ${listed(crossed)} ${verb} required and would be undone. An admin may use break-glass.`,
    { required: crossed },
  );
}

export function demotedRollback(version: string) {
  return {
    code: 'demoted_rollback',
    sentence: `${version} is demoted on this channel: a rollback to it is allowed.`,
  } as const;
}
