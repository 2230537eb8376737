import { keepHosts } from '../../../db/queries/hosts.ts';
import type { JobRow } from '../../../db/queries/jobs.ts';
import { Refusal } from '../../contracts/errors.ts';
import { leaveOutOfService, notInService, type InstallHost, type LeftOut } from '../../domain/install-request.ts';
import type { Transaction } from '../context.ts';
import { installHosts } from '../install/facts.ts';

/**
 * The hosts that a rollback or roll-off is tried again on, held where they are; those out of service are left out. Throws
 * `refused` with the code of the first when there is no other. Rules: sections 1 (host life) and 10 (Retry).
 */
export async function retriedHosts(
  tx: Transaction,
  job: JobRow,
  hostIds: readonly number[],
): Promise<{ hosts: readonly InstallHost[]; leftOut: readonly LeftOut[] }> {
  await keepHosts(tx, hostIds);
  const { kept, leftOut } = leaveOutOfService(await installHosts(tx, job.productId, job.releaseId, hostIds));
  const [first] = notInService(kept);
  if (!first) return { hosts: kept, leftOut };
  const sentence = `Retry of job ${job.id} refused: ${first.sentence} Put it into service again, then retry.`;
  throw new Refusal('refused', sentence, { reason: first.code });
}
