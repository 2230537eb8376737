import {
  dispatchTasks,
  endPendingTasks,
  markBlocked,
  markHeld,
  rolloutRows,
  setJobWake,
  updateJob,
  type JobRow,
  type RolloutRow,
} from '../../../db/queries/jobs.ts';
import { saidLately } from '../../../db/queries/health.ts';
import { isReady, steadySince } from '../../domain/host-health.ts';
import { notInService } from '../../domain/install-request.ts';
import type { JobEnd } from '../../domain/job-outcome.ts';
import type { Reason } from '../../domain/reason.ts';
import { judgeRollout, type RolloutDecision, type RolloutFacts } from '../../domain/rollout.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { Context, Transaction } from '../context.ts';
import { followJob } from '../incident/follow-job.ts';
import { record, type Occasion } from '../log/record.ts';
import { wakePipeline } from '../pipeline/wake.ts';
import { spareHosts } from '../recall/spare.ts';
import { signalboxActor } from '../verb.ts';
import { startObstacles, type StartObstacles } from './start-obstacles.ts';
import { activityAfter, problemAfter } from './told.ts';

export interface TaskOnHost {
  taskId: number;
  hostId: number;
}

/** A caller that starts as many tasks itself as it has room for, in this very transaction: nobody is sent for these. */
export interface StartsHere {
  room: number;
  start(tasks: readonly TaskOnHost[]): Promise<void>;
}

/**
 * One look at a job under its row lock: what may start is dispatched to the workers, what must not start any more is
 * ended, and the job's own state follows. Called after every end of a task and whenever anything around the job changes.
 * Rule: section 10.
 */
export async function judgeJob(
  ctx: Context,
  tx: Transaction,
  job: JobRow,
  now: number,
  /** The caller has changed a task, so the job's counts are other than last shown. */
  countsChanged = false,
  here?: StartsHere,
): Promise<RolloutDecision> {
  const spared = await spareHosts(tx, { now, actor: signalboxActor.name }, job);
  const rows = await rolloutRows(tx, job.id);
  const obstacles = await startObstacles(tx, job, rows, now);
  const decision = judgeRollout(await factsOf(tx, job, rows, obstacles, now), now);
  const occasion = { now, actor: signalboxActor.name };
  const notStarted = await endPendingTasks(tx, decision.notStarted.map(Number), {
    status: 'not_started',
    problem: notStartedReason(decision),
    now,
  });
  await record(tx, occasion, 'task.ended', notStarted, { status: 'not_started' });
  await showBlocked(tx, occasion, rows);
  await showHeld(tx, occasion, rows, decision, obstacles.heldBy);
  const toStart = new Set(decision.start.map(Number));
  const unsent = rows.filter(({ id, dispatchedAt }) => dispatchedAt === null && toStart.has(id));
  const mine = unsent.slice(0, here?.room ?? 0).map(({ id, hostId }) => ({ taskId: id, hostId }));
  const dispatched = await dispatchTasks(
    tx,
    unsent.slice(mine.length).map(({ id }) => id),
    now,
  );
  for (const taskId of dispatched) await ctx.enqueue(tx, 'task.run', { taskId });
  if (here && mine.length > 0) await here.start(mine);
  const wakeAt = [obstacles.startBy, nextWords(decision, now)].reduce(earlier, decision.nextAt);
  await followDecision(
    ctx,
    tx,
    occasion,
    job,
    { ...decision, nextAt: wakeAt },
    countsChanged || spared || notStarted.length > 0,
  );
  return decision;
}

/** What hosts have said of their health since their task ended: nobody waits for the others. */
async function healthSince(tx: Transaction, job: JobRow, rows: readonly RolloutRow[]) {
  const ended = rows.flatMap(({ hostId, endedAt }) => (endedAt === null ? [] : { hostId, since: endedAt }));
  return saidLately(tx, job.productId, ended);
}

