import type { TaskStatus } from './task-transition.ts';
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

/** Steps from which on a failure says something about the release itself, not about the way to it. */
const SPEAKS_OF_RELEASE: ReadonlySet<string> = new Set(['activate', 'post-install', 'health']);

/**
 * What the end of a task on its host tells about its release there; null: nothing. `skipped` is the host's own word that
 * its last attempt of this very artifact succeeded. Rule: section 9 (Rollback).
 */
export function historyNote(status: TaskStatus, failedStep: string | null): 'good' | 'unhealthy' | null {
  if (status === 'succeeded' || status === 'skipped') return 'good';
  return status === 'failed' && failedStep !== null && SPEAKS_OF_RELEASE.has(failedStep) ? 'unhealthy' : null;
}

/** `succeededAt`: epoch milliseconds of the last success there. */
export type Remembered = Omit<HostRelease, 'packageKept'> & { readonly succeededAt: number };

/**
 * The release whose folder a host must never prune when `version` is installed there, whatever is on the server by then;
 * null when none was good there. Rule: section 9 (Rollback).
 */
export function keptBeside<Given extends Remembered>(
  versioning: Versioning,
  history: readonly Given[],
  version: string,
): Given | null {
  const good = history.filter(({ succeeded, healthy }) => succeeded && healthy);
  return (
    newestFirst(
      versioning,
      good.filter((release) => release.version !== version),
    )[0] ?? null
  );
}

/** Versions whose folder is on the host still: the last that succeeded, and what was kept beside it. */
export function keptOnHost(versioning: Versioning, history: readonly Remembered[]): string[] {
  const last = history.toSorted((a, b) => b.succeededAt - a.succeededAt)[0];
  if (!last) return [];
  const beside = keptBeside(versioning, history, last.version);
  return [last.version, ...(beside ? [beside.version] : [])];
}
