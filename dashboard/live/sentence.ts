import type { ActivityKind } from '../../server/domain/activity.ts';
import type { WallBoard, TickerLine } from '../../server/domain/board.ts';
import { rangeText } from '../../server/domain/recall-range.ts';
import { counted, listed } from '../../server/domain/wording.ts';
import type { JobStatus, JobView, TaskStatus } from '../../server/domain/views.ts';
import type { Mark } from '../theme/states.ts';
import { heldText } from './holds.ts';
import { jobMarks, taskMarks } from './marks.ts';
import { productName, releaseName, taskTotal } from './select.ts';

/**
 * Every fact of the log as one sentence. Names come from the board as it stands now, what happened from the line; where
 * the line is silent on an outcome, the entity says it as long as the board still has it.
 */
type Speaker = (line: TickerLine, board: WallBoard) => string;

const speakers = {
  'product.declared': (line, board) => `${line.actor} declared the product ${product(line, board)}.`,
  'product.feed_checked': feedChecked,
  'product.removed': (line, board) => `${line.actor} removed the product ${product(line, board)}.`,
  'channel.declared': (line, board) => `${line.actor} declared the channel ${named(board.channels, line)}.`,
  'channel.removed': (line, board) => `${line.actor} removed the channel ${named(board.channels, line)}.`,
  'environment.declared': (line, board) => `${line.actor} declared the environment ${named(board.environments, line)}.`,
  'environment.removed': (line, board) => `${line.actor} removed the environment ${named(board.environments, line)}.`,
  'environment.checked': clientChecked,
  'environment.deployed': clientDeployed,
  'environment.token_issued': (line, board) =>
    `${line.actor} issued a feed token for ${clientProduct(line)} in ${named(board.environments, line)}.`,
  'environment.token_revoked': (line, board) =>
    `${line.actor} revoked the feed token for ${clientProduct(line)} in ${named(board.environments, line)}.`,
  'host.declared': (line, board) =>
    `${line.actor} ${line.detail['retired'] ? 'retired' : 'declared'} the host ${named(board.hosts, line)}.`,
  'host.removed': (line, board) => `${line.actor} removed the host ${named(board.hosts, line)}.`,
  'host.live': (line, board) => `${named(board.hosts, line)} answers.`,
  'host.unreachable': hostUnreachable,
  'host.reported': hostReported,
  'host.health_changed': hostHealth,
  'release.published': (line, board) => `${release(line, board)} entered the catalog.`,
  'release.conflict': releaseConflict,
  'release.download_started': (line, board) => `${line.actor} started the download of ${release(line, board)}.`,
  'release.download_progressed': (line, board) => `More of ${release(line, board)} has arrived.`,
  'release.promoted': (line, board) => `${line.actor} promoted ${release(line, board)}${toChannel(line)}.`,
  'release.demoted': (line, board) => `${line.actor} demoted ${release(line, board)}${onChannel(line)}.`,
  'release.undemoted': (line, board) => `${line.actor} un-demoted ${release(line, board)}${onChannel(line)}.`,
  'release.archived': (line, board) => `${line.actor} archived ${release(line, board)}.`,
  'release.unarchived': (line, board) => `${line.actor} un-archived ${release(line, board)}.`,
  'release.required': (line, board) => `${line.actor} marked ${release(line, board)} as required.`,
  'release.unrequired': (line, board) => `${line.actor} unmarked ${release(line, board)} as required.`,
  'release.edited': (line, board) => `${line.actor} edited ${edited(line)} of ${release(line, board)}.`,
  'release.downloaded': (line, board) => `${release(line, board)} is downloaded and verified.`,
  'release.download_failed': downloadFailed,
  'job.requested': jobRequested,
  'job.started': (line, board) => `${job(line, board)} started.`,
  'job.progressed': (line, board) => `${job(line, board)} moved on.`,
  'job.waiting': (line, board) => because(`${job(line, board)} waits`, jobOf(line, board)?.problem),
  'job.resumed': (line, board) => `${job(line, board)} goes on.`,
  'job.paused': (line, board) => `${line.actor} paused ${inner(job(line, board))}.`,
  'job.continued': (line, board) => `${line.actor} let the next wave of ${inner(job(line, board))} start.`,
  'job.glass_broken': (line, board) => `${line.actor} used break-glass for ${inner(job(line, board))}.`,
  'job.halted': (line, board) => because(`${job(line, board)} halted`, jobOf(line, board)?.problem),
  'job.cancelling': (line, board) => `${line.actor} cancelled ${inner(job(line, board))}.`,
  'job.ended': jobEnded,
  'hold.created': (line, board) => `${line.actor} put a hold on ${heldScope(line, board)}.`,
  'hold.released': (line, board) => `${line.actor} released the hold on ${heldScope(line, board)}.`,
  'incident.opened': (line) => `Incident ${line.entity.id} opened for job ${line.jobId}.`,
  'incident.acknowledged': (line) => `${line.actor} acknowledged incident ${line.entity.id}.`,
  'incident.escalated': (line) => `${line.actor} called others to incident ${line.entity.id}.`,
  'incident.threaded': (line) => `Incident ${line.entity.id} has its thread in Slack.`,
  'incident.noted': incidentNoted,
  'incident.resolved': (line) => `${line.actor} resolved incident ${line.entity.id}.`,
  'approval.requested': (line) => `${line.actor} asks for approval of job ${line.jobId}.`,
  'approval.decided': (line) => `${line.actor} approved job ${line.jobId}; more approvals are needed.`,
  'approval.ended': (line, board) =>
    `The approval of job ${line.jobId} is ${board.approvals[line.entity.id]?.state ?? 'over'} (${line.actor}).`,
  'approval.glass_broken': (line) => `${line.actor} used break-glass for job ${line.jobId}.`,
  'rule.declared': (line, board) => `${line.actor} declared the approval rule ${named(board.rules, line)}.`,
  'display.paired': (line, board) => `${line.actor} paired the display ${named(board.displays, line)}.`,
  'display.changed': (line, board) => `${line.actor} changed the display ${named(board.displays, line)}.`,
  'display.revoked': (line, board) => `${line.actor} revoked the display ${named(board.displays, line)}.`,
  'rule.removed': (line, board) => `${line.actor} removed the approval rule ${named(board.rules, line)}.`,
  'pipeline.declared': (line, board) => `${line.actor} declared ${pipeline(line, board)}.`,
  'pipeline.removed': (line, board) => `${line.actor} removed ${pipeline(line, board)}.`,
  'pipeline.paused': (line, board) => `${line.actor} paused ${pipeline(line, board)}.`,
  'pipeline.resumed': (line, board) => `${line.actor} resumed ${pipeline(line, board)}.`,
  'evaluation.begun': (line, board) => `${evaluated(line, board)} is being evaluated.`,
  'evaluation.changed': (line, board) =>
    because(`${evaluated(line, board)} is still evaluated`, firstReason(line, board)),
  'evaluation.promoted': (line, board) => `${evaluated(line, board)} passed.`,
  'evaluation.superseded': (line, board) =>
    because(`${evaluated(line, board)} is superseded`, firstReason(line, board)),
  'evaluation.cancelled': (line, board) => because(`${evaluated(line, board)} is given up`, firstReason(line, board)),
  'evaluation.recalled': (line, board) => because(`${evaluated(line, board)} is recalled`, firstReason(line, board)),
  'evaluation.paused': (line, board) => because(`${evaluated(line, board)} cannot be judged`, firstReason(line, board)),
  'evaluation.reopened': (line, board) => `${line.actor} has ${evaluated(line, board)} judged again.`,
  'recall.opened': (line, board) => `${line.actor} recalled ${recalled(line, board)}.`,
  'recall.reverted': (line, board) => `${line.actor} reverted the recall of ${recalled(line, board)}.`,
  'task.created': (line, board) => `${host(line, board)} is part of job ${line.jobId}.`,
  'task.blocked': taskBlocked,
  'task.held': taskHeld,
  'task.started': (line, board) => `Job ${line.jobId} started on ${host(line, board)}.`,
  'task.taken_over': (line, board) => `Another worker took over ${host(line, board)} in job ${line.jobId}.`,
  'task.step': (line, board) => `${host(line, board)} reached the next step of job ${line.jobId}.`,
  'task.ended': taskEnded,
  'person.set_up': (line) => `${line.actor} set the server up, as its first admin.`,
  'person.invited': (line) => `${line.actor} invited ${who(line)} as ${grantsOf(line)}.`,
  'person.granted': (line) => `${line.actor} made ${who(line)} ${grantsOf(line)}.`,
  'person.disabled': (line) => `${line.actor} disabled ${who(line)}.`,
  'person.enabled': (line) => `${line.actor} lets ${who(line)} sign in again.`,
  'person.password_set': (line) => `${line.actor} chose a password.`,
  'person.totp_enabled': (line) => `${line.actor} signs in with the codes of a device from now on.`,
  'person.totp_disabled': (line) => `${line.actor} signs in without codes again.`,
  'person.totp_reset': (line) => `${line.actor} took the codes of ${who(line)} away.`,
  'token.created': (line) => `${line.actor} made the API token ${who(line)}, which is ${grantsOf(line)}.`,
  'token.revoked': (line) => `${line.actor} revoked the API token ${who(line)}.`,
} as const satisfies Record<ActivityKind, Speaker>;

