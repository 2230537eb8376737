import { isHalted } from '../../server/domain/job-condition.ts';
/** How things stand, in one sentence: the first case that applies, worst first. Never "quiet" without a live host. */
import type { WallBoard } from '../../server/domain/board.ts';
import { rangeText } from '../../server/domain/recall-range.ts';
import { counted, listed } from '../../server/domain/wording.ts';
import type { HoldView, JobView } from '../../server/domain/views.ts';
import type { Mark } from '../theme/states.ts';
import type { FleetPicture } from './fleet-picture.ts';
import { shortInstantText } from './format.ts';
import { heldText, holdsInForce } from './holds.ts';
import { isHeld, jobMark } from './marks.ts';
import { badTasks, jobsEnded, jobsInFlight, productName, releaseCardsOf, releaseName, taskTotal } from './select.ts';
import { causeText, jobTitle, openIncidents, pendingApprovals, waitText } from './steering.ts';

export type Tone = 'quiet' | 'busy' | 'warn' | 'fail' | 'none';

export interface Verdict {
  tone: Tone;
  mark: Mark;
  /** Read from across the room: 25 characters at most in the common cases. */
  headline: string;
  detail: string;
}

/** A failed job that left no failing host behind is news for this long. Milliseconds. */
const newsMs = 15 * 60_000;

/** Judges board and fleet at `now`, epoch milliseconds of the server. */
export function verdict(board: WallBoard, fleet: FleetPicture, now: number): Verdict {
  return (
    failingJob(board, fleet) ??
    openIncident(board) ??
    unreachable(fleet) ??
    releaseTrouble(board) ??
    recalledLately(board, now) ??
    failedLately(board, now) ??
    awaitedApproval(board, now) ??
    heldJob(board, now) ??
    canaryInTrouble(board) ??
    inFlight(board) ??
    nothingDeclared(fleet) ??
    unheard(fleet) ??
    quietBut(board, fleet, now) ??
    quiet(board, fleet)
  );
}

function failingJob(board: WallBoard, fleet: FleetPicture): Verdict | null {
  const failed = fleet.failing.filter(({ jobId }) => jobId !== null);
  if (failed.length === 0) return null;
  const job = board.jobs[Math.max(...failed.map(({ jobId }) => jobId ?? 0))];
  const silent = fleet.failing.filter(({ jobId }) => jobId === null).length;
  if (!job)
    return {
      tone: 'fail',
      mark: 'failed',
      headline: `${counted(failed.length, 'host')} failing`,
      detail: names(fleet) + '.',
    };
  // One line holds about 40 characters; what the job installs stands with the job.
  const where = silent > 0 ? `, ${silent} more unreachable` : ` on ${releaseName(board, job)}`;
  const detail = `${badTasks(job)} of ${counted(taskTotal(job), 'host')} failed${where}.`;
  return { tone: 'fail', mark: 'failed', headline: failingHeadline(job), detail };
}

function failingHeadline(job: JobView): string {
  const halted = isHalted(job);
  if (job.endedAt === null) return `Job ${job.id} ${halted ? 'is halting' : 'has failures'}`;
  return `Job ${job.id} ${halted ? 'halted' : 'failed'}`;
}

/** Until somebody acknowledges it, an incident is the news, even where its hosts are well again. */
function openIncident(board: WallBoard): Verdict | null {
  const incidents = openIncidents(board);
  const incident = incidents[0];
  if (!incident) return null;
  return {
    tone: 'fail',
    mark: 'failed',
    headline: incidents.length === 1 ? `Incident ${incident.id} open` : `${incidents.length} incidents open`,
    detail: `${jobTitle(board, incident)}: ${causeText(board, incident)}`,
  };
}

function awaitedApproval(board: WallBoard, now: number): Verdict | null {
  const approvals = pendingApprovals(board, now);
  const approval = approvals[0];
  if (!approval) return null;
  const missing = approval.required - approval.approvedBy.length;
  return {
    tone: 'warn',
    mark: 'waiting',
    headline:
      approvals.length === 1 ? `Job ${approval.jobId} awaits approval` : `${approvals.length} approvals awaited`,
    detail: `${releaseName(board, approval)}: ${missing} more needed, waits for ${waitText(approval.requestedAt, now)}.`,
  };
}

