import type { AnyActivity } from '../../server/domain/activity.ts';
import type { Reason } from '../../server/domain/reason.ts';
import { counted } from '../../server/domain/wording.ts';
import type {
  ApprovalView,
  EvaluationView,
  HoldView,
  HostView,
  IncidentView,
  JobView,
  ProductView,
  TaskStatus,
  TaskView,
} from '../../server/domain/views.ts';
import { ALWAYS_OPEN } from '../../server/domain/windows.ts';
import { Story, type Say } from './story.ts';

/** What goes on in a made-up fleet. */
export const situations = [
  'empty',
  'idle',
  'rollout',
  'failure',
  'unreachable',
  'many_unreachable',
  'unknown',
  'paused',
  'downloading',
  'crowded',
  'incident',
  'awaiting',
  'held',
  'recovering',
  'promoting',
  'everything',
] as const;
export type Situation = (typeof situations)[number];

const noCounts: Record<TaskStatus, number> = {
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  unreachable: 0,
  skipped: 0,
  cancelled: 0,
  not_started: 0,
};

const places = ['production', 'staging', 'lab', 'edge-fra', 'edge-nyc', 'edge-sin', 'edge-gru', 'edge-syd'];
const kinds = ['web', 'api', 'db', 'queue', 'cache'];

/** Releases 1 to 4 of `orders`: the second runs on every host, the third is downloaded, the fourth is only known. */
export const deployed = 2;
export const ready = 3;

/** A fleet of `hosts` hosts of which all are live and run `orders 4.2.0`, with what came before in the log. */
export function fleet(hosts: number, now: number): Story {
  const story = new Story(now - 7_200_000);
  story.say({
    kind: 'product.declared',
    entity: 'product',
    actor: 'Ana',
    view: { id: 1, name: 'orders', versioning: 'semver', feedCheckedAt: now - 60_000, feedProblem: null },
  });
  const environments = places.slice(0, hosts <= 3 ? 1 : hosts <= 60 ? 3 : hosts <= 1000 ? 5 : 8);
  environments.forEach((name, at) =>
    story.say({
      kind: 'environment.declared',
      entity: 'environment',
      actor: 'Ana',
      view: {
        id: at + 1,
        name,
        labels: {},
        installerMethod: 'managed',
        installerVersion: null,
        updatePolicy: 'manual',
        approveVia: 'slack',
        checkEveryMs: 14_400_000,
        windows: ALWAYS_OPEN,
        recallWaitsForWindow: false,
        channels: {},
      },
    }),
  );
  for (let id = 1; id <= 4; id += 1) story.say(published(id, now));
  for (let id = 1; id <= hosts; id += 1) story.say(declared(id, hosts, environments.length, now));
  pastJobs(story, hosts, now);
  story.now = now;
  return story;
}

function published(id: number, now: number): Say<'release'> {
  const present = id < 4;
  return {
    kind: present ? 'release.downloaded' : 'release.published',
    entity: 'release',
    view: {
      id,
      productId: 1,
      version: ['4.1.9', '4.2.0', '4.2.1', '4.3.0'][id - 1] as string,
      digest: String(id).repeat(64),
      size: 48_000_000 + id * 1_000_000,
      notes: 'Faster order intake.',
      labels: {},
      required: false,
      archivedAt: null,
      publishedAt: now - (5 - id) * 86_400_000,
      package: present ? 'present' : 'absent',
      received: present ? 48_000_000 + id * 1_000_000 : 0,
      downloadedAt: present ? now - 3_600_000 : null,
      downloadProblem: null,
      conflict: null,
      channels: ['stable'],
      demotions: [],
    },
  };
}

