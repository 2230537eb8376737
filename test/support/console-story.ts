/** A made-up fleet that shows every state the console can be in: two products, releases in every state, jobs of every end. */
import type { AnyActivity } from '../../server/domain/activity.ts';
import type { HostView, JobView, ReleaseView, StepRecord, TaskStatus, TaskView } from '../../server/domain/views.ts';
import { ALWAYS_OPEN } from '../../server/domain/windows.ts';
import { Story } from './story.ts';

export interface ConsoleStory {
  story: Story;
  /** Every task with its steps; the board keeps the latest of each host, without. */
  tasks: Map<number, TaskView>;
  logs: Map<number, string>;
  activities: AnyActivity[];
}

export const stepNames = [
  'preflight',
  'fetch',
  'verify',
  'unpack',
  'pre-install',
  'activate',
  'post-install',
  'health',
  'report',
];

export const noCounts = {
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  unreachable: 0,
  skipped: 0,
  cancelled: 0,
  not_started: 0,
};

const notes = `Faster order intake: the queue is drained in batches.

Fixes a crash when a label holds an emoji <img src=x onerror=alert(1)>.
The health hook waits up to 60 s for the first answer.`;

/** `hosts` hosts as they stand at `now`, epoch milliseconds. */
export function consoleStory(hosts: number, now: number): ConsoleStory {
  const story = new Story(now - 86_400_000);
  const told: ConsoleStory = { story, tasks: new Map(), logs: new Map(), activities: [] };
  const say = story.say.bind(story);
  story.say = (said) => {
    const activity = say(said);
    told.activities.push(activity);
    return activity;
  };
  declare(story, hosts, now);
  releases(story, now);
  pastJobs(told, hosts, now);
  story.now = now;
  return told;
}

function declare(story: Story, hosts: number, now: number): void {
  const product = { versioning: 'semver', feedCheckedAt: now - 62_000, feedProblem: null } as const;
  story.say({ kind: 'product.declared', entity: 'product', actor: 'Ana', view: { ...product, id: 1, name: 'karios' } });
  story.say({
    kind: 'product.declared',
    entity: 'product',
    actor: 'Ana',
    view: { ...product, id: 2, name: 'edge-agent' },
  });
  const environment = {
    installerMethod: 'managed',
    installerVersion: null,
    updatePolicy: 'manual',
    approveVia: 'slack',
    checkEveryMs: 14_400_000,
    windows: ALWAYS_OPEN,
    recallWaitsForWindow: false,
  } as const;
  ['eu-prod', 'us-prod', 'staging'].forEach((name, at) =>
    story.say({
      kind: 'environment.declared',
      entity: 'environment',
      actor: 'Ana',
      view: { ...environment, id: at + 1, name, labels: {}, channels: { 1: at === 2 ? 'canary' : 'stable' } },
    }),
  );
  for (let id = 1; id <= hosts; id += 1)
    story.say({ kind: 'host.declared', entity: 'host', actor: 'Ana', view: host(id, hosts, now) });
}

function host(id: number, hosts: number, now: number): Omit<HostView, 'revision'> {
  const kind = ['web', 'api', 'db', 'queue', 'cache'][id % 5] as string;
  const unreachable = id === 7;
  return {
    id,
    name: id <= 2 ? `mgmt-${id === 1 ? 'eu' : 'us'}` : `${kind}-${String(id).padStart(hosts > 500 ? 5 : 2, '0')}`,
    environmentId: id <= 2 ? id : id % 10 === 0 ? 3 : 1 + (id % 2),
    role: id <= 2 ? 'management' : 'target',
    labels: { rack: String(1 + (id % 8)), tier: kind },
    life: id === 12 ? 'maintenance' : 'active',
    liveness: unreachable ? 'unreachable' : id === 14 ? 'unknown' : 'live',
    livenessSince: id === 14 ? null : now - 3_700_000 - id * 1000,
    livenessProblem: unreachable
      ? { code: 'no_answer', sentence: 'The host does not answer on port 22 (timed out after 10 s).' }
      : null,
    lastContactAt: id === 14 ? null : unreachable ? now - 3_700_000 : now - 4_000 - (id % 9) * 1000,
    reported:
      id === 14
        ? []
        : [
            {
              productId: 1,
              releaseId: id % 5 === 0 ? 1 : 2,
              version: id % 5 === 0 ? '4.1.9' : '4.2.0',
              at: now - 3_600_000,
            },
          ],
  };
}