/** The hold that the job names, while the board still has it. */
function holdOf(board: WallBoard, { problem }: JobView): HoldView | undefined {
  const ids = problem?.['holds'];
  return Array.isArray(ids) && ids.length === 1 ? board.holds[Number(ids[0])] : undefined;
}

function heldJob(board: WallBoard, now: number): Verdict | null {
  const job = jobsInFlight(board).find(isHeld);
  if (!job) return null;
  const hold = holdOf(board, job);
  const until = hold?.expiresAt == null ? '' : ` until ${shortInstantText(hold.expiresAt, now).slice(0, -3)}`;
  const why = hold ? `${hold.reason} (${hold.owner})${until}.` : (job.problem?.sentence ?? 'a hold stops it.');
  const detail = `${releaseName(board, job)}: ${why}`;
  return { tone: 'warn', mark: 'held', headline: `Job ${job.id} held`, detail };
}

function unreachable(fleet: FleetPicture): Verdict | null {
  const count = fleet.failing.length;
  if (count === 0) return null;
  const headline = count === 1 ? '1 host unreachable' : `${count} hosts unreachable`;
  return {
    tone: 'fail',
    mark: 'failed',
    headline,
    detail: `${fleet.byLiveness.live} of ${counted(fleet.hosts.length, 'host')} live.`,
  };
}

function releaseTrouble(board: WallBoard): Verdict | null {
  for (const release of Object.values(board.releases)) {
    const name = releaseName(board, release);
    if (release.conflict) {
      return {
        tone: 'warn',
        mark: 'degraded',
        headline: 'Release in conflict',
        detail: `The feed states another digest for ${name}.`,
      };
    }
    if (release.downloadProblem && release.package === 'absent') {
      return {
        tone: 'warn',
        mark: 'degraded',
        headline: 'Download failed',
        detail: `${name}: ${release.downloadProblem.sentence}`,
      };
    }
  }
  const product = Object.values(board.products).find((one) => one.feedProblem && !one.removed);
  if (!product?.feedProblem) return null;
  return {
    tone: 'warn',
    mark: 'degraded',
    headline: 'Feed in trouble',
    detail: `${product.name}: ${product.feedProblem.sentence}`,
  };
}

function failedLately(board: WallBoard, now: number): Verdict | null {
  const job = jobsEnded(board, 1)[0];
  if (job?.status !== 'failed' || now - (job.endedAt ?? 0) > newsMs) return null;
  const why = job.problem?.sentence ?? 'See the job for its hosts.';
  return {
    tone: 'warn',
    mark: 'degraded',
    headline: `Job ${job.id} failed`,
    detail: `${releaseName(board, job)}: ${why}`,
  };
}

/** What a stage or a person has just recalled, before the jobs that roll it off. */
function recalledLately(board: WallBoard, now: number): Verdict | null {
  const recall = Object.values(board.recalls)
    .filter(({ openedAt, revertedAt }) => revertedAt === null && now - openedAt <= newsMs)
    .sort((a, b) => b.openedAt - a.openedAt)[0];
  if (!recall) return null;
  return {
    tone: 'warn',
    mark: 'recalled',
    headline: 'Release recalled',
    detail: `${productName(board, recall.productId)} ${rangeText(recall.range)} by ${recall.openedBy}: ${recall.reason}`,
  };
}

function canaryInTrouble(board: WallBoard): Verdict | null {
  const evaluation = Object.values(board.evaluations).find(
    ({ endedAt, measured }) => endedAt === null && measured !== null && measured.unhealthy > 0,
  );
  if (!evaluation?.measured) return null;
  const { unhealthy, neededUnhealthy, selected } = evaluation.measured;
  const recalls = neededUnhealthy === null ? '' : `, ${neededUnhealthy} recall it`;
  return {
    tone: 'warn',
    mark: 'degraded',
    headline: 'Canary in trouble',
    detail: `${releaseName(board, evaluation)}: ${unhealthy} of ${counted(selected, 'test entity', 'test entities')} unhealthy${recalls}.`,
  };
}