function declared(id: number, hosts: number, environments: number, now: number): Say<'host'> {
  // The first half is production; what remains is dealt out evenly.
  const half = Math.ceil(hosts / 2);
  const environmentId = environments === 1 || id <= half ? 1 : 2 + ((id - half - 1) % (environments - 1));
  const kind = kinds[id % kinds.length] as string;
  return {
    kind: 'host.declared',
    entity: 'host',
    actor: 'Ana',
    view: {
      id,
      name: `${kind}-${String(Math.ceil(id / kinds.length)).padStart(hosts > 500 ? 4 : 2, '0')}`,
      environmentId,
      role: id === 1 ? 'management' : 'target',
      labels: {},
      life: 'active',
      liveness: 'live',
      livenessSince: now - 7_000_000,
      livenessProblem: null,
      lastContactAt: now - 20_000,
      reported: [{ productId: 1, releaseId: deployed, version: '4.2.0', at: now - 7_000_000 }],
    },
  };
}

function pastJobs(story: Story, hosts: number, now: number): void {
  for (let id = 1; id <= 41; id += 1) {
    const failed = id % 13 === 0;
    const endedAt = now - (42 - id) * 1_800_000;
    const view = {
      ...install(id, id < 30 ? 1 : deployed, id < 30 ? '4.1.9' : '4.2.0', hosts, endedAt - 240_000),
      status: failed ? ('failed' as const) : ('succeeded' as const),
      startedAt: endedAt - 239_000,
      endedAt,
      counts: { ...noCounts, succeeded: failed ? hosts - 1 : hosts, failed: failed ? 1 : 0 },
    };
    story.now = endedAt;
    story.say({
      kind: 'job.requested',
      entity: 'job',
      actor: view.requestedBy,
      view: { ...view, status: 'queued', endedAt: null },
    });
    story.say({ kind: 'job.ended', entity: 'job', view });
  }
}

function install(id: number, releaseId: number, version: string, hosts: number, at: number): Omit<JobView, 'revision'> {
  return {
    id,
    kind: 'install',
    productId: 1,
    releaseId,
    version,
    status: 'queued',
    plan: {
      waves: [{ count: 1 }, { ppm: 250_000 }, { ppm: 1_000_000 }],
      maxParallel: Math.max(10, Math.ceil(hosts / 20)),
      maxFailures: { count: 0 },
      bakeMs: 60_000,
      onFailure: 'restore',
    },
    requestedBy: id % 4 === 0 ? 'Ben' : 'Ana',
    reason: null,
    problem: null,
    parentJobId: null,
    createdAt: at,
    startedAt: null,
    endedAt: null,
    wave: 1,
    waves: 3,
    counts: { ...noCounts, pending: hosts },
  };
}

/** Three products whose releases are at stages: one soaks well, one has a test entity in trouble, one only waits. */
export function inStages(story: Story): void {
  const { now } = story;
  const evaluation = {
    productId: 1,
    releaseId: ready,
    version: '4.2.1',
    source: 'canary',
    target: 'stable',
    kind: 'canary' as const,
    status: 'evaluating' as const,
    reasons: [],
    eligibleAt: now + 3 * 3_600_000,
    since: now - 86_400_000,
    judgedAt: now,
    endedAt: null,
    decidedBy: null,
    decisionReason: null,
    measured: { selected: 5, arrived: 4, healthy: 2, neededHealthy: 3, unhealthy: 0, neededUnhealthy: 2 },
  };
  const say = (id: number, change: Partial<EvaluationView>) =>
    story.say({ kind: 'evaluation.begun', entity: 'evaluation', view: { ...evaluation, ...change, id } });
  const product = story.board.products[1] as ProductView;
  ['scanner', 'label-printing-service'].forEach((name, at) =>
    story.say({ kind: 'product.declared', entity: 'product', view: { ...product, id: 2 + at, name } }),
  );
  say(1, {});
  const [since, until] = [now - 1_500_000, now + 2_100_000];
  const sentence = 'The release soaks on the source channel for 1 h.';
  say(2, {
    version: '4.3.0',
    releaseId: 4,
    source: 'dev',
    target: 'canary',
    kind: 'timed',
    measured: null,
    reasons: [{ code: 'soaking', sentence, durationMs: 3_600_000, since, until }],
    eligibleAt: until,
  });
  const measured = { ...evaluation.measured, healthy: 1, unhealthy: 1 };
  say(3, { productId: 2, version: '12.0.0-rc.4', measured, eligibleAt: null });
  say(4, { productId: 3, version: '0.9.1', status: 'paused', measured: null, eligibleAt: null });
}

