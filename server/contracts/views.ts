/** Wire schemas of the views. `satisfies` ties each to the domain's type: neither can drift from the other. */
import { z } from 'zod';
import { windowSchedule } from './maintenance.ts';
import { HEALTH_STATES } from '../domain/observation.ts';
import type * as views from '../domain/views.ts';
import { ACTIONS, ROLES } from '../domain/permission.ts';
import type { Reason } from '../domain/reason.ts';

export const reason = z.looseObject({
  code: z.string(),
  sentence: z.string(),
  until: z.number().optional(),
}) as unknown as z.ZodType<Reason>;

const instant = z.number().int().describe('epoch milliseconds');
const labels = z.record(z.string(), z.string());
export const jobStatus = z.enum([
  'waiting_approval',
  'queued',
  'running',
  'waiting',
  'paused',
  'cancelling',
  'succeeded',
  'cancelled',
  'failed',
]) satisfies z.ZodType<views.JobStatus>;
export const taskStatus = z.enum([
  'pending',
  'running',
  'succeeded',
  'failed',
  'unreachable',
  'skipped',
  'cancelled',
  'not_started',
]) satisfies z.ZodType<views.TaskStatus>;
export const role = z.enum(['management', 'target']);

export const productView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  name: z.string(),
  versioning: z.enum(['semver', 'sequence']),
  feedCheckedAt: instant.nullable(),
  feedProblem: reason.nullable(),
  removed: z.literal(true).optional(),
}) satisfies z.ZodType<views.ProductView>;

export const environmentView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  name: z.string(),
  labels,
  installerMethod: z.string(),
  installerVersion: z.string().nullable(),
  updatePolicy: z.enum(['manual', 'auto']),
  approveVia: z.enum(['slack', 'web']),
  checkEveryMs: z.number().int().nullable(),
  channels: z.record(z.string(), z.string()).describe('channel name by product id'),
  windows: windowSchedule,
  recallWaitsForWindow: z.boolean(),
  removed: z.literal(true).optional(),
}) satisfies z.ZodType<views.EnvironmentView>;

export const releaseView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  productId: z.number().int(),
  version: z.string(),
  digest: z.string(),
  size: z.number().int(),
  notes: z.string(),
  labels,
  required: z.boolean(),
  archivedAt: instant.nullable(),
  publishedAt: instant,
  package: z.enum(['absent', 'downloading', 'present']),
  received: z.number().int(),
  downloadedAt: instant.nullable(),
  downloadProblem: reason.nullable(),
  conflict: reason.nullable(),
  channels: z.array(z.string()),
  demotions: z.array(z.object({ channel: z.string(), at: instant, by: z.string(), reason: z.string() })),
}) satisfies z.ZodType<views.ReleaseView>;

export const hostView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  name: z.string(),
  environmentId: z.number().int(),
  role,
  labels,
  life: z.enum(['active', 'maintenance', 'retired']),
  liveness: z.enum(['unknown', 'live', 'unreachable']),
  livenessSince: instant.nullable(),
  livenessProblem: reason.nullable(),
  lastContactAt: instant.nullable(),
  reported: z.array(
    z.object({ productId: z.number().int(), releaseId: z.number().int().nullable(), version: z.string(), at: instant }),
  ),
  health: z
    .array(
      z.object({
        productId: z.number().int(),
        live: z.boolean(),
        state: z.enum(HEALTH_STATES).nullable(),
        since: instant,
        stale: z.boolean(),
      }),
    )
    .optional(),
  removed: z.literal(true).optional(),
}) satisfies z.ZodType<views.HostView>;

/** A count of hosts, or a share of them in parts per million. */
const quantity = (least: number) =>
  z.union([
    z.object({ count: z.number().int().min(least) }),
    z.object({ ppm: z.number().int().min(least).max(1_000_000) }),
  ]);
const wave = z.union([
  z.object({ count: z.number().int().min(1), manual: z.boolean().optional() }),
  z.object({ ppm: z.number().int().min(1).max(1_000_000), manual: z.boolean().optional() }),
]);
/** The notes of the target, and of all releases between it and what the hosts run. */
export const wayNotes = z.array(z.object({ version: z.string(), notes: z.string(), required: z.boolean() }));

export const jobPlan = z.object({
  waves: z.array(wave).max(50),
  maxParallel: z.number().int().min(1).max(1000),
  maxFailures: quantity(0),
  bakeMs: z.number().int().min(0).max(86_400_000),
  onFailure: z.enum(['restore', 'leave']),
}) satisfies z.ZodType<views.JobPlan>;

export const leftOut = z.object({
  host: z.string(),
  code: z.enum(['in_maintenance', 'retired', 'hook_lost']),
  sentence: z.string(),
});

