import {
  decisionsOf,
  lockApprovalOf,
  updateApproval,
  useGlass,
  type ApprovalRow,
} from '../../../db/queries/approvals.ts';
import { findJob, jobBefore, type JobRow } from '../../../db/queries/jobs.ts';
import { judgeApproval, type ApprovalOutcome, type ApprovalRequest } from '../../domain/approval.ts';
import { decideStart, startBy, supersededBy, type StandingCode } from '../../domain/approved-plan.ts';
import type { Reason } from '../../domain/reason.ts';
import type { StartRefusal } from '../../domain/start-refusal.ts';
import type { Transaction } from '../context.ts';
import { record } from '../log/record.ts';
import { signalboxActor } from '../verb.ts';
import { windowNamed } from '../window/named.ts';
import { exactPlan } from './exact-plan.ts';
import { requestOf } from './request-of.ts';

/** A request, brought up to an instant. */
export interface Standing {
  row: ApprovalRow;
  request: ApprovalRequest;
  outcome: ApprovalOutcome;
  /** Never before the last click: clocks of two servers may differ, the order of the clicks does not. */
  at: number;
  /** Why its plan may not start now; null: it may, or it has. */
  refusal: Reason<StandingCode> | null;
  /** Epoch milliseconds from which on the approved plan may not start any more. */
  startBy: number | null;
}

export interface Surroundings {
  now: number;
  /** A host was taken already: what was approved is used up, what still waits has been passed by. */
  started: boolean;
  /** What the release itself refuses now. */
  release: readonly StartRefusal[];
}

const PASSED_BY: Reason = {
  code: 'glass_broken',
  sentence: 'The plan has started without it: an admin used break-glass.',
};

/**
 * Brings a job's request up to now, under its lock: expired, superseded, or approved and not started in time. Stores and
 * tells the end if this look finds it. Null: the job needed no approval. The caller holds the job's lock. Rule: section 11.
 */
export async function settleApproval(tx: Transaction, job: JobRow, around: Surroundings): Promise<Standing | null> {
  const row = await lockApprovalOf(tx, job.id);
  if (!row) return null;
  const before = requestOf(row, await decisionsOf(tx, row.id, true));
  const at = Math.max(around.now, row.endedAt ?? 0, ...before.decisions.map((click) => click.at));
  if (around.started && row.state !== 'pending') {
    return { row, request: before, outcome: judgeApproval(before, at), at, refusal: null, startBy: null };
  }
  const { plan, hash } = await exactPlan(tx, job.id);
  const open = row.state === 'pending' || row.state === 'approved';
  const says = (code: StartRefusal['code']) => around.release.some((refusal) => refusal.code === code);
  const reason = around.started
    ? PASSED_BY
    : supersededBy(row.plan, { plan, recalled: says('recalled'), demoted: says('demoted') });
  let request = open && reason ? { ...before, superseded: { at, reason } } : before;
  let outcome = judgeApproval(request, at);
  const earlier = await jobBefore(tx, job);
  const notBefore = earlier && (earlier.endedAt ?? at);
  const start = {
    approvedHash: row.planHash,
    planHash: hash,
    startWithinMs: row.startWithinMs,
    notBefore,
    windowEnd: row.windowEnd,
  };
  let decision = decideStart(outcome, start, at);
  const limit = outcome.state === 'approved' ? startBy(outcome.endedAt ?? at, start) : null;
  if (limit !== null && !decision.allowed && decision.refusal.code === 'approval_expired') {
    request = { ...request, lapsedAt: limit };
    outcome = judgeApproval(request, at);
    decision = decideStart(outcome, start, at);
  }
  const settled = await storeEnd(tx, row, request, outcome, around.now);
  const refusal = decision.allowed || around.started ? null : decision.refusal;
  return { row: settled, request, outcome, at, refusal, startBy: outcome.state === 'approved' ? limit : null };
}

/** Stores and tells a state that the row does not have yet; otherwise changes nothing. */
export async function storeEnd(
  tx: Transaction,
  row: ApprovalRow,
  request: ApprovalRequest,
  { state, endedBy, endedAt }: ApprovalOutcome,
  now: number,
): Promise<ApprovalRow> {
  if (state === row.state) return row;
  const superseded = state === 'superseded' ? (request.superseded?.reason ?? null) : null;
  const window = state === 'approved' ? await windowAtApproval(tx, row, now) : {};
  const end = { state, endedBy, endedAt, superseded, ...window };
  await updateApproval(tx, row.id, end);
  await record(tx, { now, actor: endedBy ?? signalboxActor.name }, 'approval.ended', [row.id], { state });
  return { ...row, ...end, revision: row.revision + 1 };
}

/** The window that the card names is still ahead or open; where it has passed, the plan waits for the next. Rule: section 11. */
async function windowAtApproval(tx: Transaction, { jobId, windowEnd }: ApprovalRow, now: number) {
  const job = windowEnd !== null && now < windowEnd ? undefined : await findJob(tx, jobId);
  return job ? windowNamed(tx, job, now) : {};
}

/** The first host is taken: break-glass has had its one use, and a request that it passed by is over. */
export async function noteStart(tx: Transaction, job: JobRow, now: number): Promise<void> {
  await useGlass(tx, job.id, now);
  await settleApproval(tx, job, { now, started: true, release: [] });
}

/** Whoever cancels a job that waits for approval takes the request back. Rule: section 11. */
export async function cancelRequest(tx: Transaction, job: JobRow, by: string, now: number): Promise<void> {
  const row = await lockApprovalOf(tx, job.id);
  if (row?.state !== 'pending') return;
  await updateApproval(tx, row.id, { state: 'cancelled', endedBy: by, endedAt: now });
  await record(tx, { now, actor: by }, 'approval.ended', [row.id], { state: 'cancelled' });
}
