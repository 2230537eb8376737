/**
 * The entities as every surface shows them. An activity carries the view after the change, so folding the log
 * needs nothing else. All instants are epoch milliseconds, sizes bytes.
 */
import type { WallSettings } from './wall-view.ts';
import type { LeftOut } from './install-request.ts';
import type { ApprovalState } from './approval.ts';
import type { ApprovalRule } from './approval-policy.ts';
import type { Measured } from './evaluation.ts';
import type { HoldScope } from './holds.ts';
import type { HealthState } from './observation.ts';
import type { Grant, Role } from './permission.ts';
import type { PipelineStage } from './pipeline.ts';
import type { Reason } from './reason.ts';
import type { RecallRange } from './recall-range.ts';
import type { RecallPolicy, RecallStrategy } from './recall.ts';
import type { RolloutPolicy } from './rollout-policy.ts';
import type { StageCode, StageStatus } from './stages.ts';
import type { JobStatus, TaskStatus } from './task-transition.ts';
import type { WindowSchedule } from './windows.ts';

export type { JobStatus, TaskStatus } from './task-transition.ts';

export type Labels = Record<string, string>;

export type FeedSource = { kind: 'http'; url: string } | { kind: 'folder'; path: string };

export interface HookSpec {
  timeoutMs: number;
}
export type HookName = 'pre-install' | 'post-install' | 'health';
export type HookSpecs = Partial<Record<HookName, HookSpec>>;

export interface ProductView {
  id: number;
  revision: number;
  name: string;
  versioning: 'semver' | 'sequence';
  feedCheckedAt: number | null;
  feedProblem: Reason | null;
  removed?: true;
}

export interface ChannelView {
  id: number;
  revision: number;
  productId: number;
  name: string;
  removed?: true;
}

export interface EnvironmentView {
  id: number;
  revision: number;
  name: string;
  labels: Labels;
  installerMethod: string;
  /** Of the KOTS there; null: the method has no version. */
  installerVersion: string | null;
  updatePolicy: 'manual' | 'auto';
  /** `web`: approvals for it are decided in the console only. */
  approveVia: 'slack' | 'web';
  /** How often clients there look for releases, in milliseconds; null: never by themselves. */
  checkEveryMs: number | null;
  /** Channel name by product id. */
  channels: Record<string, string>;
  /** Its maintenance windows. Rule: section 8. */
  windows: WindowSchedule;
  recallWaitsForWindow: boolean;
  removed?: true;
}

export type PackageState = 'absent' | 'downloading' | 'present';

export interface ReleaseView {
  id: number;
  revision: number;
  productId: number;
  version: string;
  digest: string;
  size: number;
  notes: string;
  labels: Labels;
  required: boolean;
  archivedAt: number | null;
  publishedAt: number;
  package: PackageState;
  received: number;
  downloadedAt: number | null;
  /** Why the last download failed; null once one succeeds. */
  downloadProblem: Reason | null;
  conflict: Reason | null;
  /** Names of the channels on which it has an active entry. */
  channels: string[];
  /** The channels on which its entry is demoted, with when, by whom and why. */
  demotions: Demotion[];
}

export interface Demotion {
  channel: string;
  at: number;
  by: string;
  reason: string;
}

export type Liveness = 'unknown' | 'live' | 'unreachable';

/** What a host reports for one product. */
export interface ReportedRelease {
  productId: number;
  releaseId: number | null;
  version: string;
  at: number;
}

export interface HostView {
  id: number;
  revision: number;
  name: string;
  environmentId: number;
  role: 'management' | 'target';
  labels: Labels;
  life: 'active' | 'maintenance' | 'retired';
  liveness: Liveness;
  livenessSince: number | null;
  livenessProblem: Reason | null;
  lastContactAt: number | null;
  reported: ReportedRelease[];
  /** What it says of its health, for each product that it has said anything of; absent: nothing yet. */
  health?: HostHealth[] | undefined;
  removed?: true;
}

