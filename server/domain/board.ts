import {
  isConfidential,
  type Activity,
  type ActivityKind,
  type AnyActivity,
  type ConfidentialKind,
  type EntityKind,
  type EntityViews,
} from './activity.ts';
import type { DisplayView, HostView, JobStatus, JobView, ReleaseView, ReportedRelease, TaskView } from './views.ts';

/** A host's part in its latest job, as the host map shows it: the task's view without its step history. */
export type HostTask = Omit<TaskView, 'steps'>;

/**
 * Everything that wall and console show live. The server's snapshot and every client fold the same activities
 * with the same `apply`, so they cannot differ. Tasks are kept once per host: the latest one.
 */
export interface Board {
  cursor: string;
  products: Record<number, EntityViews['product']>;
  channels: Record<number, EntityViews['channel']>;
  environments: Record<number, EntityViews['environment']>;
  releases: Record<number, EntityViews['release']>;
  hosts: Record<number, EntityViews['host']>;
  jobs: Record<number, EntityViews['job']>;
  /** By host id. */
  tasks: Record<number, HostTask>;
  holds: Record<number, EntityViews['hold']>;
  incidents: Record<number, EntityViews['incident']>;
  approvals: Record<number, EntityViews['approval']>;
  rules: Record<number, EntityViews['rule']>;
  pipelines: Record<number, EntityViews['pipeline']>;
  /** Those that are not decided, and the latest of each stage. */
  evaluations: Record<number, EntityViews['evaluation']>;
  recalls: Record<number, EntityViews['recall']>;
  displays: Record<number, EntityViews['display']>;
  /** Newest first, at most `tickerLength`. */
  ticker: TickerLine[];
  /** Every job ever, by status; `jobs` holds only those in flight and the latest ended ones. */
  jobTotals: Partial<Record<JobStatus, number>>;
  /** Ended jobs up to this id have left the board; a late activity must not bring them back. */
  trimmedJobId: number;
}

/** What walls show of a host. `livenessSince` of one that answers may be null: only trouble is shown with its time. */
export type WallHost = Pick<
  HostView,
  | 'id'
  | 'revision'
  | 'name'
  | 'environmentId'
  | 'labels'
  | 'life'
  | 'liveness'
  | 'livenessSince'
  | 'livenessProblem'
  | 'removed'
> & { reported: Pick<ReportedRelease, 'releaseId'>[] };

/** What walls show of a task. Once it has gone well in a job that has ended, its instants may be null. */
export type WallTask = Pick<
  TaskView,
  'id' | 'revision' | 'jobId' | 'hostId' | 'status' | 'step' | 'problem' | 'blockedByJobId' | 'startedAt' | 'endedAt'
>;

/** A board of which a wall may have been sent a part (`wall-board.ts`). Every whole board is one. */
export interface WallBoard extends Omit<Board, 'releases' | 'hosts' | 'tasks' | 'displays'> {
  releases: Record<number, Omit<ReleaseView, 'digest' | 'notes' | 'labels'>>;
  hosts: Record<number, WallHost>;
  /** By host id. */
  tasks: Record<number, WallTask>;
  displays: Record<number, Pick<DisplayView, 'id' | 'revision' | 'name'>>;
}

export type TickerLine = Pick<Activity, 'cursor' | 'at' | 'kind' | 'entity' | 'actor' | 'jobId' | 'hostId' | 'detail'>;

export const tickerLength = 50;
/** Ended jobs kept on the board beside all that are in flight. */
export const endedJobsKept = 200;

const shelves = {
  product: 'products',
  channel: 'channels',
  environment: 'environments',
  release: 'releases',
  host: 'hosts',
  hold: 'holds',
  incident: 'incidents',
  approval: 'approvals',
  rule: 'rules',
  pipeline: 'pipelines',
  evaluation: 'evaluations',
  recall: 'recalls',
  display: 'displays',
} as const satisfies Record<Exclude<EntityKind, 'task' | 'job' | ConfidentialKind>, keyof Board>;

/** The shelves of a board: each holds views by number, every other part is as it is. */
export const shelfNames = [...Object.values(shelves), 'jobs', 'tasks'] as const;

