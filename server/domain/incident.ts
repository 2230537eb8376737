import { allowed, refused, type Decision, type Reason } from './reason.ts';
import type { JobEnd } from './job-outcome.ts';
import type { IncidentStatus, JobKind, TaskCounts } from './views.ts';
import { counted } from './wording.ts';

export type IncidentVerb = 'acknowledge' | 'escalate' | 'resolve';

/** Resolving what nobody acknowledged acknowledges it on the way. */
export const INCIDENT_VERBS = {
  open: ['acknowledge', 'escalate', 'resolve'],
  acknowledged: ['escalate', 'resolve'],
  resolved: [],
} as const satisfies Record<IncidentStatus, readonly IncidentVerb[]>;

/** Whether an incident in this state takes the verb; `by`: who brought it there. */
export function judgeIncidentVerb(
  status: IncidentStatus,
  verb: IncidentVerb,
  by: string | null,
): Decision<'already_acknowledged' | 'already_resolved'> {
  if ((INCIDENT_VERBS[status] as readonly IncidentVerb[]).includes(verb)) return allowed();
  const code = status === 'resolved' ? 'already_resolved' : 'already_acknowledged';
  const who = by === null ? '' : ` by ${by}`;
  return refused(code, `${verb} refused: the incident is ${status} already${who}.`, { status, by });
}

export interface TroubledJob {
  readonly id: number;
  readonly kind: JobKind;
  readonly version: string;
  /** `halted`: it starts nothing more, and tasks still run. */
  readonly state: JobEnd | 'halted';
  readonly counts: Pick<TaskCounts, 'failed' | 'unreachable' | 'not_started'>;
  /** What halted it or ended it, in its own words. */
  readonly problem: Reason | null;
}

/**
 * Why a job opens an incident, or null when it does not: hosts went bad and it failed or halted, or it is a rollback that
 * failed at all. A refusal or a cancel is none, nor is a download, whose release says why it failed. Rules: sections 9, 10.
 */
export function incidentCause({ id, kind, version, state, counts, problem }: TroubledJob): Reason | null {
  const bad = counts.failed + counts.unreachable;
  if (kind === 'download' || (state !== 'failed' && state !== 'halted')) return null;
  if (bad === 0 && kind !== 'rollback') return null;
  const which = kind === 'rollback' ? `The rollback to ${version}` : `The ${kind} of ${version}`;
  const parts = [
    ...(counts.failed > 0 ? [`${counted(counts.failed, 'host')} failed`] : []),
    ...(counts.unreachable > 0 ? [`${counted(counts.unreachable, 'host')} could not be reached`] : []),
    ...(counts.not_started > 0 ? [`${counted(counts.not_started, 'host')} not started`] : []),
  ];
  const code =
    kind === 'rollback'
      ? 'rollback_failed'
      : state === 'halted' || problem?.code === 'over_budget'
        ? 'job_halted'
        : 'job_failed';
  const verb = code === 'job_halted' ? 'halted' : 'failed';
  const what = parts.length > 0 ? `${parts.join(', ')}.` : (problem?.sentence ?? 'no host got there.');
  return { code, sentence: `${which} (job ${id}) ${verb}: ${what}`, bad };
}
