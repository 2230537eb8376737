import { failureBudget, jobEnd } from './job-outcome.ts';
import type { FailureBudget, JobEnd } from './job-outcome.ts';
import type { Reason } from './reason.ts';
import type { RolloutPolicy } from './rollout-policy.ts';
import * as why from './rollout-reason.ts';
import type { RolloutCode } from './rollout-reason.ts';
import { START_REFUSALS } from './start-refusal.ts';
import type { StartRefusal } from './start-refusal.ts';
import { taskHasEnded } from './task-transition.ts';
import type { JobStatus, TaskStatus } from './task-transition.ts';
import { wavePlan } from './waves.ts';
import type { HostRole, Wave } from './waves.ts';

export interface RolloutTask {
  readonly id: string;
  readonly host: string;
  readonly role: HostRole;
  readonly status: TaskStatus;
  /** Epoch ms; null until it has ended. */
  readonly endedAt: number | null;
  /** Since when the host has been live and out of ERROR without a break, epoch ms; null: it is not so now. */
  readonly steadySince: number | null;
  /** The host is live and healthy now. */
  readonly ready: boolean;
  /** Why nobody looks at the host now (`line-1 is in maintenance.`): it is neither steady nor ready then. */
  readonly outOfService?: string | undefined;
  /** The other job that has a task running on this host. */
  readonly blockedBy: string | null;
  /** The holds that stop this host's task now; its neighbours go on. Rule: section 12. */
  readonly heldBy?: StartRefusal | null | undefined;
}

export interface RolloutFacts {
  readonly policy: RolloutPolicy;
  readonly tasks: readonly RolloutTask[];
  /** Numbers of the manual waves that somebody continued. */
  readonly continued: readonly number[];
  readonly paused: boolean;
  readonly cancelling: boolean;
  /** What would refuse the start of any task of this job now. */
  readonly refusals: readonly StartRefusal[];
}

export interface RolloutDecision {
  readonly decision: 'halt' | 'complete' | 'start' | 'wait';
  /** Ids of the tasks to start now, in wave order. */
  readonly start: readonly string[];
  /** Ids of the tasks that become `not_started` now, in wave order. */
  readonly notStarted: readonly string[];
  readonly jobStatus: JobStatus;
  /** The wave that is being worked on, null when every task has ended. */
  readonly wave: number | null;
  /** Ids of the tasks whose turn it is and that a hold stops, in wave order. */
  readonly held: readonly string[];
  /** Why the job halts, or why what is pending does not start now. */
  readonly reasons: readonly Reason<RolloutCode>[];
  /** The instant at which time alone lets something start, epoch ms; null when the clock cannot. */
  readonly nextAt: number | null;
}

/**
 * One look at a job: what to start, what to give up, and its state. Judged before each start and after each end. Rule:
 * section 10.
 */
export function judgeRollout(facts: RolloutFacts, now: number): RolloutDecision {
  const look = lookAt(facts);
  if (!look.budget.holds) return halted(look, [why.overBudget(look.budget)], 'failed');
  const end = jobEnd(facts.tasks, facts.policy.maxFailures);
  if (!look.wave) return { ...nothingStarts(look, end, []), decision: 'complete' };
  const ending = facts.refusals.filter(({ code }) => ENDS_JOB[START_REFUSALS[code]]);
  if (ending.length > 0) return halted(look, ending, endByRefusal(facts, ending));
  if (facts.cancelling) return nothingStarts(look, 'cancelling', [why.cancelling(look.running.length)]);
  if (facts.paused) return nothingStarts(look, 'paused', [why.PAUSED]);
  const asking = facts.refusals.filter(({ code }) => START_REFUSALS[code] === 'asks');
  if (asking.length > 0) return nothingStarts(look, 'waiting_approval', asking);
  return startsOf(look, look.wave, now);
}

const ENDS_JOB = { waits: false, asks: false, ends: true, withdrawn: true } as const;

