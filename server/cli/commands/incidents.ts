import type { IncidentView } from '../../domain/views.ts';
import { instantText } from '../../domain/wording.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { jobLine } from '../follow-job.ts';
import { idNamed } from '../named.ts';
import { table } from '../text.ts';

const STATES = ['open', 'acknowledged', 'resolved'] as const;

export const incidents = command(
  {
    summary: 'List incidents, newest first',
    args: [],
    options: {
      status: { value: STATES.join('|'), text: 'only these' },
      limit: { value: 'n', text: 'how many, default 20' },
    },
  },
  async (terminal, _args, { status, limit }) => {
    const chosen = STATES.find((name) => name === status);
    if (status !== undefined && chosen === undefined) {
      throw new UsageError(`--status has to be one of ${STATES.join(', ')}.`);
    }
    const list = await terminal.client.call('incidents.list', { status: chosen, limit: limit ?? 20 });
    const rows = list.items.map((one) => [
      String(one.id),
      one.status,
      String(one.jobId),
      one.owner ?? '',
      instantText(one.openedAt),
      one.resolution ?? one.cause.sentence,
    ]);
    const heading = ['incident', 'status', 'job', 'owner', 'opened', 'what'];
    terminal.show(list, () => table(heading, rows, 'no incidents'));
    return 'ok';
  },
);

export const incident = command(
  { summary: 'Show an incident with its timeline', args: ['incident'], options: {} },
  async (terminal, args) => {
    const id = idNamed(args.incident, 'the incident');
    const shown = await terminal.client.call('incidents.show', { id });
    const rows = shown.timeline.map((line) => [
      instantText(line.at),
      line.kind,
      line.jobId === null ? '' : String(line.jobId),
      line.actor,
    ]);
    terminal.show(shown, () => [
      incidentLine(shown.incident),
      ...shown.jobs.map(jobLine),
      ...table(['at', 'what', 'job', 'by'], rows, 'nothing yet'),
    ]);
    return 'ok';
  },
);

export const ack = command(
  {
    summary: 'Acknowledge an incident: it leaves the wall',
    args: ['incident'],
    options: { owner: { value: 'name', text: 'who owns it; default: you' } },
  },
  async (terminal, args, { owner }) => {
    const id = idNamed(args.incident, 'the incident');
    const taken = await terminal.client.call('incidents.acknowledge', { id, owner });
    terminal.show(taken, () => [incidentLine(taken)]);
    return 'ok';
  },
);

export const escalate = command(
  {
    summary: 'Call others to an incident: in its Slack thread and in the log',
    args: ['incident'],
    options: { reason: { value: 'text', text: 'what they need to know' } },
  },
  async (terminal, args, { reason }) => {
    const id = idNamed(args.incident, 'the incident');
    const called = await terminal.client.call('incidents.escalate', { id, reason });
    terminal.show(called, () => [incidentLine(called)]);
    return 'ok';
  },
);

export const resolve = command(
  {
    summary: 'Resolve an incident',
    args: ['incident'],
    options: { resolution: { value: 'text', text: 'what ended it, required' } },
  },
  async (terminal, args, { resolution }) => {
    if (resolution === undefined || resolution.trim() === '') {
      throw new UsageError('resolve needs --resolution "…": what ended the incident.');
    }
    const id = idNamed(args.incident, 'the incident');
    const ended = await terminal.client.call('incidents.resolve', { id, resolution });
    terminal.show(ended, () => [incidentLine(ended)]);
    return 'ok';
  },
);

function incidentLine({ id, status, owner, cause, resolution }: IncidentView): string {
  const who = owner === null ? '' : `, ${owner}`;
  return `incident ${id}: ${status}${who} – ${resolution ?? cause.sentence}`;
}
