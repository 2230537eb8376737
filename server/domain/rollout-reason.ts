import type { FailureBudget } from './job-outcome.ts';
import type { Reason } from './reason.ts';
import type { StartRefusalCode } from './start-refusal.ts';
import type { HostRole } from './waves.ts';
import { counted, durationText, instantText, listed } from './wording.ts';

/** Why a job halts or waits, in words and numbers. Rule: section 10. */
export type RolloutCode =
  | StartRefusalCode
  | 'over_budget'
  | 'cancelling'
  | 'paused'
  | 'manual_wave'
  | 'baking'
  | 'not_steady'
  | 'wave_running'
  | 'management_alone'
  | 'management_not_ready'
  | 'max_parallel'
  | 'blocked_by_job';

export const PAUSED: Reason<RolloutCode> = {
  code: 'paused',
  sentence: 'The job is paused: nothing new starts until somebody resumes it.',
};

export function overBudget({ bad, maxFailures }: FailureBudget): Reason<RolloutCode> {
  const sentence = `${counted(bad, 'host')} failed or could not be reached, ${maxFailures} allowed: the job halts.`;
  return { code: 'over_budget', sentence, bad, maxFailures };
}

export function cancelling(running: number): Reason<RolloutCode> {
  const sentence = `The job is being cancelled: ${counted(running, 'task')} still to reach a step boundary or the end.`;
  return { code: 'cancelling', sentence, running };
}

export function manualWave(wave: number): Reason<RolloutCode> {
  return { code: 'manual_wave', sentence: `Wave ${wave} is manual: it waits for Continue.`, wave };
}

export function waveRunning(wave: number, running: number): Reason<RolloutCode> {
  const sentence = `Wave ${wave} has ${counted(running, 'running task')}; the next wave waits for all of them.`;
  return { code: 'wave_running', sentence, wave, running };
}

export function managementAlone(
  next: string,
  beside: { readonly host: string; readonly role: HostRole },
): Reason<RolloutCode> {
  const sentence =
    beside.role === 'management'
      ? `Nothing starts beside the management host ${beside.host}.`
      : `The management host ${next} starts alone, after ${beside.host} has ended.`;
  return { code: 'management_alone', sentence, host: beside.host };
}

/** A host that is waited for. */
interface Awaited {
  readonly host: string;
  readonly outOfService?: string | undefined;
}

export function managementNotReady(next: string, unready: Awaited): Reason<RolloutCode> {
  const sentence = `The management host ${next} starts when ${unready.host} is live and healthy.${resting([unready])}`;
  return { code: 'management_not_ready', sentence, host: unready.host };
}

/** Who is waited for in vain until somebody puts it into service again. */
function resting(hosts: readonly Awaited[]): string {
  return hosts.flatMap(({ outOfService }) => (outOfService ? ` ${outOfService}` : [])).join('');
}

export function maxParallel(limit: number, waiting: number): Reason<RolloutCode> {
  const sentence = `At most ${counted(limit, 'task')} at once: ${counted(waiting, 'task')} of this wave to follow.`;
  return { code: 'max_parallel', sentence, maxParallel: limit, waiting };
}

export function blocked({
  host,
  blockedBy,
  id,
}: {
  readonly host: string;
  readonly blockedBy: string | null;
  readonly id: string;
}): Reason<RolloutCode> {
  return {
    code: 'blocked_by_job',
    sentence: `${host} is blocked by job ${blockedBy}.`,
    host,
    task: id,
    job: blockedBy,
  };
}

export function notSteady(wave: number, unsteady: readonly Awaited[], bakeMs: number): Reason<RolloutCode> {
  const hosts = unsteady.map(({ host }) => host);
  const verb = hosts.length === 1 ? 'is' : 'are';
  const sentence = `The bake of wave ${wave} starts again when ${listed(hosts)} ${verb} live and out of ERROR.${resting(unsteady)}`;
  return { code: 'not_steady', sentence, wave, hosts, bakeMs };
}

export function baking(wave: number, bakeMs: number, since: number, until: number): Reason<RolloutCode> {
  const sentence = `Wave ${wave} bakes for ${durationText(bakeMs)}, until ${instantText(until)}.`;
  return { code: 'baking', sentence, wave, bakeMs, since, until };
}