interface Look {
  readonly facts: RolloutFacts;
  readonly waves: readonly Wave<RolloutTask>[];
  /** The first wave with a task that has not ended. */
  readonly wave: Wave<RolloutTask> | undefined;
  readonly ordered: readonly RolloutTask[];
  readonly pending: readonly RolloutTask[];
  readonly running: readonly RolloutTask[];
  readonly budget: FailureBudget;
}

function lookAt(facts: RolloutFacts): Look {
  const waves = wavePlan(facts.tasks, facts.policy.waves);
  const ordered = waves.flatMap(({ members }) => members);
  return {
    facts,
    waves,
    wave: waves.find(({ members }) => members.some(({ status }) => !taskHasEnded(status))),
    ordered,
    pending: ordered.filter(({ status }) => status === 'pending'),
    running: ordered.filter(({ status }) => status === 'running'),
    budget: failureBudget(facts.tasks, facts.policy.maxFailures),
  };
}

function nothingStarts(look: Look, jobStatus: JobStatus, reasons: readonly Reason<RolloutCode>[]): RolloutDecision {
  const untils = reasons.flatMap(({ until }) => until ?? []);
  const byTime = untils.length > 0 && untils.length === reasons.length;
  const nextAt = byTime ? Math.max(...untils) : null;
  const wave = look.wave?.number ?? null;
  return { decision: 'wait', start: [], notStarted: [], jobStatus, wave, held: [], reasons, nextAt };
}

function halted(look: Look, reasons: readonly Reason<RolloutCode>[], end: JobEnd): RolloutDecision {
  const whileRunning = look.facts.cancelling ? 'cancelling' : 'running';
  return {
    ...nothingStarts(look, look.running.length > 0 ? whileRunning : end, reasons),
    decision: 'halt',
    notStarted: look.pending.map(({ id }) => id),
    nextAt: null,
  };
}

/** An approval that falls before anything was started cancels the job: nothing happened, so there is no incident. */
function endByRefusal({ tasks, policy }: RolloutFacts, ending: readonly StartRefusal[]): JobEnd {
  const untouched = tasks.every(({ status }) => !TOUCHES_HOST[status]);
  if (untouched && ending.every(({ code }) => START_REFUSALS[code] === 'withdrawn')) return 'cancelled';
  const ended = tasks.map(({ status }) => ({ status: status === 'pending' ? 'not_started' : status }) as const);
  return jobEnd(ended, policy.maxFailures);
}

const TOUCHES_HOST = {
  pending: false,
  running: true,
  succeeded: true,
  failed: true,
  unreachable: true,
  skipped: false,
  cancelled: true,
  not_started: false,
} as const satisfies Record<TaskStatus, boolean>;

/**
 * What a wave waits for before its first task starts; later tasks of it are not held back again. Rule: section 10
 * (Waves).
 */
function waveGates(look: Look, wave: Wave<RolloutTask>, now: number): Reason<RolloutCode>[] {
  const started = wave.members.some(({ status }) => WAVE_HAS_STARTED[status]);
  if (started) return [];
  const before = look.waves[look.waves.indexOf(wave) - 1];
  const bake = before ? bakeOf(before, look.facts.policy.bakeMs, now) : [];
  const continued = !wave.manual || look.facts.continued.includes(wave.number);
  return continued ? bake : [...bake, why.manualWave(wave.number)];
}

/** A task that ended without a start (skipped when the job was made, refused, cancelled) has not opened its wave. */
const WAVE_HAS_STARTED = {
  pending: false,
  running: true,
  succeeded: true,
  failed: true,
  unreachable: true,
  skipped: false,
  cancelled: false,
  not_started: false,
} as const satisfies Record<TaskStatus, boolean>;

/**
 * All hosts of the wave live and out of ERROR for the bake, counted from its last end or the last break. Rule: section
 * 10 (Waves).
 */
