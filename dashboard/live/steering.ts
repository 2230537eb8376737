/** What waits for a person: incidents that nobody took, approvals that are pending, holds in force. Pure. */
import type { WallBoard } from '../../server/domain/board.ts';
import { incidentCause } from '../../server/domain/incident.ts';
import type { ApprovalView, IncidentView, JobView } from '../../server/domain/views.ts';
import type { Mark } from '../theme/states.ts';
import { relativeText, shortInstantText } from './format.ts';
import { heldText, holdsInForce } from './holds.ts';
import { releaseName } from './select.ts';

/** Incidents that nobody has acknowledged, newest first. */
export function openIncidents(board: WallBoard): IncidentView[] {
  return Object.values(board.incidents)
    .filter(({ status }) => status === 'open')
    .sort((a, b) => b.openedAt - a.openedAt || b.id - a.id);
}

/** Requests that wait, the longest wait first. What has run out at `now` waits no more, even before its activity. */
export function pendingApprovals(board: WallBoard, now: number): ApprovalView[] {
  return Object.values(board.approvals)
    .filter(({ state, expiresAt }) => state === 'pending' && expiresAt > now)
    .sort((a, b) => a.requestedAt - b.requestedAt || a.id - b.id);
}

/** One line of what waits for a person, as the wall shows it. */
export interface SteeringLine {
  readonly key: string;
  readonly kind: 'incident' | 'approval' | 'hold';
  readonly mark: Mark;
  /** Read first: `Job 39 karios 4.2.1`. */
  readonly subject: string;
  readonly text: string;
  /** Instant or wait, at the end of the line. */
  readonly since: string;
}

const jobWord = {
  download: 'Download',
  install: 'Install',
  rollback: 'Rollback',
  'roll-off': 'Roll-off',
} as const satisfies Record<JobView['kind'], string>;

/** `Install karios 4.2.1, job 39`: the job by its name, while the board still has it. */
export function jobTitle(board: WallBoard, about: { jobId: number; productId: number; version: string }): string {
  const kind = board.jobs[about.jobId]?.kind;
  return `${kind ? `${jobWord[kind]} ` : ''}${releaseName(board, about)}, job ${about.jobId}`;
}

/**
 * At most `room` lines: incidents first, then approvals, then holds, each kind with one line at least as long as there
 * is room; the last line of a kind says how many more there are.
 */
export function steeringLines(board: WallBoard, now: number, room: number): SteeringLine[] {
  const kinds = [
    openIncidents(board).map((one) => incidentLine(board, one, now)),
    pendingApprovals(board, now).map((one) => approvalLine(board, one, now)),
    holdsInForce(board, now).map((hold) => ({
      key: `hold ${hold.id}`,
      kind: 'hold' as const,
      mark: 'held' as const,
      subject: heldText(hold),
      text: `${hold.reason} (${hold.owner})`,
      since: hold.expiresAt === null ? 'until released' : `until ${shortInstantText(hold.expiresAt, now).slice(0, -3)}`,
    })),
  ].filter((lines) => lines.length > 0);
  const shares = sharesOf(
    kinds.map(({ length }) => length),
    room,
  );
  return kinds.flatMap((lines, at) => cutTo(lines, shares[at] ?? 0));
}

/** One line each, then what is left in the order of the kinds. */
function sharesOf(counts: readonly number[], room: number): number[] {
  const shares = counts.map((_, at) => (at < room ? 1 : 0));
  let left = Math.max(0, room - shares.length);
  return shares.map((share, at) => {
    const more = Math.min(left, (counts[at] ?? 0) - share);
    left -= more;
    return share + more;
  });
}

function cutTo(lines: readonly SteeringLine[], share: number): SteeringLine[] {
  const hidden = lines.length - share;
  return lines
    .slice(0, share)
    .map((line, at) =>
      hidden > 0 && at === share - 1 ? { ...line, since: `${line.since}, and ${hidden} more` } : line,
    );
}

function incidentLine(board: WallBoard, incident: IncidentView, now: number): SteeringLine {
  return {
    key: `incident ${incident.id}`,
    kind: 'incident',
    mark: 'failed',
    subject: jobTitle(board, incident),
    text: causeText(board, incident),
    since: `incident ${incident.id}, ${waitText(incident.openedAt, now)}`,
  };
}

/** Further away, the end of a request is no news, and takes the room of who asked. Milliseconds. */
const expiryNamedMs = 3_600_000;

function approvalLine(board: WallBoard, approval: ApprovalView, now: number): SteeringLine {
  const { approvedBy, required, requester, requestedAt, expiresAt } = approval;
  const soon = expiresAt - now < expiryNamedMs;
  return {
    key: `approval ${approval.id}`,
    kind: 'approval',
    mark: 'waiting',
    subject: jobTitle(board, approval),
    text: `${approvedBy.length}/${required} approved (${requester})`,
    since: `waits ${waitText(requestedAt, now)}${soon ? `, expires ${relativeText(expiresAt, now)}` : ''}`,
  };
}

/** What an incident of a job that ended badly says was counted when it opened; hosts that ran then may have failed since. */
const counted = new Set(['job_halted', 'job_failed']);

/** The cause without the job's name, which stands before it: `halted: 2 hosts failed`. */
export function causeText(board: WallBoard, { cause, jobId }: Pick<IncidentView, 'cause' | 'jobId'>): string {
  const job = board.jobs[jobId];
  const now = counted.has(cause.code) && job?.status === 'failed' ? incidentCause({ ...job, state: 'failed' }) : null;
  return (now ?? cause).sentence.replace(/^The [^:]*\(job \d+\) /, '');
}

/** `12 min`: how long something has waited, in one unit and never less than a second. */
export function waitText(since: number, now: number): string {
  return relativeText(Math.min(since, now - 1_000), now).replace(' ago', '');
}