/** Starts job 42, an install of `orders 4.2.1` on every host, all tasks pending. */
export function startInstall(story: Story): void {
  const hosts = Object.values(story.board.hosts);
  const view = install(42, ready, '4.2.1', hosts.length, story.now);
  story.say({ kind: 'job.requested', entity: 'job', actor: 'Ana', view });
  hosts.forEach((host, position) =>
    story.say({ kind: 'task.created', entity: 'task', view: pending(host, position, hosts.length) }),
  );
  story.job(42, { status: 'running', startedAt: story.now }, 'job.started');
}

function pending(host: HostView, position: number, hosts: number): Omit<TaskView, 'revision'> {
  return {
    id: 100_000 + host.id,
    jobId: 42,
    hostId: host.id,
    hostName: host.name,
    environmentId: host.environmentId,
    role: host.role,
    position,
    wave: position === 0 ? 1 : position < Math.ceil(hosts / 4) ? 2 : 3,
    status: 'pending',
    step: null,
    steps: [],
    problem: null,
    blockedByJobId: null,
    fromVersion: '4.2.0',
    restored: false,
    startedAt: null,
    endedAt: null,
    logBytes: 0,
  };
}

/** The first `done` hosts run the new release, the next `running` are at it. */
export function rollOn(story: Story, done: number, running: number): void {
  const ids = Object.keys(story.board.hosts).map(Number);
  for (const id of ids.slice(0, done)) succeed(story, id);
  for (const id of ids.slice(done, done + running)) begin(story, id);
  story.job(42, { wave: done === 0 ? 1 : done < Math.ceil(ids.length / 4) ? 2 : 3 });
}

export function begin(story: Story, hostId: number): AnyActivity[] {
  return story.task(hostId, { status: 'running', step: 'unpack', startedAt: story.now - 20_000 }, 'task.started');
}

export function succeed(story: Story, hostId: number): AnyActivity[] {
  const ended = { status: 'succeeded', step: 'report', startedAt: story.now - 45_000, endedAt: story.now } as const;
  const reported = [{ productId: 1, releaseId: ready, version: '4.2.1', at: story.now }];
  return [
    ...story.task(hostId, ended, 'task.ended'),
    story.host(hostId, { reported }, 'host.reported', { version: '4.2.1' }),
  ];
}

export function fail(story: Story, hostId: number, sentence: string): AnyActivity[] {
  const problem: Reason = { code: 'hook_failed', sentence };
  const ended = { status: 'failed', step: 'post-install', problem, restored: true, endedAt: story.now } as const;
  return story.task(hostId, { ...ended, startedAt: story.now - 40_000 }, 'task.ended');
}

export function lose(story: Story, hostId: number, sentence: string): AnyActivity {
  const problem: Reason = { code: 'no_answer', sentence };
  const change = { liveness: 'unreachable', livenessSince: story.now, livenessProblem: problem } as const;
  return story.host(hostId, change, 'host.unreachable');
}

/** More hosts went bad than the budget allows: what is pending is given up and the job has failed. */
export function halt(story: Story): void {
  const bad = story.board.jobs[42]?.counts.failed ?? 0;
  const problem: Reason = {
    code: 'over_budget',
    sentence: `${bad} hosts failed or could not be reached, 0 allowed: the job halts.`,
    bad,
    maxFailures: 0,
  };
  story.job(42, { problem }, 'job.halted');
  for (const task of Object.values(story.board.tasks)) {
    if (task.status === 'pending') story.task(task.hostId, { status: 'not_started' }, 'task.ended');
    if (task.status === 'running') succeed(story, task.hostId);
  }
  story.job(42, { status: 'failed', endedAt: story.now }, 'job.ended');
}