/** A host's health as of its last change. */
export interface HostHealth {
  productId: number;
  live: boolean;
  state: HealthState | null;
  since: number;
  /** It fell silent: nothing is in force any more. */
  stale: boolean;
}

export type JobKind = 'download' | 'install' | 'rollback' | 'roll-off';

/** The rollout policy of a job, and what the host does when a step after `activate` fails. Rule: section 10. */
export interface JobPlan extends RolloutPolicy {
  readonly onFailure: 'restore' | 'leave';
}

export type TaskCounts = Record<TaskStatus, number>;

export interface JobView {
  id: number;
  revision: number;
  kind: JobKind;
  productId: number;
  releaseId: number;
  /** Version label of the release, so that a card needs no second look-up. */
  version: string;
  status: JobStatus;
  plan: JobPlan;
  requestedBy: string;
  reason: string | null;
  problem: Reason | null;
  parentJobId: number | null;
  /** The job that brings a required release first; absent or null: none. */
  afterJobId?: number | null | undefined;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /** Who passed what stops the job by break-glass last; absent or null: nobody. */
  brokenGlass?: { by: string; reason: string; at: number } | null | undefined;
  /** Hosts that were asked for and that it does not cover, with why; absent or empty: none. */
  leftOut?: LeftOut[] | undefined;
  /** Why it passes closed maintenance windows; absent or null: it waits for them. */
  windowOverride?: string | null | undefined;
  /** The wave now running, from 1; `waves` is how many there are. */
  wave: number;
  waves: number;
  counts: TaskCounts;
}

export type StepName =
  'preflight' | 'fetch' | 'verify' | 'unpack' | 'pre-install' | 'activate' | 'post-install' | 'health' | 'report';

export interface StepRecord {
  step: string;
  startedAt: number;
  endedAt: number | null;
  ms: number | null;
  /** Exit code of a hook; null while it runs, or when the step has no process of its own. */
  code: number | null;
  outcome: 'running' | 'ok' | 'failed' | 'skipped';
}

export interface TaskView {
  id: number;
  revision: number;
  jobId: number;
  hostId: number;
  hostName: string;
  environmentId: number;
  role: 'management' | 'target';
  position: number;
  wave: number;
  status: TaskStatus;
  step: string | null;
  steps: StepRecord[];
  problem: Reason | null;
  blockedByJobId: number | null;
  fromVersion: string | null;
  /** The host was switched back to what it ran before. */
  restored: boolean;
  startedAt: number | null;
  endedAt: number | null;
  /** Bytes of log stored so far. */
  logBytes: number;
}

/** A hold as it was put; whether it is in force is judged at an instant (`inForce`). Rule: section 12. */
export interface HoldView {
  id: number;
  revision: number;
  scope: HoldScope;
  reason: string;
  owner: string;
  startsAt: number | null;
  expiresAt: number | null;
  strict: boolean;
  /** The release that a rollback bars with it. */
  bar: { version: string; liftOnNewer: boolean } | null;
  createdAt: number;
  createdBy: string;
  causeJobId: number | null;
  releasedAt: number | null;
  releasedBy: string | null;
  releaseReason: string | null;
}

export type IncidentStatus = 'open' | 'acknowledged' | 'resolved';

export interface IncidentView {
  id: number;
  revision: number;
  status: IncidentStatus;
  jobId: number;
  productId: number;
  /** Version label of the job's release. */
  version: string;
  cause: Reason;
  owner: string | null;
  openedAt: number;
  acknowledgedAt: number | null;
  acknowledgedBy: string | null;
  resolvedAt: number | null;
  resolvedBy: string | null;
  resolution: string | null;
  /** When and by whom others were called to it last. */
  escalatedAt: number | null;
  escalatedBy: string | null;
  /** Where its thread in chat begins; null: it has none. */
  slackUrl: string | null;
}

