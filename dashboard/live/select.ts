/** Selections that wall and console share. Pure; each is one pass over the board's shelf. */
import type { WallBoard, WallHost } from '../../server/domain/board.ts';
import { jobCards, type Cards } from '../../server/domain/job-outcome.ts';
import { releaseCards, releaseState, type ReleaseCard, type ReleaseState } from '../../server/domain/release-state.ts';
import { jobHasEnded } from '../../server/domain/task-transition.ts';
import type { JobStatus, JobView, ReleaseView } from '../../server/domain/views.ts';

/** Job cards out of the totals: what each status counts as is the domain's, how many there are is the board's. */
export function jobCardsOf(board: WallBoard): Cards {
  const sum = { total: 0, inProgress: 0, succeeded: 0, failed: 0 };
  for (const [status, count] of Object.entries(board.jobTotals)) {
    const one = jobCards([status as JobStatus]);
    sum.total += one.total * count;
    sum.inProgress += one.inProgress * count;
    sum.succeeded += one.succeeded * count;
    sum.failed += one.failed * count;
  }
  return sum;
}

/** Hosts that take part: declared, not removed, not retired. */
export function hostsOf<Host extends WallHost>(board: { hosts: Record<number, Host> }): Host[] {
  return Object.values(board.hosts).filter((host) => !host.removed && host.life !== 'retired');
}

/** How many hosts report each release, by release id. */
export function reportsOf(hosts: readonly WallHost[]): Map<number, number> {
  const reports = new Map<number, number>();
  for (const host of hosts) {
    for (const { releaseId } of host.reported) {
      if (releaseId !== null) reports.set(releaseId, (reports.get(releaseId) ?? 0) + 1);
    }
  }
  return reports;
}

export function releaseStateOf(
  release: Pick<ReleaseView, 'id' | 'package'>,
  reports: ReadonlyMap<number, number>,
): ReleaseState {
  return releaseState({ hosts: reports.get(release.id) ?? 0, package: release.package });
}

export function releaseCardsOf(board: WallBoard, reports: ReadonlyMap<number, number>): Record<ReleaseCard, number> {
  return releaseCards(Object.values(board.releases).map((release) => releaseStateOf(release, reports)));
}

/** Jobs that have not ended, newest first. */
export function jobsInFlight(board: WallBoard): JobView[] {
  return Object.values(board.jobs)
    .filter((job) => !jobHasEnded(job.status))
    .sort((a, b) => b.id - a.id);
}

/** The jobs that ended last, newest end first. */
export function jobsEnded(board: WallBoard, limit: number): JobView[] {
  return Object.values(board.jobs)
    .filter((job) => job.endedAt !== null)
    .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
    .slice(0, limit);
}

/** Failed and unreachable tasks of a job: what its failure budget counts. */
export function badTasks(job: JobView): number {
  return (job.counts.failed ?? 0) + (job.counts.unreachable ?? 0);
}

export function taskTotal(job: JobView): number {
  return Object.values(job.counts).reduce((sum, count) => sum + count, 0);
}

export function productName(board: WallBoard, id: number | null): string {
  return (id !== null && board.products[id]?.name) || 'a product';
}

/** `orders 4.2.1`. */
export function releaseName(board: WallBoard, release: { productId: number; version: string } | undefined): string {
  return release ? `${productName(board, release.productId)} ${release.version}` : 'a release';
}
