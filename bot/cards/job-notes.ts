import type { Reason } from '../../server/domain/reason.ts';
import { counted } from '../../server/domain/wording.ts';
import type { Message } from '../message.ts';
import { actions, consoleButton, lines, link, message, when } from './blocks.ts';
import { inline } from './escape.ts';
import type { JobFacts } from './facts.ts';
import { progressWords } from './progress.ts';
import { failingLines, hostTotal, jobState, jobTitle, wordOf } from './words.ts';

/** One step on a job's way, as its thread tells it. `at`: epoch milliseconds; `by`: who did it, Signalbox where nobody did. */
export type JobStep = { readonly at: number; readonly by: string } & (
  | { readonly kind: 'started' | 'resumed' | 'paused' | 'continued' | 'cancelling' }
  | { readonly kind: 'wave'; readonly wave: number; readonly waves: number; readonly hosts: number }
  | { readonly kind: 'waiting' | 'halted'; readonly reason: Reason | null }
  | { readonly kind: 'glass_broken'; readonly reason: string }
  | { readonly kind: 'ended' }
);

/** A reply in the job's thread; never changed once it is said. */
export function jobStepNote({ job }: Pick<JobFacts, 'job'>, step: JobStep): Message {
  const text = stepText(job, step);
  return message(`Job ${job.id}: ${wordOf(text)}`, [lines(`${text}   ${when(step.at)}`)]);
}

function stepText(job: JobFacts['job'], step: JobStep): string {
  const by = inline(step.by, 60);
  switch (step.kind) {
    case 'started':
      return `▸ It started on the first of ${counted(hostTotal(job.counts), 'host')}`;
    case 'wave':
      return `▸ Wave ${step.wave} of ${step.waves} started: ${counted(step.hosts, 'host')}`;
    case 'resumed':
      return `▸ It goes on${step.by === 'signalbox' ? '' : ` (${by})`}`;
    case 'paused':
      return `‖ ${by} paused it: nothing new starts, what runs goes on`;
    case 'continued':
      return `▸ ${by} let the next wave start`;
    case 'cancelling':
      return `⊘ ${by} cancelled it`;
    case 'waiting':
      return `◷ It waits${because(step.reason)}`;
    case 'halted':
      return `✗ It halted${because(step.reason)}`;
    case 'glass_broken':
      return `△ Break-glass by ${by}: ${inline(step.reason, 300)}`;
    case 'ended':
      return `${jobState(job)}: ${job.counts.succeeded + job.counts.skipped} of ${counted(hostTotal(job.counts), 'host')} got there`;
  }
}

function because(reason: Reason | null): string {
  return reason === null ? '' : `: ${inline(reason.sentence, 500)}`;
}

/** For whoever asked for the job, once it is over: how it ended, and what is left to do. */
export function jobEndNotice(facts: JobFacts): Message {
  const { job, product, url } = facts;
  const title = jobTitle(job, product);
  return message(`${title}: ${wordOf(jobState(job))}. ${progressWords(facts)} Job ${job.id}.`, [
    lines(
      `*${jobState(job)}*   your ${link(url, `job ${job.id}`)}: ${title}`,
      progressWords(facts),
      job.problem && inline(job.problem.sentence, 500),
    ),
    lines(failingLines(facts.failing, facts.failingTotal, url)),
    actions(consoleButton('job', url)),
  ]);
}
