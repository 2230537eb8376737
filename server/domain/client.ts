import type { Installer } from './installer.ts';
import type { Position } from './versions.ts';

/** What a client remembers of a release that it fetched. */
export interface CachedRelease extends Position {
  readonly required: boolean;
  readonly label?: string | undefined;
  readonly notes?: string | undefined;
  /** Marked as demoted when the client last looked; only clients that hide set it. */
  readonly hidden: boolean;
}

/** What runs. `required`: what the client was last told of it, which it believes still. */
export interface DeployedRelease extends Position {
  readonly failed: boolean;
  readonly required: boolean;
}

/**
 * One that subscribes to a channel. For `managed` it is one host: `deployed` is what the host reports, the cache is
 * empty, and `downloaded` are the versions whose verified package is on the management server.
 */
export interface Client {
  readonly installer: Installer;
  readonly cache: readonly CachedRelease[];
  readonly deployed: DeployedRelease | null;
  readonly downloaded: readonly string[];
}

/** Has fetched nothing and runs nothing. */
export function newClient(installer: Installer): Client {
  return { installer, cache: [], deployed: null, downloaded: [] };
}
