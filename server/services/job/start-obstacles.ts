import type { JobRow, RolloutRow } from '../../../db/queries/jobs.ts';
import type { WorkKind } from '../../domain/holds.ts';
import type { StartRefusal } from '../../domain/start-refusal.ts';
import type { JobKind } from '../../domain/views.ts';
import type { Transaction } from '../context.ts';
import { holdsOnHosts } from '../hold/on-hosts.ts';
import { signalboxActor } from '../verb.ts';
import { startRefusals } from './start-refusals.ts';

/** All that may stand between a job and the start of its tasks, read in the transaction that starts. Rule: section 10. */
export interface StartObstacles {
  /** What stops every task of the job. */
  refusals: readonly StartRefusal[];
  /** By host id: the holds that stop the task there, and none of its neighbours. */
  heldBy: ReadonlyMap<number, StartRefusal>;
  /** Epoch milliseconds from which on the approved plan may not start any more; null: there is no such limit. */
  startBy: number | null;
}

const WORK = {
  download: 'download',
  install: 'install',
  rollback: 'rollback',
  'roll-off': 'roll_off',
} as const satisfies Record<JobKind, WorkKind>;

export async function startObstacles(
  tx: Transaction,
  job: JobRow,
  rows: readonly RolloutRow[],
  now: number,
): Promise<StartObstacles> {
  const pending = rows.filter(({ status }) => status === 'pending');
  return {
    refusals: await startRefusals(tx, job),
    heldBy: await holdsOnHosts(
      tx,
      {
        kind: WORK[job.kind],
        startedBy: job.requestedBy === signalboxActor.name ? 'automation' : 'person',
        productId: job.productId,
        releaseId: job.releaseId,
        hostIds: pending.map(({ hostId }) => hostId),
      },
      now,
    ),
    startBy: null,
  };
}
