import { newestFirst, type Position, type Versioning } from './versions.ts';

/** What one host remembers of one release of a product. */
export interface HostRelease extends Position {
  /** An install of it on this host succeeded. */
  readonly succeeded: boolean;
  /** The last that was recorded of it on this host was that it is live and healthy. */
  readonly healthy: boolean;
  readonly recalled: boolean;
  /** Its package is on the server, or its folder still on the host. */
  readonly packageKept: boolean;
}

/**
 * The release that a host is rolled back to: the newest that was good there and still can be had, other than `from`;
 * null when there is none. A demoted release may be it. Rule: section 9 (Rollback).
 */
export function knownGood(versioning: Versioning, history: readonly HostRelease[], from: string): HostRelease | null {
  return (
    newestFirst(
      versioning,
      history.filter((release) => release.version !== from && isGood(release)),
    )[0] ?? null
  );
}

function isGood({ succeeded, healthy, recalled, packageKept }: HostRelease): boolean {
  return succeeded && healthy && !recalled && packageKept;
}
