/**
 * A fleet as one finds it, for what is measured by its size: some 130 plants of up to 200 nodes, most declared at once and
 * the rest over ten months, with gaps in their numbers; labels of its own on each host; one in a hundred does not answer.
 * Looks, outages, installs and words of health come when they come, to the millisecond. The same for the same seed.
 */
import { emptyBoard, type Board, type HostTask } from '../../server/domain/board.ts';
import type { EnvironmentView, HostView, JobView, ReleaseView, TaskStatus } from '../../server/domain/views.ts';
import { ALWAYS_OPEN } from '../../server/domain/windows.ts';
import { seeded } from './seeded.ts';

const DAY = 86_400_000;
const PLANTS = 137;
/** Hosts of one job that work at the same time, and the time between two transactions that note what they did. */
const AT_ONCE = 50;
const NOTED_EVERY_MS = 150;
const noCounts: Record<TaskStatus, number> = {
  ...{ pending: 0, running: 0, succeeded: 0, failed: 0, unreachable: 0, skipped: 0, cancelled: 0, not_started: 0 },
};

interface Chance {
  part(): number;
  between(least: number, most: number): number;
  /** One of them, each as likely as its weight. */
  pick<T>(weighed: readonly (readonly [T, number])[]): T;
}

/** Every host has been in a job that has ended. */
export function plants(hosts: number, now: number, seed = 1): Board {
  const chance = chances(seed);
  const board = emptyBoard();
  board.cursor = '1283746.9182736';
  declare(board, hosts, now, chance);
  failOver(board, now, chance);
  const names = [...new Set(Object.values(board.hosts).map(({ environmentId }) => environmentId))];
  for (let job = 901; names.length > 0; job += 1) {
    const group = new Set(names.splice(0, chance.between(3, 12)));
    const part = Object.values(board.hosts).filter(({ environmentId }) => group.has(environmentId));
    roll(board, job, part, { done: part.length, from: now - 6 * DAY + (job - 901) * 25_000_000 }, chance);
  }
  return board;
}

/** A job on every host is under way, the first `done` of them are there. */
export function rollOutEverywhere(board: Board, done: number, now: number, seed = 2): void {
  roll(board, 2_000, Object.values(board.hosts), { done, from: now - 1_200_000 }, chances(seed));
}

function chances(seed: number): Chance {
  const part = seeded(seed);
  return {
    part,
    between: (least, most) => least + Math.floor(part() * (most - least + 1)),
    pick(weighed) {
      let left = part() * weighed.reduce((sum, [, weight]) => sum + weight, 0);
      const [first] = weighed as [(typeof weighed)[number]];
      return (weighed.find(([, weight]) => (left -= weight) < 0) ?? first)[0];
    },
  };
}

function declare(board: Board, hosts: number, now: number, chance: Chance): void {
  const nextNode = new Map<number, number>();
  let lookedAt = now - 300 * DAY;
  for (let id = 1, round = 0; id <= hosts; round += 1) {
    const later = id > hosts * 0.6;
    const plant = later ? chance.between(1, PLANTS) : 1 + (round % PLANTS);
    board.environments[plant] ??= environment(plant, chance);
    if (later) lookedAt += chance.between(0, 3 * DAY);
    for (let left = later ? chance.between(1, 30) : chance.between(20, 126); left > 0 && id <= hosts; left -= 1) {
      const node = (nextNode.get(plant) ?? 0) + (chance.part() < 0.04 ? chance.between(2, 5) : 1);
      nextNode.set(plant, node);
      lookedAt += chance.between(20, 160);
      board.hosts[id] = host(id, board.environments[plant], node, lookedAt, now, chance);
      id += 1;
    }
  }
  ['4.1.9', '4.2.0', '4.2.1'].forEach(
    (version, at) => (board.releases[at + 1] = release(at + 1, version, now, chance)),
  );
}

function environment(id: number, chance: Chance): EnvironmentView {
  return {
    ...{ id, revision: chance.between(1, 9), name: `plant-${String(id * 3 + chance.between(0, 2)).padStart(3, '0')}` },
    labels: { region: chance.pick([['emea', 5] as const, ['apac', 3] as const, ['amer', 2] as const]) },
    ...{ installerMethod: 'managed', installerVersion: null, updatePolicy: 'auto', approveVia: 'slack' },
    ...{ checkEveryMs: 14_400_000, channels: { 1: 'stable' }, windows: ALWAYS_OPEN, recallWaitsForWindow: false },
  };
}

function host(
  id: number,
  { id: environmentId, name }: EnvironmentView,
  node: number,
  lookedAt: number,
  now: number,
  chance: Chance,
): HostView {
  const model = chance.pick([['r3', 1] as const, ['r4', 4] as const, ['r5', 6] as const, ['r5b', 2] as const]);
  return {
    ...{ id, revision: chance.between(3, 30), environmentId },
    name: `${name}-node-${String(node).padStart(4, '0')}`,
    role: node === 1 ? 'management' : 'target',
    labels: { model, line: `line-${1 + Math.floor(node / 12)}` },
    life: chance.part() < 0.003 ? 'maintenance' : 'active',
    ...{ liveness: 'live', livenessSince: lookedAt, livenessProblem: null },
    lastContactAt: now - chance.between(0, 60_000),
    reported: [],
  };
}

