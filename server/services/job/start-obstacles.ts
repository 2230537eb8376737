import type { Reader } from '../../../db/connect.ts';
import type { JobRow, RolloutRow } from '../../../db/queries/jobs.ts';
import { BREAK_GLASS_MS, obstaclesLeft } from '../../domain/break-glass.ts';
import type { WorkKind } from '../../domain/holds.ts';
import { START_REFUSALS, type StartRefusal } from '../../domain/start-refusal.ts';
import type { JobKind } from '../../domain/views.ts';
import type { Transaction } from '../context.ts';
import { openGlass } from '../approval/open-glass.ts';
import { settleApproval } from '../approval/settle.ts';
import { holdsOnHosts } from '../hold/on-hosts.ts';
import { signalboxActor } from '../verb.ts';
import { closedOnHosts } from '../window/on-hosts.ts';
import { startRefusals } from './start-refusals.ts';

/** All that may stand between a job and the start of its tasks, read in the transaction that starts. Rule: section 10. */
export interface StartObstacles {
  /** What stops every task of the job. */
  refusals: readonly StartRefusal[];
  /** By host id: the holds, or the closed window, that stop the task there, and none of its neighbours. */
  heldBy: ReadonlyMap<number, StartRefusal>;
  /** Epoch milliseconds from which on what lets the plan start no longer does; null: there is no such limit. */
  startBy: number | null;
}

/** Asked under the job's lock. A request whose time is over, or whose plan is another by now, ends with this look. */
export async function startObstacles(
  tx: Transaction,
  job: JobRow,
  rows: readonly RolloutRow[],
  now: number,
): Promise<StartObstacles> {
  const release = await startRefusals(tx, job);
  const started = rows.some(({ startedAt }) => startedAt !== null);
  const standing = await settleApproval(tx, job, { now, started, release });
  const approval = standing?.refusal ? [standing.refusal] : [];
  const glass = await openGlass(tx, job.id, now);
  if (glass) {
    const refusals = obstaclesLeft([...release, ...approval]);
    return { refusals, heldBy: new Map(), startBy: glass.openedAt + BREAK_GLASS_MS };
  }
  // The end of its request takes the whole job back: there is no failure to tell beside it.
  const withdrawn = [...release, ...approval].filter(({ code }) => START_REFUSALS[code] === 'withdrawn');
  return {
    refusals: withdrawn.length > 0 ? withdrawn : [...release, ...approval],
    heldBy: await stoppedOnHosts(tx, job, rows, now),
    startBy: standing?.startBy ?? null,
  };
}

const WORK = {
  download: 'download',
  install: 'install',
  rollback: 'rollback',
  'roll-off': 'roll_off',
} as const satisfies Record<JobKind, WorkKind>;

/** A hold is told before a closed window: somebody has to release it. */
async function stoppedOnHosts(tx: Transaction, job: JobRow, rows: readonly RolloutRow[], now: number) {
  const pending = rows.filter(({ status }) => status === 'pending').map(({ hostId }) => hostId);
  const closed = await closedOnHosts(tx, job, pending, now);
  return new Map<number, StartRefusal>([...closed, ...(await holdsOf(tx, job, pending, now))]);
}

/** The holds that stop a job, by host: asked by its start, and by who shows what stands in its way. Rule: section 12. */
export function holdsOf(reader: Reader, job: JobRow, hostIds: readonly number[], now: number) {
  const work = {
    kind: WORK[job.kind],
    startedBy: startedBy(job),
    productId: job.productId,
    releaseId: job.releaseId,
    hostIds,
  };
  return holdsOnHosts(reader, work, now);
}

/** A person may be called as Signalbox is, and has an id; tokens are called `token …`. */
function startedBy({ requestedBy, requestedById }: JobRow): 'automation' | 'person' {
  return requestedById === null && requestedBy === signalboxActor.name ? 'automation' : 'person';
}