function who({ entity, detail }: TickerLine): string {
  return typeof detail['name'] === 'string' ? detail['name'] : `${entity.kind} ${entity.id}`;
}

function grantsOf({ detail }: TickerLine): string {
  const grants = Array.isArray(detail['grants']) ? detail['grants'] : [];
  return grants.length === 0 ? 'somebody without a role' : listed(grants.map(String));
}

/** One fact as a sentence. `line.kind` may be one that this build does not know yet: then it says just that. */
export function sentence(line: TickerLine, board: WallBoard): string {
  const speak = (speakers as Record<string, Speaker | undefined>)[line.kind];
  return speak ? speak(line, board) : `${line.actor}: ${line.kind}.`;
}

const troubled: ReadonlySet<ActivityKind> = new Set([
  'host.unreachable',
  'release.conflict',
  'release.download_failed',
  'job.halted',
  'incident.opened',
  'approval.glass_broken',
  'job.glass_broken',
  'evaluation.recalled',
  'recall.opened',
]);

/** The mark beside a fact, for those that are trouble or an end; null: the words are enough. */
export function sentenceMark(line: TickerLine, board: WallBoard): Mark | null {
  if (line.kind === 'job.ended') return jobMarks[jobStatus(line, board) ?? 'cancelled'];
  if (line.kind === 'task.ended') return taskMarks[taskStatus(line, board) ?? 'pending'];
  if (line.kind === 'hold.created') return 'held';
  if (line.kind === 'approval.requested') return 'waiting';
  if (line.kind === 'release.conflict' && line.detail['settled']) return null;
  return troubled.has(line.kind) ? 'failed' : null;
}