const doing = {
  download: 'downloading',
  install: 'installing',
  rollback: 'rolling back',
  'roll-off': 'rolling off',
} as const satisfies Record<JobView['kind'], string>;

/** What a job in flight is about, after its number; null: what it does, by its kind. */
const standing = {
  waiting_approval: 'awaits approval',
  queued: 'queued',
  running: null,
  waiting: 'waits',
  paused: 'paused',
  cancelling: 'cancelling',
} as const satisfies Partial<Record<JobView['status'], string | null>>;

function inFlight(board: WallBoard): Verdict | null {
  const jobs = jobsInFlight(board);
  const job = jobs[0];
  if (!job) return null;
  if (jobs.length === 1) return { tone: 'busy', mark: jobMark(job), ...oneInFlight(board, job) };
  const releases = [...new Set(jobs.map((one) => releaseName(board, one)))];
  const shown = releases.length > 3 ? [...releases.slice(0, 2), `${releases.length - 2} more`] : releases;
  return { tone: 'busy', mark: 'running', headline: `${jobs.length} jobs in flight`, detail: `${listed(shown)}.` };
}

function oneInFlight(board: WallBoard, job: JobView): { headline: string; detail: string } {
  const word = standing[job.status as keyof typeof standing] ?? doing[job.kind];
  const total = taskTotal(job);
  const done = job.counts.succeeded + job.counts.skipped;
  const so = total === 0 ? '.' : `, ${done} of ${counted(total, 'host')} done.`;
  return {
    headline: `Job ${job.id} ${word}`,
    detail: job.status === 'waiting' && job.problem ? job.problem.sentence : `${releaseName(board, job)}${so}`,
  };
}

function nothingDeclared(fleet: FleetPicture): Verdict | null {
  if (fleet.hosts.length > 0) return null;
  return {
    tone: 'none',
    mark: 'unknown',
    headline: 'Nothing to watch yet',
    detail: 'No host is declared: signalbox apply -f fleet.yaml',
  };
}

function unheard({ byLiveness, hosts }: FleetPicture): Verdict | null {
  if (byLiveness.unknown === 0) return null;
  const headline = byLiveness.live === 0 ? 'No host heard yet' : `${counted(byLiveness.unknown, 'host')} unknown`;
  return {
    tone: 'none',
    mark: 'unknown',
    headline,
    detail: `${byLiveness.live} of ${counted(hosts.length, 'host')} live.`,
  };
}

/** A hold that stops nothing now is said where else all would be quiet: the next one who wants to install will meet it. */
function quietBut(board: WallBoard, fleet: FleetPicture, now: number): Verdict | null {
  const holds = holdsInForce(board, now);
  if (holds.length === 0) return null;
  const [hold] = holds;
  return {
    ...quiet(board, fleet),
    mark: 'held',
    headline: holds.length === 1 ? 'Quiet, 1 hold in force' : `Quiet, ${holds.length} holds`,
    detail: hold ? `${heldText(hold)}: ${hold.reason} (${hold.owner}).` : '',
  };
}

function quiet(board: WallBoard, fleet: FleetPicture): Verdict {
  const ready = releaseCardsOf(board, fleet.reports).downloaded;
  const detail = `${counted(fleet.byLiveness.live, 'host')} live, ${counted(ready, 'release')} ready.`;
  return { tone: 'quiet', mark: 'ok', headline: 'All quiet', detail };
}

function names(fleet: FleetPicture): string {
  const shown = fleet.failing.slice(0, 3).map(({ name }) => name);
  const more = fleet.failing.length - shown.length;
  return listed(more > 0 ? [...shown, `${more} more`] : shown);
}

/** The verdict as one sentence: `All quiet. 12 hosts live, 3 releases ready.` */
export function verdictSentence({ headline, detail, tone }: Verdict): string {
  return `${headline}${tone === 'fail' || tone === 'warn' ? ':' : '.'} ${detail}`;
}
