import type { Context } from '../../server/services/context.ts';
import { approvalFacts } from '../../server/services/slack/approval-facts.ts';
import type { ChannelUse } from '../../server/services/slack/channels.ts';
import { evidenceFile, evidenceName } from '../../server/services/slack/evidence-file.ts';
import { glassFacts, incidentFacts, incidentStep } from '../../server/services/slack/incident-facts.ts';
import { jobFacts } from '../../server/services/slack/job-facts.ts';
import { jobPhase } from '../../server/services/slack/job-steps.ts';
import { messageAbout, requestersInSlack, type MessageRow } from '../../server/services/slack/messages.ts';
import { nextReminderAt } from '../../server/services/slack/marks.ts';
import { jobHasEnded } from '../../server/domain/task-transition.ts';
import type { EntityKind } from '../../server/domain/activity.ts';
import { approvalCard, approvalReminder } from '../cards/approval.ts';
import { glassNotice } from '../cards/glass.ts';
import { incidentNote } from '../cards/incident-notes.ts';
import { incidentCard } from '../cards/incident.ts';
import { jobEndNotice, jobStepNote } from '../cards/job-notes.ts';
import { jobCard } from '../cards/job.ts';
import type { Message } from '../message.ts';
import { hostsNote } from './hosts-note.ts';
import { joined, mentioning } from './joined.ts';

/** What a message says now, made from the database. */
export type Draft =
  | {
      readonly kind: 'message';
      /** The job whose channel it belongs to, and which of its channels. */
      readonly jobId: number;
      readonly use: ChannelUse;
      /** The message in whose thread it stands; null: it stands in the channel itself. */
      readonly parent: MessageRow | null;
      readonly message: Message;
      /** The same while updates are held back; null: it never says so. */
      readonly throttled: ((at: number) => Message) | null;
      /** Sent first if it can be, instead of the message. */
      readonly file: { readonly name: string; readonly title: string; readonly content: Buffer } | null;
      readonly broadcast: boolean;
      /** When time alone changes what it says, in epoch milliseconds; null: only what happens does. */
      readonly changesAt: number | null;
      /** Nothing will change any more. */
      readonly final: boolean;
    }
  /** The message in whose thread it belongs is not there yet. */
  | { readonly kind: 'wait' }
  /** There is nothing to say, and there will not be. */
  | { readonly kind: 'drop' };

const DROP: Draft = { kind: 'drop' };

/** Never asks Slack: the same database makes the same message. Time decides only which holds are in force, and of reminders. */
export function compose(ctx: Context, row: MessageRow): Promise<Draft> {
  const [what = '', ...rest] = row.part.split(':');
  const composer = COMPOSERS[`${row.purpose} ${what}`];
  return composer ? composer(ctx, row, rest) : Promise.resolve(DROP);
}

type Composer = (ctx: Context, row: MessageRow, rest: string[]) => Promise<Draft>;

const COMPOSERS: Readonly<Record<string, Composer>> = {
  'job ': jobDraft,
  'job steps': stepsDraft,
  'job end': endDraft,
  'approval ': approvalDraft,
  'approval reminder': reminderDraft,
  'incident ': incidentDraft,
  'incident hosts': hostsDraft,
  'incident note': noteDraft,
  'notice glass': glassDraft,
};

async function jobDraft(ctx: Context, { entityId }: MessageRow): Promise<Draft> {
  const facts = await jobFacts(ctx, entityId);
  if (!facts) return DROP;
  const { job, incident } = facts;
  const ended = jobHasEnded(job.status);
  return {
    ...inChannel(entityId, 'cards'),
    message: jobCard({ ...facts, throttledAt: null }),
    throttled: ended ? null : (throttledAt) => jobCard({ ...facts, throttledAt }),
    final: ended && (incident === null || incident.status === 'resolved'),
  };
}

async function stepsDraft(ctx: Context, { entityId }: MessageRow, [start]: string[]): Promise<Draft> {
  return inThread(ctx, 'job', entityId, async () => {
    const { job, steps, closed } = await jobPhase(ctx, entityId, Number(start));
    if (!job || steps.length === 0) return DROP;
    const message = joined(steps.map((step) => jobStepNote({ job }, step)));
    return { ...inChannel(entityId, 'cards'), message, final: closed || jobHasEnded(job.status) };
  });
}

