import { jobHasEnded, judgeJobVerb } from '../../../server/domain/task-transition.ts';
import type { JobVerb } from '../../../server/domain/task-transition.ts';
import type { JobView } from '../../../server/domain/views.ts';
import { counted } from '../../../server/domain/wording.ts';

export type RetryStatus = 'failed' | 'unreachable' | 'not_started' | 'cancelled';

/** A button of the job page: what it says, what it will do, and why it cannot be pressed now. */
export interface JobAction {
  readonly verb: JobVerb;
  readonly label: string;
  readonly tone: 'plain' | 'primary' | 'danger';
  /** Which hosts a retry covers. */
  readonly statuses?: readonly RetryStatus[];
  /** Said before it is done, in the words of the rule. */
  readonly consequence: string;
  /** Why not; null: it may be pressed. */
  readonly refusal: string | null;
}

/** Why this person may not; null: they may. */
export type Permission = (action: 'job.cancel' | 'job.pause' | 'job.retry') => string | null;

/** The buttons for a job. Which state allows which verb is the domain's table, never a rule of this page. Rule: section 10. */
export function jobActions(job: JobView, permission: Permission): JobAction[] {
  const rollout = jobHasEnded(job.status) ? retries : steering;
  const actions = (job.kind === 'download' ? downloadActions : rollout)(job);
  return actions.map((action) => ({ ...action, refusal: permission(PERMISSION[action.verb]) ?? action.refusal }));
}

const PERMISSION = {
  cancel: 'job.cancel',
  pause: 'job.pause',
  resume: 'job.pause',
  continue: 'job.pause',
  retry: 'job.retry',
} as const satisfies Record<JobVerb, Parameters<Permission>[0]>;

function steering(job: JobView): JobAction[] {
  const { pending, running } = job.counts;
  const waitsForContinue = job.problem?.code === 'manual_wave';
  return [
    ...(waitsForContinue
      ? [steer(job, 'continue', 'Continue', 'primary', `Wave ${job.wave} of ${job.waves} starts.`)]
      : []),
    job.status === 'paused'
      ? steer(
          job,
          'resume',
          'Resume',
          'primary',
          `The job goes on: ${counted(pending, 'host')} to follow, in waves as planned.`,
        )
      : steer(
          job,
          'pause',
          'Pause',
          'plain',
          `Nothing new starts. ${counted(running, 'host')} now running ${ends(running)}.`,
        ),
    steer(job, 'cancel', 'Cancel job', 'danger', cancelConsequence(pending, running)),
  ];
}

function ends(running: number): string {
  return running === 1 ? 'goes on to its end' : 'go on to their end';
}

function cancelConsequence(pending: number, running: number): string {
  const rest = `${counted(running, 'running host')} ${running === 1 ? 'stops' : 'stop'} at the next step before activate; what is past activate runs to its end.`;
  return `${counted(pending, 'pending host')} ${pending === 1 ? 'is' : 'are'} cancelled at once. ${rest}`;
}

function steer(job: JobView, verb: JobVerb, label: string, tone: JobAction['tone'], consequence: string): JobAction {
  const judged = judgeJobVerb(job.status, verb);
  return { verb, label, tone, consequence, refusal: judged.allowed ? null : judged.refusal.sentence };
}

/** A download touches no host: it can be stopped and tried again, nothing else. */
function downloadActions(job: JobView): JobAction[] {
  if (!jobHasEnded(job.status)) {
    return [
      steer(
        job,
        'cancel',
        'Cancel job',
        'danger',
        `The download of ${job.version} stops. The release stays available.`,
      ),
    ];
  }
  if (job.status === 'succeeded') return [];
  return [
    steer(
      job,
      'retry',
      'Retry download',
      'primary',
      `A new job downloads ${job.version} again. This job stays as it ended.`,
    ),
  ];
}

/** Separate buttons with their counts: a retry never grows by itself, and only ever covers what did not get there. */
function retries(job: JobView): JobAction[] {
  const { failed, unreachable, not_started: notStarted, cancelled } = job.counts;
  const bad = failed + unreachable;
  const actions = [retry(job, `Re-run failed (${bad})`, ['failed', 'unreachable'], 'primary')];
  if (notStarted > 0) {
    const alone = bad === 0;
    const label = alone ? `Re-run not started (${notStarted})` : `+ not started (${notStarted})`;
    actions.push(retry(job, label, alone ? ['not_started'] : ['failed', 'unreachable', 'not_started'], 'plain'));
  }
  if (cancelled > 0) actions.push(retry(job, `Re-run cancelled (${cancelled})`, ['cancelled'], 'plain'));
  return actions;
}

function retry(job: JobView, label: string, statuses: readonly RetryStatus[], tone: JobAction['tone']): JobAction {
  const covered = statuses.reduce((sum, status) => sum + job.counts[status], 0);
  const judged = judgeJobVerb(job.status, 'retry');
  const parts = statuses
    .filter((status) => job.counts[status] > 0)
    .map((status) => `${job.counts[status]} ${WORD[status]}`);
  return {
    verb: 'retry',
    label,
    tone,
    statuses,
    consequence: `A new job installs ${job.version} on ${counted(covered, 'host')} of job ${job.id} (${parts.join(', ')}) and on no other. This job stays as it ended.`,
    refusal: !judged.allowed
      ? judged.refusal.sentence
      : covered === 0
        ? 'No host of this job failed or was unreachable.'
        : null,
  };
}

const WORD = {
  failed: 'failed',
  unreachable: 'unreachable',
  not_started: 'not started',
  cancelled: 'cancelled',
} as const satisfies Record<RetryStatus, string>;