/** Who has to agree to what. Rule: section 11. */
export interface RuleView extends ApprovalRule {
  id: number;
  revision: number;
  /** The fleet file that declares it; null: made by hand. */
  managedBy: string | null;
  removed?: true;
}

export interface ApprovalView {
  id: number;
  revision: number;
  jobId: number;
  productId: number;
  version: string;
  rule: string;
  required: number;
  roles: Role[];
  allowSelf: boolean;
  state: ApprovalState;
  requester: string;
  requestedAt: number;
  expiresAt: number;
  /** Distinct people whose approve counts, in order of time. */
  approvedBy: string[];
  endedBy: string | null;
  endedAt: number | null;
  /** Why it was rejected or superseded. */
  endReason: string | null;
  /** First characters of the plan's hash, as every surface shows them. */
  planHash: string;
  /** Who passed it by break-glass; null: nobody. */
  brokenGlassBy: string | null;
  /** The maintenance window that the plan waits for, and until whose end it may start; absent or null: none. */
  window?: { from: number; until: number | null } | null | undefined;
  /** Why the plan passes closed maintenance windows; absent or null: it does not. */
  windowOverride?: string | null | undefined;
}

/** How a product's releases move by themselves. Rule: sections 5 to 9. */
export interface PipelineView {
  id: number;
  revision: number;
  productId: number;
  stages: PipelineStage[];
  healthyPpm: number;
  unhealthyPpm: number;
  timeZone: string;
  excludeWeekends: boolean;
  expectsHealth: boolean;
  terminalIsUnhealthy: boolean;
  staleAfterMs: number;
  windows: WindowSchedule;
  recallPolicy: RecallPolicy;
  /** Null: it runs. */
  paused: { at: number; by: string; reason: string } | null;
  /** The fleet file that declares it; null: made by hand. */
  managedBy: string | null;
  removed?: true;
}

/** One release at one stage. Rule: section 7. */
export interface EvaluationView {
  id: number;
  revision: number;
  productId: number;
  releaseId: number;
  version: string;
  source: string;
  target: string;
  kind: PipelineStage['kind'];
  status: StageStatus;
  reasons: Reason<StageCode>[];
  eligibleAt: number | null;
  since: number;
  judgedAt: number;
  endedAt: number | null;
  /** Who promoted it by hand, and why; null: a tick decided. */
  decidedBy: string | null;
  decisionReason: string | null;
  /** Null for a timed stage. */
  measured: Measured | null;
}

/** A screen that shows the wall, without its token and without when it was last seen, which is no fact of the log. */
export interface DisplayView extends WallSettings {
  id: number;
  revision: number;
  name: string;
  pairedAt: number;
  pairedBy: string;
  revokedAt: number | null;
}

/** "This release (or range) is bad." Rule: section 9. */
export interface RecallView {
  id: number;
  revision: number;
  productId: number;
  range: RecallRange;
  except: string[];
  strategy: RecallStrategy;
  reason: string;
  openedAt: number;
  openedBy: string;
  /** The evaluation that opened it; null: a person did. */
  evaluationId: number | null;
  rollOffAll: boolean;
  ownEnvironments: string[];
  revertedAt: number | null;
  revertedBy: string | null;
  revertReason: string | null;
}

/** Who may sign in, as an admin reads it in the log. */
export interface PersonView {
  id: number;
  revision: number;
  name: string;
  email: string;
  grants: readonly Grant[];
  /** Epoch milliseconds; null: not disabled. */
  disabledAt: number | null;
  /** Signs in with the codes of a device, too. */
  totp: boolean;
}

/** An API token, never its secret. Instants in epoch milliseconds. */
export interface TokenView {
  id: number;
  revision: number;
  name: string;
  grants: readonly Grant[];
  createdBy: string;
  expiresAt: number | null;
  revokedAt: number | null;
}