/** A hold of Ben's on the product in production, put an hour ago, unless told otherwise. */
export function putHold(story: Story, id: number, change: Partial<HoldView> = {}): AnyActivity {
  const view = {
    id,
    scope: { product: 'orders', environment: 'production' },
    reason: 'Stocktaking until Friday',
    owner: 'Ben Okafor',
    startsAt: null,
    expiresAt: null,
    strict: false,
    bar: null,
    createdAt: story.now - 3_600_000,
    createdBy: 'Ben Okafor',
    causeJobId: null,
    releasedAt: null,
    releasedBy: null,
    releaseReason: null,
    ...change,
  };
  const kind = view.releasedAt === null ? 'hold.created' : 'hold.released';
  return story.say({ kind, entity: 'hold', actor: view.releasedBy ?? view.createdBy, view });
}

/** An incident of a job that is on the board, open unless told otherwise. */
export function openIncident(story: Story, id: number, jobId: number, change: Partial<IncidentView> = {}): AnyActivity {
  const job = story.board.jobs[jobId] as JobView;
  const view = {
    id,
    status: 'open' as const,
    jobId,
    productId: job.productId,
    version: job.version,
    cause: {
      code: 'job_halted',
      sentence: `The install of ${job.version} (job ${jobId}) halted: ${counted(job.counts.failed, 'host')} failed.`,
    },
    owner: null,
    openedAt: story.now - 240_000,
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
  const verb = view.status === 'open' ? 'opened' : view.status;
  return story.say({ kind: `incident.${verb}`, entity: 'incident', view });
}

/** A request of Ana's for a job that is on the board, pending for twelve minutes unless told otherwise. */
export function askApproval(story: Story, id: number, jobId: number, change: Partial<ApprovalView> = {}): AnyActivity {
  const job = story.board.jobs[jobId] as JobView;
  const view = {
    id,
    jobId,
    productId: job.productId,
    version: job.version,
    rule: 'production-needs-two',
    required: 2,
    roles: ['approver' as const],
    allowSelf: false,
    state: 'pending' as const,
    requester: job.requestedBy,
    requestedAt: story.now - 720_000,
    expiresAt: story.now - 720_000 + 28_800_000,
    approvedBy: [],
    endedBy: null,
    endedAt: null,
    endReason: null,
    planHash: '7d1f3c20a94b',
    brokenGlassBy: null,
    ...change,
  };
  const kind =
    view.state !== 'pending'
      ? 'approval.ended'
      : view.approvedBy.length > 0
        ? 'approval.decided'
        : 'approval.requested';
  return story.say({ kind, entity: 'approval', actor: view.requester, view });
}

/** A job of its own for `orders 4.2.1` that waits for two approvals. */
function awaited(story: Story, id: number, hosts: number): void {
  const view = { ...install(id, ready, '4.2.1', hosts, story.now - 720_000), status: 'waiting_approval' as const };
  story.say({ kind: 'job.requested', entity: 'job', actor: view.requestedBy, view });
}

/** A story of `hosts` hosts that stands in the given situation at `now`, epoch milliseconds. */
export function storyOf(situation: Situation, hosts: number, now: number): Story {
  if (situation === 'empty') return new Story(now);
  const story = fleet(hosts, now);
  const share = (part: number) => Math.max(1, Math.floor(hosts * part));
  const scenes = {
    idle: () => undefined,
    rollout: () => {
      startInstall(story);
      rollOn(story, share(0.4), share(0.25));
    },
    failure: () => {
      startInstall(story);
      rollOn(story, share(0.4), share(0.25));
      fail(story, share(0.4) + 1, 'post-install exited with code 3 after 12 s; the host runs 4.2.0 again.');
      if (hosts > 3) fail(story, share(0.4) + 2, 'health did not pass within 60 s; the host runs 4.2.0 again.');
      halt(story);
    },
    unreachable: () => {
      lose(story, 2, 'The host does not answer on port 22 (connection timed out after 10 s).');
    },
    many_unreachable: () => {
      for (let id = 1; id <= share(0.3); id += 1) lose(story, id, 'No route to the host.');
    },
    unknown: () => {
      for (let id = 1; id <= share(0.3); id += 1) {
        story.host(id, { liveness: 'unknown', livenessSince: null, reported: [] }, 'host.declared');
      }
    },
    paused: () => {
      startInstall(story);
      rollOn(story, share(0.4), 0);
      story.job(42, { status: 'paused' }, 'job.paused', 'Ben');
    },
    crowded: () => {
      const product = story.board.products[1] as ProductView;
      const name = 'customer-order-intake-and-billing';
      story.say({ kind: 'product.declared', entity: 'product', actor: 'Ana', view: { ...product, name } });
      for (const host of Object.values(story.board.hosts)) {
        const long = `${host.name}.rack-${host.id % 9}.frankfurt.example.net`;
        story.host(host.id, { name: long }, 'host.declared');
      }
      startInstall(story);
      rollOn(story, share(0.3), share(0.2));
      fail(story, share(0.3) + 1, 'post-install exited with code 3 after 12 s; the host runs 4.2.0 again.');
      for (let id = 43; id <= 47; id += 1) {
        const view = { ...install(id, ready, `4.2.${id}-rc.1+build.2031`, 3, story.now), status: 'running' as const };
        story.say({ kind: 'job.requested', entity: 'job', actor: 'Ana', view: { ...view, startedAt: story.now } });
      }
    },
    incident: () => {
      startInstall(story);
      rollOn(story, share(0.4), 0);
      fail(story, share(0.4) + 1, 'post-install exited with code 3 after 12 s; the host runs 4.2.0 again.');
      halt(story);
      openIncident(story, 3, 42);
      // Its host runs well again; nobody has looked at the incident yet.
      succeed(story, share(0.4) + 1);
    },
    awaiting: () => {
      awaited(story, 42, hosts);
      askApproval(story, 7, 42, { approvedBy: ['Chandra Rao'] });
      awaited(story, 43, 4);
      askApproval(story, 8, 43, { requestedAt: story.now - 95_000 });
    },
    held: () => {
      putHold(story, 5);
      startInstall(story);
      rollOn(story, share(0.2), 0);
      const sentence = 'Stopped by hold 5 "Stocktaking until Friday" (Ben Okafor) until it is released.';
      story.job(42, { status: 'waiting', problem: { code: 'held', sentence, holds: ['5'] } }, 'job.waiting');
    },
    recovering: () => {
      startInstall(story);
      rollOn(story, share(0.4), 0);
      for (let nth = 1; nth <= 4; nth += 1)
        fail(story, share(0.4) + nth, 'post-install exited with code 3 after 12 s; the host runs 4.2.0 again.');
      halt(story);
      openIncident(story, 3, 42);
      awaited(story, 43, 4);
      askApproval(story, 8, 43, { requestedAt: story.now - 95_000 });
      putHold(story, 5);
      putHold(story, 6, { scope: { host: 'db-01' }, reason: 'Disk is being replaced', owner: 'Chandra Rao' });
    },
    promoting: () => inStages(story),
    /** All that a wall can have to say at once. */
    everything: () => {
      scenes.recovering();
      inStages(story);
    },
    downloading: () => {
      const view = { ...install(42, 4, '4.3.0', 0, story.now), kind: 'download' as const, status: 'running' as const };
      story.say({ kind: 'job.requested', entity: 'job', actor: 'Ana', view: { ...view, startedAt: story.now } });
      story.release(4, { package: 'downloading', received: 21_000_000 }, 'release.download_progressed');
    },
  } satisfies Record<Exclude<Situation, 'empty'>, () => void>;
  scenes[situation]();
  return story;
}