/** Whoever asked is told, with the evidence: in the incident's thread where there is one, else in the job's. */
async function endDraft(ctx: Context, { entityId }: MessageRow): Promise<Draft> {
  const facts = await jobFacts(ctx, entityId);
  if (!facts || !jobHasEnded(facts.job.status)) return DROP;
  const { job, incident } = facts;
  const users = await requestersInSlack(ctx, entityId);
  const worked = job.kind !== 'download' && job.startedAt !== null;
  if (!worked && users.length === 0) return DROP;
  const own = incident && (await messageAbout(ctx, 'incident', incident.id));
  const [purpose, id] = own && incident ? (['incident', incident.id] as const) : (['job', entityId] as const);
  return inThread(ctx, purpose, id, async () => {
    const content = worked ? await evidenceFile(ctx, entityId) : null;
    const file = content && { name: evidenceName(entityId), title: `Evidence of job ${entityId}`, content };
    const message = mentioning(users, jobEndNotice({ ...facts, throttledAt: null }));
    return { ...inChannel(entityId, own ? 'escalation' : 'cards'), message, file, final: true };
  });
}

async function approvalDraft(ctx: Context, { entityId }: MessageRow): Promise<Draft> {
  const facts = await approvalFacts(ctx, entityId);
  if (!facts) return DROP;
  const { approval, job } = facts;
  const settled = approval.state === 'approved' ? job.startedAt !== null || jobHasEnded(job.status) : true;
  return {
    ...inChannel(job.id, 'cards'),
    message: approvalCard(facts),
    changesAt: facts.changesAt,
    final: approval.state !== 'pending' && settled,
  };
}

/** Only the last of those whose time has come: who was away is not reminded three times at once. */
async function reminderDraft(ctx: Context, { entityId }: MessageRow, [percent]: string[]): Promise<Draft> {
  return inThread(ctx, 'approval', entityId, async () => {
    const facts = await approvalFacts(ctx, entityId);
    const now = ctx.clock.now();
    if (facts?.approval.state !== 'pending' || now >= nextReminderAt(facts.approval, Number(percent))) return DROP;
    return { ...inChannel(facts.job.id, 'cards'), message: approvalReminder(facts), final: true };
  });
}

async function incidentDraft(ctx: Context, { entityId }: MessageRow): Promise<Draft> {
  const facts = await incidentFacts(ctx, entityId);
  if (!facts) return DROP;
  const final = facts.incident.status === 'resolved';
  const { changesAt } = facts;
  return { ...inChannel(facts.job.id, 'escalation'), message: incidentCard(facts), changesAt, final };
}

async function hostsDraft(ctx: Context, { entityId }: MessageRow): Promise<Draft> {
  return inThread(ctx, 'incident', entityId, async () => {
    const facts = await incidentFacts(ctx, entityId);
    if (!facts || facts.failing.length === 0) return DROP;
    const message = hostsNote(facts);
    return { ...inChannel(facts.job.id, 'escalation'), message, final: jobHasEnded(facts.job.status) };
  });
}

async function noteDraft(ctx: Context, { entityId }: MessageRow, [kind, id, revision]: string[]): Promise<Draft> {
  return inThread(ctx, 'incident', entityId, async () => {
    const of = { kind: kind as EntityKind, id: Number(id), revision: Number(revision) };
    const found = await incidentStep(ctx, entityId, of);
    if (!found) return DROP;
    const { incident, step } = found;
    // Somebody calls others: those who are in the channel, not in the thread.
    const broadcast = step.kind === 'escalated';
    const place = inChannel(incident.jobId, 'escalation');
    return { ...place, message: incidentNote(incident, step), broadcast, final: true };
  });
}

async function glassDraft(ctx: Context, { entityId }: MessageRow, [at]: string[]): Promise<Draft> {
  const facts = await glassFacts(ctx, entityId, Number(at));
  return facts ? { ...inChannel(entityId, 'escalation'), message: glassNotice(facts), final: true } : DROP;
}

function inChannel(jobId: number, use: ChannelUse) {
  const plain = { parent: null, throttled: null, file: null, broadcast: false, changesAt: null };
  return { kind: 'message', jobId, use, ...plain } as const;
}

/** Asks for what it says only when its thread is there. */
async function inThread(
  ctx: Context,
  purpose: 'job' | 'approval' | 'incident',
  entityId: number,
  make: () => Promise<Draft>,
): Promise<Draft> {
  const parent = await messageAbout(ctx, purpose, entityId);
  if (!parent) return DROP;
  if (parent.ts === null) return { kind: 'wait' };
  const draft = await make();
  return draft.kind === 'message' ? { ...draft, parent } : draft;
}
