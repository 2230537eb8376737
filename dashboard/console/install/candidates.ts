import type { Board } from '../../../server/domain/board.ts';
import { stopOf } from '../../../server/domain/install-request.ts';
import type { HostView, ReleaseView } from '../../../server/domain/views.ts';
import { hostsOf } from '../../live/select.ts';
import type { HostCandidate } from '../../../server/domain/host-filter.ts';
import { byName } from '../hosts/host-order.ts';

/** A host as the Install Update dialog lists it. */
export interface InstallCandidate extends HostCandidate {
  readonly id: number;
  readonly role: HostView['role'];
  readonly host: HostView;
  /** Why it cannot be chosen, whatever the release; null: it can. */
  readonly stop: string | null;
}

export interface Candidates {
  readonly management: readonly InstallCandidate[];
  readonly targets: readonly InstallCandidate[];
  /** Hosts left out, since their environments follow no channel of the product. */
  readonly elsewhere: number;
}

/** The hosts where the product belongs, by name. */
export function installCandidates(board: Board, release: Pick<ReleaseView, 'productId'>): Candidates {
  const all = hostsOf(board);
  const here = all.filter(({ environmentId }) => channelOf(board, environmentId, release.productId) !== null);
  const candidates = byName(here, ({ name }) => name).map((host) => candidate(board, host, release.productId));
  return {
    management: candidates.filter(({ role }) => role === 'management'),
    targets: candidates.filter(({ role }) => role === 'target'),
    elsewhere: all.length - here.length,
  };
}

function candidate(board: Board, host: HostView, productId: number): InstallCandidate {
  const { name, life, labels, role, id } = host;
  const environment = board.environments[host.environmentId];
  const stop = stopOf({
    name,
    life,
    environment: environment?.name ?? '',
    installerMethod: environment?.installerMethod ?? '',
    channel: channelOf(board, host.environmentId, productId),
  });
  return {
    id,
    name,
    role,
    host,
    labels,
    environment: environment?.name ?? '',
    version: host.reported.find((report) => report.productId === productId)?.version ?? '',
    stop: stop?.sentence ?? null,
  };
}

function channelOf(board: Board, environmentId: number, productId: number): string | null {
  return board.environments[environmentId]?.channels[String(productId)] ?? null;
}
