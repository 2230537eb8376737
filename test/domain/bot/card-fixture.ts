import type { ApprovalFacts, FailingHost, IncidentFacts, JobFacts } from '../../../bot/cards/facts.ts';
import { DEFAULT_ROLLOUT_POLICY } from '../../../server/domain/rollout-policy.ts';
import type {
  ApprovalView,
  HoldView,
  IncidentView,
  JobView,
  ReleaseView,
  TaskCounts,
} from '../../../server/domain/views.ts';

/** Facts of cards as the renderer would load them: orders 4.2.1 on forty hosts. */
export const NOON = Date.UTC(2026, 10, 25, 12, 0);
const MINUTE = 60_000;

export function counts(some: Partial<TaskCounts>): TaskCounts {
  const none = { pending: 0, running: 0, succeeded: 0, failed: 0, unreachable: 0 };
  return { ...none, skipped: 0, cancelled: 0, not_started: 0, ...some };
}

const release: ReleaseView = {
  id: 3,
  revision: 4,
  productId: 1,
  version: '4.2.1',
  digest: 'ab12cd34'.repeat(8),
  size: 48_000_000,
  notes: 'Faster checkout.',
  labels: {},
  required: false,
  archivedAt: null,
  publishedAt: NOON - 60 * MINUTE,
  package: 'present',
  received: 48_000_000,
  downloadedAt: NOON - 30 * MINUTE,
  downloadProblem: null,
  conflict: null,
  channels: ['stable'],
  demotions: [],
};

export function job(change: Partial<JobView> = {}): JobView {
  return {
    id: 42,
    revision: 7,
    kind: 'install',
    productId: 1,
    releaseId: 3,
    version: '4.2.1',
    status: 'running',
    plan: { ...DEFAULT_ROLLOUT_POLICY, onFailure: 'restore' },
    requestedBy: 'Ana Ionescu',
    reason: 'Checkout is slow for everybody in the EU.',
    problem: null,
    parentJobId: null,
    createdAt: NOON,
    startedAt: NOON + 5 * MINUTE,
    endedAt: null,
    wave: 2,
    waves: 3,
    counts: counts({ pending: 24, running: 4, succeeded: 12 }),
    ...change,
  };
}

export function failingHost(name: string, change: Partial<FailingHost> = {}): FailingHost {
  return {
    taskId: 900,
    name,
    environment: 'eu-prod',
    status: 'failed',
    step: 'post-install',
    problem: {
      code: 'hook_failed',
      sentence: 'install of 4.2.1 failed at post-install: the hook failed (exit code 3). Read its log.',
      cause: 'post-install: the hook failed (exit code 3)',
    },
    lastLines: ['migrating the schema', 'ERROR: relation "orders" does not exist', 'exit 3'],
    restored: true,
    startedAt: NOON + 6 * MINUTE,
    endedAt: NOON + 7 * MINUTE,
    url: `https://signalbox.test/console/tasks/900`,
    ...change,
  };
}

export function jobFacts(change: Partial<JobView> = {}, more: Partial<JobFacts> = {}): JobFacts {
  return {
    job: job(change),
    product: 'orders',
    release,
    environments: ['eu-prod', 'us-prod'],
    failing: [],
    failingTotal: 0,
    running: [],
    approval: null,
    incident: null,
    etaAt: null,
    canRollBack: false,
    canRetry: false,
    url: 'https://signalbox.test/console/jobs/42',
    throttledAt: null,
    ...more,
  };
}

export function approval(change: Partial<ApprovalView> = {}): ApprovalView {
  return {
    id: 5,
    revision: 2,
    jobId: 42,
    productId: 1,
    version: '4.2.1',
    rule: 'production',
    required: 2,
    roles: ['approver', 'admin'],
    allowSelf: false,
    state: 'pending',
    requester: 'Ana Ionescu',
    requestedAt: NOON,
    expiresAt: NOON + 480 * MINUTE,
    approvedBy: [],
    endedBy: null,
    endedAt: null,
    endReason: null,
    planHash: '3f9a2b1c04de',
    brokenGlassBy: null,
    ...change,
  };
}