/** The facts of the rule, from rows. `steadySince` and `ready` follow what the host answers and what it says of itself. */
export async function factsOf(
  tx: Transaction,
  job: JobRow,
  rows: readonly RolloutRow[],
  obstacles: StartObstacles,
  now: number,
): Promise<RolloutFacts> {
  const said = await healthSince(tx, job, rows);
  // What a host out of service last answered says nothing: nobody looks at it any more.
  const contactOf = (row: RolloutRow) => ({
    live: row.liveness === 'live' && row.life === 'active',
    since: row.livenessSince,
  });
  return {
    policy: job.plan,
    tasks: rows.map((row) => ({
      id: String(row.id),
      host: row.hostName,
      role: row.role,
      status: row.status,
      endedAt: row.endedAt,
      steadySince: steadySince(contactOf(row), said.get(row.hostId) ?? [], now),
      ready: isReady(contactOf(row), said.get(row.hostId) ?? [], now),
      outOfService: notInService([{ name: row.hostName, life: row.life }])[0]?.sentence,
      blockedBy: row.blockedBy === null ? null : String(row.blockedBy),
      heldBy: obstacles.heldBy.get(row.hostId),
    })),
    continued: job.continuedWaves,
    paused: job.status === 'paused',
    cancelling: job.status === 'cancelling',
    refusals: obstacles.refusals,
  };
}

/** When the first of the reasons is over, though others stay: a wave that has baked then waits for Continue alone. */
function nextWords({ reasons }: RolloutDecision, now: number): number | null {
  const ahead = reasons.flatMap(({ until }) => (until !== undefined && until > now ? [until] : []));
  return ahead.length > 0 ? Math.min(...ahead) : null;
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** Why the rest was not started: what halted the job is `halted` on each host, with the job's own sentence. */
function notStartedReason(decision: RolloutDecision): Reason | null {
  const [first] = decision.reasons;
  if (!first) return null;
  return first.code === 'over_budget' ? { ...first, code: 'halted' } : first;
}

async function showBlocked(tx: Transaction, occasion: Occasion, rows: readonly RolloutRow[]): Promise<void> {
  const changed = rows.filter((row) => row.status === 'pending' && row.blockedBy !== row.blockedByShown);
  const byJob = Map.groupBy(changed, (row) => row.blockedBy);
  for (const [jobId, blocked] of byJob) {
    const ids = await markBlocked(
      tx,
      blocked.map(({ id }) => id),
      jobId,
    );
    await record(tx, occasion, 'task.blocked', ids);
  }
}

/** Each host that a hold stops now says so, with the hold; one that is stopped no longer says nothing. Rule: section 12. */
async function showHeld(
  tx: Transaction,
  occasion: Occasion,
  rows: readonly RolloutRow[],
  decision: RolloutDecision,
  heldBy: StartObstacles['heldBy'],
): Promise<void> {
  const held = new Set(decision.held);
  const ended = new Set(decision.notStarted);
  const wanted = rows
    .filter(({ id, status }) => status === 'pending' && !ended.has(String(id)))
    .map((row) => ({ ...row, problem: held.has(String(row.id)) ? (heldBy.get(row.hostId) ?? null) : null }))
    .filter(({ problem, heldShown }) => (problem?.sentence ?? null) !== heldShown);
  for (const [problem, changed] of Map.groupBy(wanted, (row) => row.problem)) {
    const ids = await markHeld(
      tx,
      changed.map(({ id }) => id),
      problem,
    );
    await record(tx, occasion, 'task.held', ids, { hold: problem?.['holds'] ?? null, code: problem?.code ?? null });
  }
}

async function followDecision(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  job: JobRow,
  decision: RolloutDecision,
  tasksChanged: boolean,
): Promise<void> {
  const ended = jobHasEnded(decision.jobStatus);
  const problem = problemAfter(job, decision);
  if (decision.nextAt !== job.wakeAt) await setJobWake(tx, job.id, ended ? null : decision.nextAt);
  const same = job.status === decision.jobStatus && job.problem?.sentence === problem?.sentence;
  if (same && !tasksChanged) return;
  await updateJob(tx, job.id, {
    status: decision.jobStatus,
    problem,
    ...(job.startedAt === null && decision.decision === 'start' ? { startedAt: occasion.now } : {}),
    ...(ended ? { endedAt: occasion.now } : {}),
  });
  const kind = activityAfter(job, decision, problem);
  await record(tx, occasion, kind, [job.id], { status: decision.jobStatus });
  if (kind === 'job.halted') await followJob(ctx, tx, occasion, job.id, 'halted');
  if (!ended) return;
  await followJob(ctx, tx, occasion, job.id, decision.jobStatus as JobEnd);
  // A soak may begin with it, and the next install or roll-off may go.
  await wakePipeline(ctx, tx, job.productId);
}