function bakeOf(wave: Wave<RolloutTask>, bakeMs: number, now: number): Reason<RolloutCode>[] {
  if (bakeMs === 0) return [];
  const unsteady = wave.members.filter(({ steadySince }) => steadySince === null);
  if (unsteady.length > 0) return [why.notSteady(wave.number, unsteady, bakeMs)];
  const since = Math.max(...wave.members.flatMap(({ endedAt, steadySince }) => [endedAt ?? 0, steadySince ?? 0]));
  const until = since + bakeMs;
  return now >= until ? [] : [why.baking(wave.number, bakeMs, since, until)];
}

function startsOf(look: Look, wave: Wave<RolloutTask>, now: number): RolloutDecision {
  const pending = wave.members.filter(({ status }) => status === 'pending');
  if (pending.length === 0) return stillRunning(look, [why.waveRunning(wave.number, look.running.length)]);
  const gates = [...look.facts.refusals, ...waveGates(look, wave, now)];
  if (gates.length > 0) return nothingStarts(look, 'waiting', gates);
  return besideHeld(pending, startsAmong(look, pending));
}

/** What is held steps aside for the rest of its wave; the first hold to expire may let something start. Rule: section 12. */
function besideHeld(pending: readonly RolloutTask[], decision: RolloutDecision): RolloutDecision {
  const held = pending.filter(isHeld);
  if (held.length === 0) return decision;
  const ends = held.flatMap(({ heldBy }) => heldBy?.until ?? []);
  return {
    ...decision,
    held: held.map(({ id }) => id),
    reasons: [...new Map(held.map(({ heldBy }) => [heldBy!.sentence, heldBy!])).values(), ...decision.reasons],
    nextAt: ends.length > 0 ? Math.min(...ends) : null,
  };
}

function isHeld({ heldBy }: RolloutTask): boolean {
  return heldBy !== undefined && heldBy !== null;
}

function startsAmong(look: Look, pending: readonly RolloutTask[]): RolloutDecision {
  const waiting = pending.filter((task) => !isHeld(task));
  const first = waiting[0];
  if (!first) return nothingStarts(look, 'waiting', []);
  const alone = besideManagement(look, first);
  if (alone) return stillRunning(look, [alone]);
  const { maxParallel } = look.facts.policy;
  const room = Math.max(0, maxParallel - look.running.length);
  const candidates = first.role === 'management' ? [first] : waiting;
  const free = candidates.filter(({ blockedBy }) => blockedBy === null);
  const reasons = candidates.filter(({ blockedBy }) => blockedBy !== null).map(why.blocked);
  if (free.length > room) reasons.push(why.maxParallel(maxParallel, free.length - room));
  const start = free.slice(0, room).map(({ id }) => id);
  if (start.length === 0) return stillRunning(look, reasons);
  return { ...nothingStarts(look, 'running', reasons), decision: 'start', start };
}

/** Management hosts one at a time, nothing beside them, each live and healthy before the next. Rule: section 10. */
function besideManagement(look: Look, first: RolloutTask): Reason<RolloutCode> | undefined {
  const beside = look.running.find(({ role }) => role === 'management' || first.role === 'management');
  if (beside) return why.managementAlone(first.host, beside);
  if (first.role !== 'management') return undefined;
  const unready = look.ordered.find(
    ({ role, status, ready }) => role === 'management' && taskHasEnded(status) && !ready,
  );
  return unready && why.managementNotReady(first.host, unready);
}

function stillRunning(look: Look, reasons: readonly Reason<RolloutCode>[]): RolloutDecision {
  return nothingStarts(look, look.running.length > 0 ? 'running' : 'waiting', reasons);
}

/**
 * Who is stopped by a cancel now, and who stops at the next step boundary before `activate`. Rule: section 10 (Cancel).
 */
export function cancelScope<Task extends { readonly status: TaskStatus }>(tasks: readonly Task[]) {
  return {
    cancelNow: tasks.filter(({ status }) => status === 'pending'),
    stopAtBoundary: tasks.filter(({ status }) => status === 'running'),
  };
}