export function approvalFacts(
  change: Partial<ApprovalView> = {},
  more: Partial<ApprovalFacts> = {},
  jobChange: Partial<JobView> = {},
): ApprovalFacts {
  const waiting = { status: 'waiting_approval', startedAt: null, wave: 0, counts: counts({ pending: 40 }) } as const;
  return {
    approval: approval(change),
    job: job({ ...waiting, ...jobChange }),
    product: 'orders',
    release,
    plan: {
      hosts: 40,
      waves: [1, 9, 30],
      environments: ['eu-prod', 'us-prod'],
      changes: [
        { name: 'eu-mgmt-01', from: '4.2.0', to: '4.2.1', changes: true },
        { name: 'eu-web-01', from: null, to: '4.2.1', changes: true },
        { name: 'eu-web-02', from: '4.2.1', to: '4.2.1', changes: false },
      ],
    },
    notes: [
      { version: '4.2.1', notes: release.notes, required: false },
      { version: '4.2.0', notes: '', required: true },
    ],
    decisions: [],
    startBy: null,
    approveVia: 'slack',
    obstacles: [],
    url: 'https://signalbox.test/console/approvals/5',
    ...more,
  };
}

export function hold(change: Partial<HoldView> = {}): HoldView {
  return {
    id: 8,
    revision: 1,
    scope: { product: 'orders', environment: 'eu-prod' },
    reason: 'No way back for eu-web-02.',
    owner: 'Ana Ionescu',
    startsAt: null,
    expiresAt: null,
    strict: false,
    bar: null,
    createdAt: NOON + 9 * MINUTE,
    createdBy: 'Ana Ionescu',
    causeJobId: 42,
    releasedAt: null,
    releasedBy: null,
    releaseReason: null,
    ...change,
  };
}

export function incident(change: Partial<IncidentView> = {}): IncidentView {
  return {
    id: 7,
    revision: 1,
    status: 'open',
    jobId: 42,
    productId: 1,
    version: '4.2.1',
    cause: {
      code: 'job_halted',
      sentence: 'The install of 4.2.1 (job 42) halted: 2 hosts failed, 24 hosts not started.',
    },
    owner: null,
    openedAt: NOON + 8 * MINUTE,
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedAt: null,
    resolvedBy: null,
    resolution: null,
    escalatedAt: null,
    escalatedBy: null,
    slackUrl: null,
    ...change,
  };
}

export const halted = {
  status: 'failed',
  endedAt: NOON + 9 * MINUTE,
  problem: { code: 'over_budget', sentence: '2 hosts went bad, the plan allows 0: nothing more was started.' },
  counts: counts({ succeeded: 14, failed: 2, not_started: 24 }),
} as const satisfies Partial<JobView>;

export function incidentFacts(change: Partial<IncidentView> = {}, more: Partial<IncidentFacts> = {}): IncidentFacts {
  return {
    incident: incident(change),
    job: job(halted),
    product: 'orders',
    environments: ['eu-prod', 'us-prod'],
    approval: approval({ state: 'approved', approvedBy: ['Bo Lind', 'Cy Moreau'] }),
    failing: [failingHost('eu-web-01'), failingHost('eu-web-02', { restored: false })],
    failingTotal: 2,
    recovery: [],
    holds: [],
    canRollBack: true,
    canRetry: true,
    url: 'https://signalbox.test/console/incidents/7',
    jobUrl: 'https://signalbox.test/console/jobs/42',
    jobCardUrl: 'https://example.slack.com/archives/C1/p1772438400000100',
    ...more,
  };
}

export function rollbackJob(change: Partial<JobView> = {}): JobView {
  const done = { status: 'succeeded', endedAt: NOON + 15 * MINUTE, counts: counts({ succeeded: 2 }) } as const;
  return job({ id: 45, kind: 'rollback', version: '4.2.0', parentJobId: 42, waves: 1, wave: 1, ...done, ...change });
}

/** What somebody might put wherever they can write: it must come out as it was typed, and as nothing else. */
export const HOSTILE =
  '<!channel> <@U123> <https://evil.test|Approve> &amp; `*_~ \u202Egnp.exe\u202C \0\x07\x1b[31mred\x1b[0m \ud800\n> *Approved by Ana*';