function releases(story: Story, now: number): void {
  const base: Omit<ReleaseView, 'revision' | 'id' | 'version'> = {
    productId: 1,
    digest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    size: 48_212_004,
    notes,
    labels: { commit: '4f2c9ab' },
    required: false,
    archivedAt: null,
    publishedAt: now,
    package: 'present',
    received: 48_212_004,
    downloadedAt: now - 3_600_000,
    downloadProblem: null,
    conflict: null,
    channels: ['stable'],
    demotions: [],
  };
  const absent = { package: 'absent', received: 0, downloadedAt: null } as const;
  const list: Omit<ReleaseView, 'revision' | 'id'>[] = [
    { ...base, version: '4.1.9', publishedAt: now - 30 * 86_400_000 },
    { ...base, version: '4.2.0', publishedAt: now - 12 * 86_400_000, required: true },
    { ...base, version: '4.2.1', publishedAt: now - 2 * 86_400_000 },
    { ...base, ...absent, version: '4.3.0', publishedAt: now - 5_400_000, channels: ['canary'] },
    {
      ...base,
      ...absent,
      version: '4.2.2',
      publishedAt: now - 86_400_000,
      downloadProblem: {
        code: 'digest_mismatch',
        sentence:
          'The package does not have the digest that the feed states: 48 212 004 bytes arrived, SHA-256 differs.',
      },
    },
    {
      ...base,
      version: '4.3.0-rc.1',
      publishedAt: now - 4 * 86_400_000,
      package: 'downloading',
      received: 21_400_000,
      downloadedAt: null,
      channels: ['canary'],
      labels: { hotfix: 'yes' },
    },
    { ...base, version: '4.0.0', publishedAt: now - 90 * 86_400_000, archivedAt: now - 86_400_000, channels: [] },
    {
      ...base,
      productId: 2,
      version: '1.8.3',
      size: 9_112_000,
      publishedAt: now - 7 * 86_400_000,
      conflict: {
        code: 'digest_changed',
        sentence:
          'The feed now states another SHA-256 (11d0…) for 1.8.3. It was not taken over; ask whoever publishes it which is right.',
      },
    },
  ];
  list.forEach((view, at) => {
    story.now = view.publishedAt;
    story.say({ kind: 'release.published', entity: 'release', view: { ...view, id: at + 1 } });
  });
}