function feedChecked(line: TickerLine, board: WallBoard): string {
  const { published, problems } = line.detail;
  const found = typeof published === 'number' && published > 0 ? `: ${counted(published, 'new release')}` : '';
  const wrong = typeof problems === 'number' && problems > 0 ? `, ${counted(problems, 'problem')}` : '';
  return `The feed of ${product(line, board)} was checked${found}${wrong}.`;
}

function edited({ detail }: TickerLine): string {
  return Array.isArray(detail['changed']) ? listed(detail['changed'].map(String)) : 'what is said';
}

function clientProduct({ detail }: TickerLine): string {
  return typeof detail['product'] === 'string' ? detail['product'] : 'a product';
}

function clientChecked(line: TickerLine, board: WallBoard): string {
  const { appeared, disappeared, problem } = line.detail;
  const looked = `${named(board.environments, line)} looked for releases of ${clientProduct(line)}`;
  if (typeof problem === 'string') return because(`${looked} in vain`, { sentence: problem });
  const news = [
    ...(isTexts(appeared) ? [`${listed(appeared)} appeared`] : []),
    ...(isTexts(disappeared) ? [`${listed(disappeared)} disappeared`] : []),
  ];
  return news.length === 0 ? `${looked}.` : `${looked}: ${news.join(', ')}.`;
}

