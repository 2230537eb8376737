import type { Reader } from '../../../db/connect.ts';
import { downloadedVersions } from '../../../db/queries/catalog.ts';
import { saidLately } from '../../../db/queries/health.ts';
import { historyOf } from '../../../db/queries/history.ts';
import { findJob, rolloutRows } from '../../../db/queries/jobs.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { lastTasks, type LastTask } from '../../../db/queries/rollbacks.ts';
import { reportedOn } from '../../../db/queries/tasks.ts';
import { Refusal } from '../../contracts/errors.ts';
import { isUnharmed } from '../../domain/host-health.ts';
import type { InstallHost } from '../../domain/install-request.ts';
import { keptOnHost } from '../../domain/known-good.ts';
import type { RollbackHost } from '../../domain/rollback.ts';
import type { TaskStatus } from '../../domain/task-transition.ts';
import type { JobPlan, Liveness } from '../../domain/views.ts';
import type { GlassInput } from '../approval/pass-by-glass.ts';
import { installHosts } from '../install/facts.ts';
import { noSuchJob } from '../job/change.ts';
import { remembered } from './history.ts';

export interface RollbackInput {
  /** The job whose hosts are rolled back. */
  id: number;
  /** Absent: the affected ones. */
  hostIds?: number[] | undefined;
  includeHealthy?: boolean | undefined;
  plan?: Partial<JobPlan> | undefined;
  reason?: string | undefined;
  breakGlass?: GlassInput | undefined;
}

/** One host of the job, with all that the rules of a rollback ask. */
export interface HostFacts {
  readonly host: InstallHost;
  readonly rule: RollbackHost;
  /** How the job's own task stands there. */
  readonly status: TaskStatus;
  readonly liveness: Liveness;
  readonly rollingBack: number | null;
  /** Ids of the releases it remembers, by version. */
  readonly releaseIds: ReadonlyMap<string, number>;
  /** Versions whose folder it has still: nothing is sent for them. */
  readonly onHost: readonly string[];
}

/** Reads what a rollback is judged by: every host of the job. Throws when there is no such job, or it touched no host. */
export async function rollbackFacts(reader: Reader, { id }: Pick<RollbackInput, 'id'>, now: number) {
  const job = await findJob(reader, id);
  if (!job) throw noSuchJob('Rollback', id);
  const found = await findRelease(reader, job.releaseId);
  if (job.kind === 'download' || !found) {
    const why = `Rollback of job ${id} refused: a download touches no host. Name the install that went wrong.`;
    throw new Refusal('refused', why, { reason: 'touches_no_host' });
  }
  const { product, release } = found;
  const hosts = await hostFacts(reader, job, product.versioning, now);
  return { job, product, release, hosts, downloaded: await downloadedVersions(reader, product.id) };
}

export type RollbackFacts = Awaited<ReturnType<typeof rollbackFacts>>;

async function hostFacts(
  reader: Reader,
  job: { id: number; productId: number; releaseId: number },
  versioning: 'semver' | 'sequence',
  now: number,
): Promise<HostFacts[]> {
  const rows = new Map((await rolloutRows(reader, job.id)).map((row) => [row.hostId, row]));
  const ids = [...rows.keys()];
  const hosts = await installHosts(reader, job.productId, job.releaseId, ids);
  const last = await lastTasks(reader, job.productId, ids);
  const reported = new Map((await reportedOn(reader, ids, job.productId)).map((row) => [row.hostId, row]));
  const histories = Map.groupBy(await historyOf(reader, job.productId, ids), ({ hostId }) => hostId);
  const said = await saidLately(
    reader,
    job.productId,
    ids.map((hostId) => ({ hostId, since: now })),
  );
  return hosts.flatMap((host) => {
    const row = rows.get(host.id);
    if (!row) return [];
    const history = (histories.get(host.id) ?? []).map(remembered);
    const onHost = keptOnHost(versioning, history);
    const known = history.map((one) => ({ ...one, packageKept: one.onServer || onHost.includes(one.version) }));
    const runs = reported.get(host.id);
    return {
      host,
      rule: {
        name: host.name,
        reports: host.deployedVersion,
        failed: last.get(host.id)?.bad ?? false,
        consistent: isConsistent(last.get(host.id), runs),
        healthy: isUnharmed(row.liveness === 'live', said.get(host.id)?.at(-1), now),
        history: known,
      },
      status: row.status,
      liveness: row.liveness,
      rollingBack: last.get(host.id)?.rollingBack ?? null,
      releaseIds: new Map(history.map(({ version, releaseId }) => [version, releaseId])),
      onHost,
    };
  });
}

/** While a task is at work, what a host runs and what it is meant to run may differ. */
function isConsistent(
  last: LastTask | undefined,
  runs: { desiredReleaseId: number | null; reportedReleaseId: number | null } | undefined,
): boolean {
  if (!runs || last?.running || runs.desiredReleaseId === null) return true;
  return runs.desiredReleaseId === runs.reportedReleaseId;
}