export function emptyBoard(): Board {
  return {
    cursor: '0.0',
    products: {},
    channels: {},
    environments: {},
    releases: {},
    hosts: {},
    jobs: {},
    tasks: {},
    holds: {},
    incidents: {},
    approvals: {},
    rules: {},
    pipelines: {},
    evaluations: {},
    recalls: {},
    displays: {},
    ticker: [],
    jobTotals: {},
    trimmedJobId: 0,
  };
}

/**
 * Folds one activity into the board, in place for speed, and returns it. An activity whose entity revision is not
 * newer than the board's is ignored for the view; the cursor always moves. Rule: section 1, "The log".
 */
export function apply<B extends WallBoard>(board: B, activity: AnyActivity): B {
  board.cursor = activity.cursor;
  if (isConfidential(activity.entity.kind)) return board;
  if (isTickerWorthy(activity.kind)) remember(board, activity);
  if (activity.entity.kind === 'task') applyTask(board, activity.view as TaskView);
  else if (activity.entity.kind === 'job') applyJob(board, activity.view as JobView);
  else applyView(board, activity);
  return board;
}

/** Facts that change a picture many times a second but that nobody reads in a ticker. */
export const tickerNoise = [
  'release.download_progressed',
  'task.created',
  'task.step',
  'job.progressed',
  'evaluation.changed',
  'host.health_changed',
] as const satisfies readonly ActivityKind[];
const noise: ReadonlySet<ActivityKind> = new Set(tickerNoise);

/** Many and small as well, for who reads the log itself: how hosts do is worth a line there. */
export const logNoise = [
  'release.download_progressed',
  'task.created',
  'task.step',
  'job.progressed',
  'evaluation.changed',
  'host.reported',
] as const satisfies readonly ActivityKind[];

export function isTickerWorthy(kind: ActivityKind): boolean {
  return !noise.has(kind);
}

function applyView(board: WallBoard, activity: AnyActivity): void {
  const { kind } = activity.entity;
  if (kind === 'task' || kind === 'job' || isConfidential(kind)) return;
  const shelf = board[shelves[kind]] as Record<number, { revision: number }>;
  const known = shelf[activity.entity.id];
  if (known && known.revision >= activity.entity.revision) return;
  // A removal keeps a tombstone: an older activity that arrives later must not bring the entity back.
  shelf[activity.entity.id] = activity.view;
}

function applyJob(board: WallBoard, view: JobView): void {
  const known = board.jobs[view.id];
  if (known ? known.revision >= view.revision : view.id <= board.trimmedJobId) return;
  if (known) count(board, known.status, -1);
  count(board, view.status, 1);
  board.jobs[view.id] = view;
  if (view.endedAt !== null) trimJobs(board);
}

function count(board: WallBoard, status: JobStatus, by: number): void {
  const total = (board.jobTotals[status] ?? 0) + by;
  if (total === 0) delete board.jobTotals[status];
  else board.jobTotals[status] = total;
}

function applyTask(board: WallBoard, view: TaskView): void {
  const known = board.tasks[view.hostId];
  if (known && (known.id > view.id || (known.id === view.id && known.revision >= view.revision))) return;
  const { steps: _history, ...task } = view;
  board.tasks[view.hostId] = task;
}

function remember(board: WallBoard, activity: AnyActivity): void {
  const { cursor, at, kind, entity, actor, jobId, hostId, detail } = activity;
  board.ticker = [
    { cursor, at, kind, entity, actor, jobId, hostId, detail },
    ...board.ticker.slice(0, tickerLength - 1),
  ];
}

/** Exactly the newest ended jobs stay, so that every order of folding ends in the same board. */
function trimJobs(board: WallBoard): void {
  const ended = Object.values(board.jobs).filter((job) => job.endedAt !== null);
  if (ended.length <= endedJobsKept) return;
  ended.sort((a, b) => a.id - b.id);
  for (const job of ended.slice(0, ended.length - endedJobsKept)) {
    delete board.jobs[job.id];
    board.trimmedJobId = Math.max(board.trimmedJobId, job.id);
  }
}