function clientDeployed(line: TickerLine, board: WallBoard): string {
  const { version, outcome } = line.detail;
  const what = `${clientProduct(line)}${typeof version === 'string' ? ` ${version}` : ''}`;
  return `${named(board.environments, line)} ${outcome === 'failed' ? 'failed to deploy' : 'deployed'} ${what}.`;
}

function isTexts(detail: unknown): detail is string[] {
  return Array.isArray(detail) && detail.length > 0;
}

function hostUnreachable(line: TickerLine, board: WallBoard): string {
  const view = board.hosts[line.entity.id];
  const problem = view?.liveness === 'unreachable' ? view.livenessProblem : null;
  return because(`${named(board.hosts, line)} does not answer`, problem);
}

function hostReported(line: TickerLine, board: WallBoard): string {
  const host = named(board.hosts, line);
  const { version } = line.detail;
  if (version === null) return `${host} reports that nothing is installed.`;
  return typeof version === 'string' ? `${host} reports that it runs ${version}.` : `${host} reports what it runs.`;
}

function hostHealth(line: TickerLine, board: WallBoard): string {
  const { productId, state, live, stale } = line.detail;
  const host = named(board.hosts, line);
  const what = productName(board, typeof productId === 'number' ? productId : null);
  if (stale === true) return `${host} says nothing of the health of ${what} any more.`;
  if (live === false) return `${host}: ${what} is not live.`;
  return typeof state === 'string' ? `${host} reports ${state} for ${what}.` : `${host}: ${what} is live.`;
}

function pipeline(line: TickerLine, board: WallBoard): string {
  const known = board.pipelines[line.entity.id];
  return known ? `the pipeline of ${productName(board, known.productId)}` : `pipeline ${line.entity.id}`;
}

/** `orders 4.2.1 at dev → canary`. */
function evaluated(line: TickerLine, board: WallBoard): string {
  const known = board.evaluations[line.entity.id];
  if (!known) return `Evaluation ${line.entity.id}`;
  return `${releaseName(board, known)} at ${known.source} → ${known.target}`;
}

function firstReason(line: TickerLine, board: WallBoard): { sentence: string } | undefined {
  return board.evaluations[line.entity.id]?.reasons[0];
}

function recalled(line: TickerLine, board: WallBoard): string {
  const known = board.recalls[line.entity.id];
  return known ? `${productName(board, known.productId)} ${rangeText(known.range)}` : `recall ${line.entity.id}`;
}

function toChannel(line: TickerLine): string {
  const channel = line.detail['channel'];
  return typeof channel === 'string' ? ` to ${channel}` : '';
}

function releaseConflict(line: TickerLine, board: WallBoard): string {
  return line.detail['settled']
    ? `The feed agrees again on ${release(line, board)}.`
    : `The feed states another digest for ${release(line, board)}; it was not taken over.`;
}

function downloadFailed(line: TickerLine, board: WallBoard): string {
  return because(`The download of ${release(line, board)} failed`, board.releases[line.entity.id]?.downloadProblem);
}

const asks = {
  download: 'to download',
  install: 'to install',
  rollback: 'to roll back to',
  'roll-off': 'to roll off',
} as const satisfies Record<JobView['kind'], string>;

function jobRequested(line: TickerLine, board: WallBoard): string {
  const view = jobOf(line, board);
  if (!view) return `${line.actor} asked for job ${line.jobId}.`;
  const hosts = view.kind === 'download' ? '' : ` on ${counted(taskTotal(view), 'host')}`;
  return `${line.actor} asked ${asks[view.kind]} ${releaseName(board, view)}${hosts}: job ${view.id}.`;
}

function jobEnded(line: TickerLine, board: WallBoard): string {
  const status = jobStatus(line, board);
  const problem = status === 'failed' ? jobOf(line, board)?.problem : null;
  return because(`${job(line, board)} ${status === 'cancelled' ? 'was cancelled' : (status ?? 'ended')}`, problem);
}

const noted = {
  waiting_approval: 'waits for approval',
  queued: 'was asked for',
  running: 'runs',
  waiting: 'waits',
  paused: 'is paused',
  cancelling: 'is being cancelled',
  succeeded: 'succeeded',
  cancelled: 'was cancelled',
  failed: 'failed',
} as const satisfies Record<JobStatus, string>;

