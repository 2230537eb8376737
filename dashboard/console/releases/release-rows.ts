import type { Board } from '../../../server/domain/board.ts';
import { releaseRow } from '../../../server/domain/release-state.ts';
import type { ReleaseState } from '../../../server/domain/release-state.ts';
import type { Reason } from '../../../server/domain/reason.ts';
import type { HoldView, HostView, RecallView, ReleaseView } from '../../../server/domain/views.ts';
import { holdsInForce } from '../../live/holds.ts';
import { recallOf } from '../../live/recalls.ts';
import { hostsOf, productName, reportsOf } from '../../live/select.ts';
import { holdsOnRelease } from '../holds/holds-at.ts';

/** One row of the Releases table, derived from the board. */
export interface ReleaseRowModel {
  readonly release: ReleaseView;
  readonly product: string;
  readonly state: ReleaseState;
  readonly problem: Reason | null;
  /** Hosts that report this release, of those where the product belongs. */
  readonly installedOn: number;
  readonly hosts: number;
  /** Why it cannot be downloaded or installed now; null: it can. */
  readonly downloadRefusal: string | null;
  readonly installRefusal: string | null;
  /** What the demote button does now, and why it cannot be pressed. */
  readonly demoteLabel: 'Demote' | 'Un-demote';
  readonly demoteRefusal: string | null;
  /** Holds that stop its install somewhere. */
  readonly holds: readonly HoldView[];
  /** The recall that stands over it; null: it is free. */
  readonly recall: RecallView | null;
}

export type Permission = (action: 'release.download' | 'job.install' | 'release.demote') => string | null;

/** Releases as the board has them beside all else, in their order. Rule: section 3. */
export function releaseRows(
  board: Board,
  releases: readonly ReleaseView[],
  permission: Permission,
  now: number,
): ReleaseRowModel[] {
  const hosts = hostsOf(board);
  const holds = holdsInForce(board, now);
  const reporting = reportsOf(hosts);
  const members = countMembers(hosts, board);
  return releases.map((release) => {
    const installedOn = reporting.get(release.id) ?? 0;
    const row = releaseRow({ ...release, hosts: installedOn });
    const recall = recallOf(board, release);
    return {
      release,
      product: productName(board, release.productId),
      state: row.state,
      problem: row.problem,
      installedOn,
      hosts: Math.max(installedOn, members.get(release.productId) ?? 0),
      downloadRefusal: permission('release.download') ?? downloadRefusal(release),
      demoteLabel: release.channels.length === 0 && release.demotions.length > 0 ? 'Un-demote' : 'Demote',
      demoteRefusal: permission('release.demote') ?? demoteRefusal(release),
      holds: holdsOnRelease(board, holds, release),
      recall,
      installRefusal: permission('job.install') ?? recallRefusal(recall) ?? (row.installable ? null : NOT_DOWNLOADED),
    };
  });
}

const NOT_DOWNLOADED = 'Download it first: installing needs the verified package on the server.';

function recallRefusal(recall: RecallView | null): string | null {
  return (
    recall && `It is recalled (recall ${recall.id}: ${recall.reason}). Revert the recall, or install another release.`
  );
}

function downloadRefusal(release: ReleaseView): string | null {
  if (release.package === 'present') return 'The verified package is already on the server.';
  return release.package === 'downloading' ? 'The download is running.' : null;
}

function demoteRefusal({ channels, demotions }: ReleaseView): string | null {
  return channels.length + demotions.length === 0 ? 'It is on no channel: there is nothing to demote.' : null;
}

/** Hosts by product: those of environments that follow one of its channels. */
function countMembers(hosts: readonly HostView[], board: Board): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { environmentId } of hosts) {
    for (const productId of Object.keys(board.environments[environmentId]?.channels ?? {})) {
      counts.set(Number(productId), (counts.get(Number(productId)) ?? 0) + 1);
    }
  }
  return counts;
}
