import type { Board } from '../../../server/domain/board.ts';
import type { Reason } from '../../../server/domain/reason.ts';
import type { HoldView, HostView, JobView, ReleaseView } from '../../../server/domain/views.ts';
import { reaches } from '../../live/holds.ts';
import type { InstallPreview } from '../install/preview-summary.ts';

type PreviewHost = InstallPreview['hosts'][number];

/** The holds that stop an install of this release somewhere, newest first. */
export function holdsOnRelease(
  board: Board,
  holds: readonly HoldView[],
  release: Pick<ReleaseView, 'productId' | 'version' | 'channels'>,
): HoldView[] {
  const product = board.products[release.productId]?.name ?? '';
  return holds.filter(
    (hold) =>
      (hold.bar === null || hold.bar.version === release.version) &&
      reaches(hold, { product, channels: release.channels }),
  );
}

/** The holds that stop an install of something on this host. */
export function holdsOnHost(board: Board, holds: readonly HoldView[], host: HostView): HoldView[] {
  const environment = board.environments[host.environmentId];
  const followed = Object.entries(environment?.channels ?? {});
  return holds.filter((hold) =>
    followed.length === 0
      ? reaches(hold, { environment: environment?.name ?? '', host: host.name })
      : followed.some(([productId, channel]) =>
          reaches(hold, {
            product: board.products[Number(productId)]?.name ?? '',
            channels: [channel],
            environment: environment?.name ?? '',
            host: host.name,
          }),
        ),
  );
}

export interface StoppedGroup {
  /** Null: the board does not have it; then `sentence` is all there is. */
  readonly hold: HoldView | null;
  readonly sentence: string;
  readonly hosts: readonly PreviewHost[];
}

/** Who of the previewed hosts would wait for a hold, by hold. Rule: section 12. */
export function stoppedHosts(board: Board, hosts: readonly PreviewHost[]): StoppedGroup[] {
  const groups = new Map<string, { hold: HoldView | null; sentence: string; hosts: PreviewHost[] }>();
  for (const host of hosts) {
    if (!host.heldBy) continue;
    for (const id of holdIds(host.heldBy)) {
      const known = groups.get(id) ?? {
        hold: board.holds[Number(id)] ?? null,
        sentence: host.heldBy.sentence,
        hosts: [],
      };
      known.hosts.push(host);
      groups.set(id, known);
    }
  }
  return [...groups.values()];
}

function holdIds({ holds }: Reason): readonly string[] {
  return Array.isArray(holds) ? holds : ['unnamed'];
}

/** The holds that a waiting job and its held tasks name, as far as the board has them. `heldBy`: ids that the tasks name. */
export function holdsOfJob(
  board: Board,
  { problem }: Pick<JobView, 'problem'>,
  heldBy: readonly number[] = [],
): HoldView[] {
  const own = problem?.code === 'held' ? holdIds(problem).map(Number) : [];
  return [...new Set([...own, ...heldBy])].flatMap((id) => board.holds[id] ?? []);
}