/** `Incident 3: the rollback to 4.2.0 (job 45) succeeded.` */
function incidentNoted(line: TickerLine): string {
  const { job: jobId, jobKind, status, version } = line.detail;
  if (typeof jobId !== 'number' || typeof version !== 'string') return `Incident ${line.entity.id}: recovery moved on.`;
  const what = jobKind === 'rollback' ? `rollback to ${version}` : `re-run of ${version}`;
  return `Incident ${line.entity.id}: the ${what} (job ${jobId}) ${noted[stated<JobStatus>(status, noted) ?? 'running']}.`;
}

function taskHeld(line: TickerLine, board: WallBoard): string {
  const { hold, code } = line.detail;
  const where = `${host(line, board)} in job ${line.jobId}`;
  if (code === 'window_closed') return `The maintenance window keeps ${where} waiting.`;
  return hold === null ? `Nothing stops ${where} any more.` : `A hold stops ${where}.`;
}

function taskBlocked(line: TickerLine, board: WallBoard): string {
  const by = taskOf(line, board)?.blockedByJobId;
  return `${host(line, board)} is busy with ${by ? `job ${by}` : 'another job'}; job ${line.jobId} waits for it.`;
}

const endings = {
  pending: 'ended',
  running: 'ended',
  succeeded: 'succeeded',
  failed: 'failed',
  unreachable: 'could not be reached',
  skipped: 'had it already',
  cancelled: 'was cancelled',
  not_started: 'was not started',
} as const satisfies Record<TaskStatus, string>;

function taskEnded(line: TickerLine, board: WallBoard): string {
  const status = taskStatus(line, board);
  const problem = taskOf(line, board)?.problem;
  return because(`${host(line, board)} ${endings[status ?? 'pending']} in job ${line.jobId}`, problem);
}

function because(fact: string, problem: { sentence: string } | null | undefined): string {
  return problem ? `${fact}: ${problem.sentence}` : `${fact}.`;
}

function product(line: TickerLine, board: WallBoard): string {
  return productName(board, line.entity.id);
}

function release(line: TickerLine, board: WallBoard): string {
  return releaseName(board, board.releases[line.entity.id]);
}

function named(shelf: Record<number, { name: string }>, line: TickerLine): string {
  return shelf[line.entity.id]?.name ?? `${line.entity.kind} ${line.entity.id}`;
}

function host(line: TickerLine, board: WallBoard): string {
  return (line.hostId !== null && board.hosts[line.hostId]?.name) || `Host ${line.hostId ?? ''}`.trimEnd();
}

function jobOf(line: TickerLine, board: WallBoard): JobView | undefined {
  return line.jobId === null ? undefined : board.jobs[line.jobId];
}

/** `Job 42 (orders 4.2.1)`. */
function job(line: TickerLine, board: WallBoard): string {
  const view = jobOf(line, board);
  return `Job ${line.jobId ?? line.entity.id}${view ? ` (${releaseName(board, view)})` : ''}`;
}

function inner(subject: string): string {
  return subject.charAt(0).toLowerCase() + subject.slice(1);
}

function jobStatus(line: TickerLine, board: WallBoard): JobStatus | null {
  return stated<JobStatus>(line.detail['status'], jobMarks) ?? jobOf(line, board)?.status ?? null;
}

function taskOf(line: TickerLine, board: WallBoard) {
  const task = line.hostId === null ? undefined : board.tasks[line.hostId];
  return task?.id === line.entity.id ? task : undefined;
}

function taskStatus(line: TickerLine, board: WallBoard): TaskStatus | null {
  return stated<TaskStatus>(line.detail['status'], taskMarks) ?? taskOf(line, board)?.status ?? null;
}

function stated<Status extends string>(value: unknown, known: Record<Status, unknown>): Status | null {
  return typeof value === 'string' && value in known ? (value as Status) : null;
}

function onChannel(line: TickerLine): string {
  const channel = line.detail['channel'];
  return typeof channel === 'string' ? ` on ${channel}` : '';
}

function heldScope(line: TickerLine, board: WallBoard): string {
  const hold = board.holds[line.entity.id];
  return hold ? heldText(hold) : `hold ${line.entity.id}`;
}
