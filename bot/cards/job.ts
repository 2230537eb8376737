import type { Button } from '@slack/types';
import { JOB_VERBS, jobHasEnded, type JobVerb } from '../../server/domain/task-transition.ts';
import type { JobView } from '../../server/domain/views.ts';
import { counted } from '../../server/domain/wording.ts';
import type { Message } from '../message.ts';
import { actions, button, clock, consoleButton, context, lines, link, message, when } from './blocks.ts';
import { inline } from './escape.ts';
import type { JobFacts } from './facts.ts';
import { glassLine } from './glass.ts';
import { overrideLine } from './window.ts';
import { progressBar, progressWords } from './progress.ts';
import {
  dotted,
  failingLines,
  hostTotal,
  INCIDENT_STATES,
  jobState,
  jobTitle,
  leftOutLine,
  names,
  problemText,
  quoted,
  scopeText,
  wordOf,
} from './words.ts';

/** The one message of a job, true at every moment of it. Details stand in its thread. Rule: section 10. */
export function jobCard(facts: JobFacts): Message {
  const { job, product, environments, url } = facts;
  const title = jobTitle(job, product);
  return message(`${title}: ${wordOf(jobState(job))}. ${progressWords(facts)} Job ${job.id}.`, [
    lines(
      `*${title}*   ${jobState(job)}`,
      dotted(
        scopeText(environments, hostTotal(job.counts)),
        `asked for by ${inline(job.requestedBy, 60)}`,
        approvedText(facts),
        link(url, `job ${job.id}`),
        job.parentJobId === null
          ? null
          : `${job.kind === 'rollback' ? 'after' : 'again, after'} job ${job.parentJobId}`,
      ),
      job.reason === null ? null : quoted(job.reason, 300),
    ),
    lines(glassLine(job), overrideLine(job), leftOutLine(job)),
    lines(progressBar(facts), timeLine(facts)),
    lines(reasonLine(facts)),
    lines(failingLines(facts.failing, facts.failingTotal, url), incidentLine(facts)),
    actions(...buttonsOf(facts)),
    facts.throttledAt === null
      ? null
      : context(`updated ${clock(facts.throttledAt)}: Slack lets cards change only so often, the console is ahead.`),
  ]);
}

function approvedText({ approval }: JobFacts): string | null {
  return approval?.state === 'approved' ? `approved by ${names(approval.approvedBy)}` : null;
}

/** Where the trouble is worked on; its thread once it has one. */
function incidentLine({ incident }: JobFacts): string | null {
  if (!incident) return null;
  const name = `incident ${incident.id}`;
  return `→ ${incident.slackUrl === null ? name : link(incident.slackUrl, name)}: ${INCIDENT_STATES[incident.status]}`;
}

/** Wave and times: when it ends, or when it did. */
function timeLine({ job, etaAt }: JobFacts): string | null {
  const wave = job.waves > 1 && !jobHasEnded(job.status) && job.startedAt !== null;
  const since = job.startedAt === null ? null : `started ${when(job.startedAt)}`;
  const until =
    job.endedAt !== null ? `ended ${when(job.endedAt)}` : etaAt === null ? null : `done about ${when(etaAt)}`;
  return dotted(wave ? `wave ${job.wave} of ${job.waves}` : null, since, until);
}

/** Why it does not go on or ended so, and what runs now. */
function reasonLine({ job, running, approval }: JobFacts): string | null {
  if (job.status === 'waiting_approval' && approval?.state === 'pending') {
    const missing = approval.required - approval.approvedBy.length;
    return `${counted(missing, 'approval')} of ${approval.required} still needed, until ${when(approval.expiresAt)}.`;
  }
  const problem = problemText(job);
  if (problem !== null) return problem;
  if (running.length === 0 || job.status !== 'running') return null;
  const shown = running.slice(0, 3).map(({ name, step }) => dotted2(inline(name, 60), step && inline(step, 40)));
  const more = job.counts.running - shown.length;
  return `now: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function dotted2(name: string, step: string | null): string {
  return step === null ? name : `${name} (${step})`;
}

/** Only what the state allows; what a rule needs beyond the state the facts say. */
function buttonsOf({ job, canRetry, canRollBack, failingTotal, url }: JobFacts): (Button | null)[] {
  const takes = (verb: JobVerb) => (JOB_VERBS[job.status] as readonly JobVerb[]).includes(verb);
  const ended = jobHasEnded(job.status);
  const rollout = job.kind !== 'download';
  return [
    takes('continue') && job.problem?.code === 'manual_wave' ? button('job.continue', job, { style: 'primary' }) : null,
    takes('resume') ? button('job.resume', job, { style: 'primary' }) : null,
    takes('pause') && rollout && job.counts.pending > 0 ? button('job.pause', job) : null,
    canRollBack ? button('job.rollback', job, { style: 'danger' }) : null,
    takes('retry') && canRetry ? button('job.retry', job, { confirm: retryConfirm(job) }) : null,
    takes('cancel') ? button('job.cancel', job, { style: 'danger', confirm: cancelConfirm(job) }) : null,
    rollout && (ended ? job.startedAt !== null : failingTotal > 0) ? button('job.evidence', job) : null,
    consoleButton('job', url),
  ];
}

export function retryConfirm(job: JobView): readonly [string, string, string] {
  const { failed, unreachable, not_started: notStarted } = job.counts;
  if (job.kind === 'download') return ['Download again?', `A new job downloads ${job.version} again.`, 'Retry'];
  const hosts = counted(failed + unreachable + notStarted, 'host');
  const consequence = `A new job takes ${job.version} to the ${hosts} that did not get there, and to no other.`;
  return [`Retry job ${job.id}?`, consequence, 'Retry'];
}

function cancelConfirm(job: JobView): readonly [string, string, string] {
  const { pending, running } = job.counts;
  const consequence =
    job.kind === 'download'
      ? `The download of ${job.version} stops. The release stays available.`
      : `${counted(pending, 'pending host')} will not be started.${running === 0 ? '' : ` ${counted(running, 'running host')} will stop at the next step before activate; what is past it runs to its end.`}`;
  return [`Cancel job ${job.id}?`, consequence, 'Cancel the job'];
}
