import type { MessageMark } from '../../../db/queries/slack-messages.ts';
import type { ActivityKind, AnyActivity } from '../../domain/activity.ts';
import type { ApprovalView, HoldView, JobView } from '../../domain/views.ts';

/** What comes first when not everything can be sent at once. */
export const PRIORITY = { terminal: 0, approval: 1, incident: 2, progress: 3 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/** Approvers are reminded when these parts of a request's time have passed, in percent: each gap is twice the one before. */
const REMINDED_AT = [10, 30, 70] as const;

/** What activities change in Slack: messages by name, and what stands beside jobs, releases and holds. */
export interface Marks {
  readonly messages: Map<string, MessageMark>;
  /** Jobs whose card and whatever stands beside it may say something else now, with the most urgent reason. */
  readonly jobs: Map<number, { priority: Priority; dueAt: number }>;
  /** Jobs on hosts that have taken a step, or may have begun a wave. */
  readonly working: Map<number, { priority: Priority; dueAt: number }>;
  readonly releases: Set<number>;
  readonly holds: { hold: HoldView; part: string; dueAt: number }[];
}

/** `now`: no change is due later than it was read, whatever the clock of the server that made it. */
export function marksOf(activities: readonly AnyActivity[], now: number): Marks {
  const marks: Marks = {
    messages: new Map(),
    jobs: new Map(),
    working: new Map(),
    releases: new Set(),
    holds: [],
  };
  for (const activity of activities) mark(marks, activity, Math.min(activity.at, now));
  return marks;
}

function mark(marks: Marks, activity: AnyActivity, dueAt: number): void {
  switch (activity.entity.kind) {
    case 'job':
      return markJob(marks, activity, activity.view as JobView, dueAt);
    case 'task':
      if (activity.kind !== 'task.created' && activity.jobId !== null) touchJob(marks, activity.jobId, dueAt);
      return;
    case 'release':
      if (activity.kind.startsWith('release.download')) marks.releases.add(activity.entity.id);
      return;
    case 'approval':
      return markApproval(marks, activity, activity.view as ApprovalView, dueAt);
    case 'incident':
      return markIncident(marks, activity, dueAt);
    case 'hold': {
      const hold = activity.view as HoldView;
      // What a rollback leaves on each of its hosts is one step, and the rollback's own.
      marks.holds.push({ hold, part: hold.bar ? '' : noteOf(activity), dueAt });
      return;
    }
    default:
      return;
  }
}

function markJob(marks: Marks, { kind, entity, at }: AnyActivity, view: JobView, dueAt: number): void {
  const ended = kind === 'job.ended';
  const priority = ended || kind === 'job.halted' ? PRIORITY.terminal : PRIORITY.progress;
  const card = { purpose: 'job', entityId: entity.id, part: '' } as const;
  put(marks, { ...card, priority, dueAt, create: kind === 'job.requested' });
  touchJob(marks, entity.id, dueAt, priority);
  if (ended) put(marks, { ...card, part: 'end', priority: PRIORITY.incident, dueAt, create: true });
  if (kind === 'job.glass_broken') putGlass(marks, entity.id, at, dueAt);
  if (view.kind === 'download' || (kind === 'job.progressed' && view.wave === 1)) return;
  marks.working.set(entity.id, { priority: PRIORITY.progress, dueAt });
}

function markApproval(marks: Marks, activity: AnyActivity, view: ApprovalView, dueAt: number): void {
  const { kind, entity, at } = activity;
  const card = { purpose: 'approval', entityId: entity.id, priority: PRIORITY.approval, dueAt } as const;
  const over = kind === 'approval.ended' && view.state !== 'approved';
  put(marks, {
    ...card,
    part: '',
    create: kind === 'approval.requested',
    ...(over ? { priority: PRIORITY.terminal } : {}),
  });
  touchJob(marks, view.jobId, dueAt);
  if (kind === 'approval.glass_broken') putGlass(marks, view.jobId, at, dueAt);
  if (kind !== 'approval.requested') return;
  for (const percent of REMINDED_AT) {
    put(marks, { ...card, part: `reminder:${percent}`, dueAt: reminderAt(view, percent), create: true });
  }
}

function reminderAt({ requestedAt, expiresAt }: ApprovalView, percent: number): number {
  return requestedAt + Math.floor(((expiresAt - requestedAt) * percent) / 100);
}

/** When the reminder after this one is planned, or the request expires. Epoch milliseconds. */
export function nextReminderAt(view: ApprovalView, percent: number): number {
  return reminderAt(view, REMINDED_AT.find((later) => later > percent) ?? 100);
}

function markIncident(marks: Marks, activity: AnyActivity, dueAt: number): void {
  const { kind, entity, jobId, detail } = activity;
  const opened = kind === 'incident.opened';
  const again = opened && detail['again'] === true;
  const card = { purpose: 'incident', entityId: entity.id, part: '', dueAt } as const;
  put(marks, { ...card, priority: INCIDENT_PRIORITY[kind] ?? PRIORITY.incident, create: opened, revive: opened });
  if (jobId !== null) {
    put(marks, { purpose: 'job', entityId: jobId, part: '', priority: PRIORITY.progress, dueAt, revive: opened });
  }
  if (kind === 'incident.threaded') return;
  if (opened) put(marks, { ...card, part: 'hosts', priority: PRIORITY.incident, create: true, revive: true });
  if (opened && !again) return;
  put(marks, { ...card, part: noteOf(activity), priority: PRIORITY.incident, create: true });
}

const INCIDENT_PRIORITY: Partial<Record<ActivityKind, Priority>> = {
  'incident.resolved': PRIORITY.terminal,
  'incident.threaded': PRIORITY.progress,
};

/** Names the note of one activity: said once, and for ever what that activity was. */
function noteOf({ entity }: AnyActivity): string {
  return `note:${entity.kind}:${entity.id}:${entity.revision}`;
}

/** Several in one millisecond are one announcement. */
function putGlass(marks: Marks, jobId: number, at: number, dueAt: number): void {
  const part = `glass:${at}`;
  put(marks, { purpose: 'notice', entityId: jobId, part, priority: PRIORITY.approval, dueAt, create: true });
}

function touchJob(marks: Marks, id: number, dueAt: number, priority: Priority = PRIORITY.progress): void {
  const known = marks.jobs.get(id);
  marks.jobs.set(id, {
    priority: known ? (Math.min(known.priority, priority) as Priority) : priority,
    dueAt: Math.min(known?.dueAt ?? dueAt, dueAt),
  });
}

type Put = Omit<MessageMark, 'notBefore' | 'create' | 'revive'> & Partial<Pick<MessageMark, 'create' | 'revive'>>;

export function put({ messages }: Pick<Marks, 'messages'>, { create = false, revive = false, ...one }: Put): void {
  const key = `${one.purpose} ${one.entityId} ${one.part}`;
  const known = messages.get(key);
  messages.set(key, {
    ...one,
    notBefore: null,
    priority: Math.min(known?.priority ?? one.priority, one.priority),
    dueAt: Math.min(known?.dueAt ?? one.dueAt, one.dueAt),
    create: create || (known?.create ?? false),
    revive: revive || (known?.revive ?? false),
  });
}