export function newJob(
  id: number,
  releaseId: number,
  version: string,
  hosts: number,
  at: number,
): Omit<JobView, 'revision'> {
  return {
    id,
    kind: 'install',
    productId: 1,
    releaseId,
    version,
    status: 'queued',
    plan: {
      waves: [{ count: 1 }, { ppm: 250_000 }, { ppm: 1_000_000 }],
      maxParallel: 10,
      maxFailures: { count: 0 },
      bakeMs: 60_000,
      onFailure: 'restore',
    },
    requestedBy: id % 3 === 0 ? 'Ben' : 'Ana',
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

export function newTask(
  id: number,
  jobId: number,
  on: HostView,
  position: number,
  hosts: number,
): Omit<TaskView, 'revision'> {
  return {
    id,
    jobId,
    hostId: on.id,
    hostName: on.name,
    environmentId: on.environmentId,
    role: on.role,
    position,
    wave: position === 0 ? 1 : position < Math.ceil(hosts / 4) ? 2 : 3,
    status: 'pending',
    step: null,
    steps: [],
    problem: null,
    blockedByJobId: null,
    fromVersion: on.reported[0]?.version ?? null,
    restored: false,
    startedAt: null,
    endedAt: null,
    logBytes: 0,
  };
}

/** The steps of a host up to and including `last`, as the runner reports them. */
export function stepsTo(last: string, outcome: StepRecord['outcome'], at: number): StepRecord[] {
  const end = stepNames.indexOf(last);
  return stepNames.slice(0, end + 1).map((step, index) => {
    const ms = 40 + index * index * 137;
    const own = index === end ? outcome : 'ok';
    const hook = step.includes('install') || step === 'health';
    const code = hook && own !== 'running' ? (own === 'failed' ? 3 : 0) : null;
    return {
      step,
      startedAt: at + index * 1000,
      endedAt: own === 'running' ? null : at + index * 1000 + ms,
      ms: own === 'running' ? null : ms,
      code,
      outcome: own,
    };
  });
}

export const sampleLog = [
  '\u001b[1m==> preflight\u001b[0m Linux 6.8, 41 GiB free, sh tar gzip sha256sum setsid flock timeout found',
  '==> fetch karios-4.2.1.tar.gz (48.2 MB)',
  '  5%\r 38%\r 71%\r100%',
  '\u001b[32m✓\u001b[0m SHA-256 9f86d081884c7d65…',
  '==> pre-install: stopping karios.service',
  '\u001b[33mwarning:\u001b[0m 3 connections were still open, drained in 1.2 s',
  '==> activate releases/4.2.1-9f86d081',
  '==> post-install: migrating schema \u001b[36m0041_orders_batch\u001b[0m',
  '\u001b[1;31merror:\u001b[0m relation "orders_batch" already exists <script>alert(1)</script>',
  '\u001b[31mpost-install exited with code 3\u001b[0m',
  '==> restore releases/4.2.0-60303ae2: \u001b[32mok\u001b[0m',
].join('\n');

/** Tells one job with its tasks in the states given, in host order. */
export function tellJob(
  told: ConsoleStory,
  view: Omit<JobView, 'revision'>,
  on: readonly HostView[],
  states: (position: number) => TaskStatus,
): void {
  const { story } = told;
  story.say({
    kind: 'job.requested',
    entity: 'job',
    actor: view.requestedBy,
    view: { ...view, status: 'queued', endedAt: null },
  });
  const counts = { ...noCounts };
  on.forEach((one, position) => {
    const status = states(position);
    counts[status] += 1;
    const started = view.startedAt ?? view.createdAt;
    const task = {
      ...newTask(view.id * 20_000 + position, view.id, one, position, on.length),
      status,
      ...fate(status, started),
    };
    const said = story.say({ kind: status === 'pending' ? 'task.created' : 'task.ended', entity: 'task', view: task });
    told.tasks.set(task.id, said.view as TaskView);
    told.logs.set(task.id, status === 'pending' ? '' : `${sampleLog}\n`);
  });
  story.say({ kind: view.endedAt === null ? 'job.started' : 'job.ended', entity: 'job', view: { ...view, counts } });
}

function fate(status: TaskStatus, at: number): Partial<TaskView> {
  const ended = { startedAt: at, endedAt: at + 41_300, logBytes: sampleLog.length };
  switch (status) {
    case 'succeeded':
      return { ...ended, step: 'report', steps: stepsTo('report', 'ok', at) };
    case 'failed':
      return {
        ...ended,
        step: 'post-install',
        steps: stepsTo('post-install', 'failed', at),
        problem: {
          code: 'hook_failed',
          sentence: 'post-install exited with code 3 after 12 s; the host runs 4.2.0 again.',
        },
        restored: true,
      };
    case 'unreachable':
      return {
        startedAt: at,
        endedAt: at + 10_000,
        problem: {
          code: 'host_key_changed',
          sentence: 'The host key is not the one that is pinned. Confirm it before anything else.',
        },
      };
    case 'running':
      return { startedAt: at, step: 'unpack', steps: stepsTo('unpack', 'running', at), logBytes: 300 };
    case 'skipped':
      return {
        endedAt: at,
        problem: { code: 'already_current', sentence: 'It already runs 4.2.1, this very artifact.' },
      };
    case 'not_started':
      return {
        endedAt: at + 60_000,
        problem: { code: 'halted', sentence: '2 hosts failed or could not be reached, 0 allowed: the job halts.' },
      };
    default:
      return {};
  }
}

function pastJobs(told: ConsoleStory, hosts: number, now: number): void {
  const all = Object.values(told.story.board.hosts);
  for (let id = 1; id <= 38; id += 1) {
    const endedAt = now - (43 - id) * 1_800_000;
    told.story.now = endedAt;
    const view = { ...newJob(id, 1, '4.1.9', 6, endedAt - 241_000), startedAt: endedAt - 240_000, endedAt };
    const failed = id % 13 === 0;
    tellJob(told, { ...view, status: failed ? 'failed' : 'succeeded' }, all.slice(0, 6), (at) =>
      failed && at === 4 ? 'failed' : 'succeeded',
    );
  }
  const at = now - 900_000;
  const problem = {
    code: 'over_budget',
    sentence: '2 hosts failed or could not be reached, 0 allowed: the job halts.',
    bad: 2,
    maxFailures: 0,
  };
  told.story.now = at;
  const halted = {
    ...newJob(39, 3, '4.2.1', 12, at),
    startedAt: at + 1000,
    endedAt: at + 130_000,
    status: 'failed' as const,
    problem,
    reason: 'CHG-1182',
  };
  const ends = ['succeeded', 'succeeded', 'failed', 'unreachable', 'succeeded'] as const;
  tellJob(told, halted, all.slice(0, 12), (position) => ends[position] ?? 'not_started');
  const download = {
    ...newJob(40, 6, '4.3.0-rc.1', 0, now - 40_000),
    kind: 'download' as const,
    status: 'running' as const,
    startedAt: now - 39_000,
  };
  tellJob(told, download, [], () => 'pending');
  const manual = {
    ...newJob(41, 2, '4.2.0', 8, now - 600_000),
    status: 'waiting' as const,
    startedAt: now - 590_000,
    wave: 2,
  };
  const wave = { code: 'manual_wave', sentence: 'Wave 2 is manual: it waits for Continue.', wave: 2 };
  const waves = [{ count: 2 }, { ppm: 1_000_000, manual: true }];
  tellJob(
    told,
    { ...manual, waves: 2, problem: wave, plan: { ...manual.plan, waves } },
    all.slice(4, 12),
    (position) => (position < 2 ? 'succeeded' : 'pending'),
  );
  const many = Math.max(12, hosts - 14);
  const running = {
    ...newJob(42, 3, '4.2.1', many, now - 95_000),
    status: 'running' as const,
    startedAt: now - 94_000,
    wave: 3,
  };
  told.story.now = now - 90_000;
  tellJob(told, running, all.slice(14, 14 + many), (position) =>
    position < many * 0.4
      ? position === 3
        ? 'skipped'
        : 'succeeded'
      : position < many * 0.4 + 10
        ? 'running'
        : 'pending',
  );
}