function release(id: number, version: string, now: number, chance: Chance): ReleaseView {
  const digest = Array.from({ length: 64 }, () => chance.between(0, 15).toString(16)).join('');
  const labels = { build: String(chance.between(10_000, 99_999)) };
  return {
    ...{ id, revision: 4, productId: 1, version, digest, size: 48_000_000, notes: 'Faster order intake.', labels },
    ...{ required: false, archivedAt: null, publishedAt: now - 9 * DAY, package: 'present', received: 48_000_000 },
    ...{ downloadedAt: now - 8 * DAY, downloadProblem: null, conflict: null, channels: ['stable'], demotions: [] },
  };
}

/** Whole plants were without power, single hosts were away, and some still are. */
function failOver(board: Board, now: number, chance: Chance): void {
  const all = Object.values(board.hosts);
  for (let times = 0; times < 60; times += 1) {
    const plant = chance.between(1, PLANTS);
    const backAt = now - chance.between(0, 120 * DAY);
    for (const one of all) if (one.environmentId === plant) one.livenessSince = backAt + chance.between(0, 60_000);
  }
  for (const one of all) {
    if (chance.part() < 0.06) one.livenessSince = now - chance.between(0, 60 * DAY);
    if (chance.part() >= 0.01) continue;
    const sentence = chance.pick([
      [`No route to ${one.name}. Check its network.`, 1],
      [`${one.name} did not answer within 10 s. Check that it is on.`, 1],
    ]);
    Object.assign(one, { liveness: 'unreachable', livenessProblem: { code: 'no_answer', sentence } });
    one.livenessSince = now - chance.between(0, 5 * DAY);
    one.lastContactAt = one.livenessSince - chance.between(0, 60_000);
  }
}

/** `AT_ONCE` hosts are at it all the time, each for as long as it takes; four in a thousand fail. */
function roll(
  board: Board,
  jobId: number,
  hosts: readonly HostView[],
  { done, from }: { done: number; from: number },
  chance: Chance,
): void {
  const free = Array.from({ length: AT_ONCE }, () => from);
  const counts = { ...noCounts };
  hosts.forEach((one, position) => {
    const startedAt = Math.min(...free) + chance.between(3, 40);
    const took = 5_000 - Math.log(1 - chance.part()) * 2_500;
    const endedAt = Math.ceil((startedAt + took) / NOTED_EVERY_MS) * NOTED_EVERY_MS + (jobId % NOTED_EVERY_MS);
    free[free.indexOf(Math.min(...free))] = endedAt;
    const bad = position < done && chance.part() < 0.004;
    const status = position >= done ? 'pending' : bad ? 'failed' : 'succeeded';
    counts[status] += 1;
    const task = pending(jobId, one, position, board.tasks[one.id]);
    board.tasks[one.id] = task;
    if (status === 'pending') return;
    const steps = { status, step: bad ? 'post-install' : 'report', restored: bad } as const;
    const revision = chance.pick([...[11, 12, 13, 14].map((value, at) => [value, 4 - at] as const)]);
    Object.assign(task, { ...steps, startedAt, endedAt, revision, logBytes: 1_800 + chance.between(0, 400) });
    if (bad)
      task.problem = { code: 'hook_failed', sentence: `post-install on ${one.name} ended with 1. Read its log.` };
    else one.reported = [{ productId: 1, releaseId: 3, version: '4.2.1', at: endedAt - chance.between(5, 30) }];
    const state = chance.part() < 0.02 ? 'WARNING' : 'HEALTHY';
    one.health = [{ productId: 1, live: true, state, since: endedAt + chance.between(0, 10_000), stale: false }];
  });
  board.jobs[jobId] = job(jobId, { from, to: Math.max(...free) }, counts);
}

function pending(jobId: number, host: HostView, position: number, before: HostTask | undefined): HostTask {
  return {
    ...{ id: jobId * 1_000 + position, revision: 1, jobId, hostId: host.id, hostName: host.name, role: host.role },
    ...{ environmentId: host.environmentId, position, wave: position === 0 ? 1 : 2, status: 'pending', step: null },
    ...{ problem: null, blockedByJobId: null, fromVersion: before ? '4.2.1' : '4.2.0', restored: false },
    ...{ startedAt: null, endedAt: null, logBytes: 0 },
  };
}

function job(id: number, { from, to }: { from: number; to: number }, counts: typeof noCounts): JobView {
  const ended = counts.pending === 0;
  return {
    ...{ id, revision: counts.succeeded * 2 + 5, kind: 'install', productId: 1, releaseId: 3, version: '4.2.1' },
    status: !ended ? 'running' : counts.failed > 0 ? 'failed' : 'succeeded',
    plan: {
      waves: [{ count: 1 }, { ppm: 1_000_000 }],
      ...{ maxParallel: AT_ONCE, maxFailures: { ppm: 10_000 }, bakeMs: 60_000, onFailure: 'restore' },
    },
    ...{ requestedBy: 'Ana', reason: null, problem: null, parentJobId: null, createdAt: from, startedAt: from + 1_000 },
    ...{ endedAt: ended ? to : null, wave: 2, waves: 2, counts },
  };
}
