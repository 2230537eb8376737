import { instantText } from '../../domain/wording.ts';
import { command, type Command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { followJob, jobLine, jobLines, taskLines, tasksOf } from '../follow-job.ts';
import { idNamed } from '../named.ts';
import { table } from '../text.ts';

const CARDS = ['in_progress', 'succeeded', 'failed'] as const;

export const jobs = command(
  {
    summary: 'List jobs, newest first',
    args: [],
    options: {
      card: { value: CARDS.join('|'), text: 'only these' },
      limit: { value: 'n', text: 'how many, default 20' },
    },
  },
  async (terminal, _args, { card, limit }) => {
    const chosen = CARDS.find((name) => name === card);
    if (card !== undefined && chosen === undefined)
      throw new UsageError(`--card has to be one of ${CARDS.join(', ')}.`);
    const page = await terminal.client.call('jobs.list', { card: chosen, limit: limit ?? 20 });
    const rows = page.items.map((job) => [
      String(job.id),
      job.kind,
      job.version,
      job.status,
      job.requestedBy,
      instantText(job.createdAt),
      job.problem?.sentence ?? '',
    ]);
    const heading = ['job', 'kind', 'version', 'status', 'by', 'asked for', 'why'];
    terminal.show(page, () => table(heading, rows, 'no jobs'));
    return 'ok';
  },
);

export const job = command(
  { summary: 'Show a job and its hosts', args: ['job'], options: { wait: { text: 'wait for its end' } } },
  async (terminal, args, { wait }) => {
    const id = idNamed(args.job, 'the job');
    if (wait) return followJob(terminal, id);
    const shown = await terminal.client.call('jobs.show', { id });
    const tasks = await tasksOf(terminal, id);
    terminal.show({ job: shown, tasks }, () => [...jobLines(shown), ...taskLines(tasks)]);
    return 'ok';
  },
);

const changes = {
  pause: 'Start nothing new',
  resume: 'Go on after a pause',
  continue: 'Let the manual wave that waits start',
} as const;

function change(verb: keyof typeof changes): Command {
  return command({ summary: changes[verb], args: ['job'], options: {} }, async (terminal, args) => {
    const changed = await terminal.client.call(`jobs.${verb}`, { id: idNamed(args.job, 'the job') });
    terminal.show(changed, () => [jobLine(changed)]);
    return 'ok';
  });
}

export const pause = change('pause');
export const resume = change('resume');
export const continueJob = change('continue');

export const cancel = command(
  {
    summary: 'Cancel: pending hosts at once, running ones before activate',
    args: ['job'],
    options: { reason: { value: 'text', text: 'why; stands in the log' } },
  },
  async (terminal, args, { reason }) => {
    const cancelled = await terminal.client.call('jobs.cancel', { id: idNamed(args.job, 'the job'), reason });
    terminal.show(cancelled, () => [jobLine(cancelled)]);
    return 'ok';
  },
);

const RETRIED = ['failed', 'unreachable', 'not_started', 'cancelled'] as const;

export const retry = command(
  {
    summary: 'A new job for the hosts that did not get there',
    args: ['job'],
    options: {
      only: { value: RETRIED.join(','), text: 'hosts that ended like this' },
      'rerun-hook': { text: 'also where nobody knows how a hook ended: run it again' },
      wait: { text: 'wait for its end' },
    },
  },
  async (terminal, args, { only, wait, 'rerun-hook': rerunHook }) => {
    const statuses = only?.split(',').map((word) => {
      const status = RETRIED.find((known) => known === word.trim());
      if (status === undefined) throw new UsageError(`--only knows ${RETRIED.join(', ')}, not ${word}.`);
      return status;
    });
    const again = await terminal.client.call('jobs.retry', { id: idNamed(args.job, 'the job'), statuses, rerunHook });
    if (wait) return followJob(terminal, again.id);
    terminal.show(again, () => jobLines(again));
    return 'ok';
  },
);
