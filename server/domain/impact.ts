import type { Channel } from './channel.ts';
import { demoted } from './channel-change.ts';
import type { Client } from './client.ts';
import { cacheBehaviour } from './installer.ts';
import { named } from './versions.ts';
import { checked, visibleReleases } from './visibility.ts';

/** What a demotion means to one that subscribes. The order is that of the rule: the first that applies. Rule: section 4. */
export const IMPACTS = {
  deployed_unaffected: 'runs this release and goes on running it',
  never_appears: 'does not see it now, and will not',
  disappears_now: 'no longer sees it from the moment of the demotion',
  stays_listed: 'goes on listing it, marked as demoted; a new install of it is refused',
  disappears_at_next_check: 'sees it until its next check',
  stays_available: 'goes on seeing it: no check will hide it',
} as const;

export type Impact = keyof typeof IMPACTS;

/** What demoting `version` now would mean to this client. Rule: section 4 (Impact preview). */
export function demotionImpact(channel: Channel, client: Client, version: string): Impact {
  if (client.deployed?.version === version) return 'deployed_unaffected';
  if (!sees(channel, client, version)) return 'never_appears';
  switch (cacheBehaviour(client.installer)) {
    case 'none':
      return 'disappears_now';
    case 'live':
      return client.downloaded.includes(version) ? 'stays_listed' : 'disappears_now';
    default:
      return survivesCheck(channel, client, version) ? 'stays_available' : 'disappears_at_next_check';
  }
}

/**
 * What it would mean to an environment. `client`: how the environment sees the channel; `running`: the versions that its
 * hosts report, none when it has no hosts. Rule: section 4 (Impact preview).
 */
export function environmentImpact(
  channel: Channel,
  client: Client,
  running: readonly string[],
  version: string,
): Impact {
  return running.includes(version) ? 'deployed_unaffected' : demotionImpact(channel, client, version);
}

function survivesCheck(channel: Channel, client: Client, version: string): boolean {
  const after = demoted(channel, version);
  return sees(after, checked(after, client), version);
}

function sees(channel: Channel, client: Client, version: string): boolean {
  return named(visibleReleases(channel, client), version) !== undefined;
}