export const jobView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  kind: z.enum(['download', 'install', 'rollback', 'roll-off']),
  productId: z.number().int(),
  releaseId: z.number().int(),
  version: z.string(),
  status: jobStatus,
  plan: jobPlan,
  requestedBy: z.string(),
  reason: z.string().nullable(),
  problem: reason.nullable(),
  parentJobId: z.number().int().nullable(),
  afterJobId: z.number().int().nullable().optional(),
  createdAt: instant,
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  brokenGlass: z.object({ by: z.string(), reason: z.string(), at: instant }).nullable().optional(),
  leftOut: z.array(leftOut).optional(),
  windowOverride: z.string().nullable().optional(),
  wave: z.number().int(),
  waves: z.number().int(),
  counts: z.record(taskStatus, z.number().int()),
}) satisfies z.ZodType<views.JobView>;

export const taskView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  jobId: z.number().int(),
  hostId: z.number().int(),
  hostName: z.string(),
  environmentId: z.number().int(),
  role,
  position: z.number().int(),
  wave: z.number().int(),
  status: taskStatus,
  step: z.string().nullable(),
  steps: z.array(
    z.object({
      step: z.string(),
      startedAt: instant,
      endedAt: instant.nullable(),
      ms: z.number().nullable(),
      code: z.number().nullable(),
      outcome: z.enum(['running', 'ok', 'failed', 'skipped']),
    }),
  ),
  problem: reason.nullable(),
  blockedByJobId: z.number().int().nullable(),
  fromVersion: z.string().nullable(),
  restored: z.boolean(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  logBytes: z.number().int(),
}) satisfies z.ZodType<views.TaskView>;

export const roleName = z.enum(ROLES);

export const holdScope = z.object({
  product: z.string().max(63).optional(),
  channel: z.string().max(63).optional(),
  environment: z.string().max(63).optional(),
  host: z.string().max(63).optional(),
});

export const holdView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  scope: holdScope,
  reason: z.string(),
  owner: z.string(),
  startsAt: instant.nullable(),
  expiresAt: instant.nullable(),
  strict: z.boolean(),
  bar: z.object({ version: z.string(), liftOnNewer: z.boolean() }).nullable(),
  createdAt: instant,
  createdBy: z.string(),
  causeJobId: z.number().int().nullable(),
  releasedAt: instant.nullable(),
  releasedBy: z.string().nullable(),
  releaseReason: z.string().nullable(),
}) satisfies z.ZodType<views.HoldView>;

export const ruleView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  name: z.string(),
  match: z.object({
    actions: z.array(z.enum(ACTIONS)).optional(),
    products: z.array(z.string()).optional(),
    channels: z.array(z.string()).optional(),
    environmentLabels: z.array(z.object({ key: z.string(), values: z.array(z.string()).optional() })).optional(),
  }),
  required: z.number().int(),
  roles: z.array(roleName),
  allowSelf: z.boolean(),
  expiresAfterMs: z.number().int(),
  startWithinMs: z.number().int(),
  /** The fleet file that declares it; null: made by hand. */
  managedBy: z.string().nullable(),
  removed: z.literal(true).optional(),
}) satisfies z.ZodType<views.RuleView>;

export const incidentView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  status: z.enum(['open', 'acknowledged', 'resolved']),
  jobId: z.number().int(),
  productId: z.number().int(),
  version: z.string(),
  cause: reason,
  owner: z.string().nullable(),
  openedAt: instant,
  acknowledgedAt: instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  resolvedAt: instant.nullable(),
  resolvedBy: z.string().nullable(),
  resolution: z.string().nullable(),
  escalatedAt: instant.nullable(),
  escalatedBy: z.string().nullable(),
  slackUrl: z.string().nullable(),
}) satisfies z.ZodType<views.IncidentView>;

export const approvalView = z.object({
  id: z.number().int(),
  revision: z.number().int(),
  jobId: z.number().int(),
  productId: z.number().int(),
  version: z.string(),
  rule: z.string(),
  required: z.number().int(),
  roles: z.array(roleName),
  allowSelf: z.boolean(),
  state: z.enum(['pending', 'approved', 'rejected', 'cancelled', 'expired', 'superseded']),
  requester: z.string(),
  requestedAt: instant,
  expiresAt: instant,
  approvedBy: z.array(z.string()),
  endedBy: z.string().nullable(),
  endedAt: instant.nullable(),
  endReason: z.string().nullable(),
  planHash: z.string(),
  brokenGlassBy: z.string().nullable(),
  window: z.object({ from: instant, until: instant.nullable() }).nullable().optional(),
  windowOverride: z.string().nullable().optional(),
}) satisfies z.ZodType<views.ApprovalView>;
