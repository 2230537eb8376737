/** What the tests of jobs share: a fleet that is ready to install, and the test as scheduler and worker. */
import { jobViews, taskViews } from '../../db/queries/views.ts';
import type { JobPlan, JobView, TaskView } from '../../server/domain/views.ts';
import { enqueueDue } from '../../server/services/engine/due.ts';
import { noteLive } from '../../server/services/host/contact.ts';
import { startInstall } from '../../server/services/install/start.ts';
import { advanceJob } from '../../server/services/job/advance.ts';
import { endDownload } from '../../server/services/release/download.ts';
import { requestDownload } from '../../server/services/release/request-download.ts';
import { endTask } from '../../server/services/task/end.ts';
import { startTask, type Held } from '../../server/services/task/start.ts';
import type { Actor } from '../../server/services/verb.ts';
import { apply } from './fleet.ts';
import { publish, type World } from './world.ts';

/** All hosts in one wave. */
export const atOnce: Partial<JobPlan> = { waves: [{ ppm: 1_000_000 }] };

export interface FleetOf {
  /** Host names by environment; every environment follows `orders` on `stable`. */
  hosts: Readonly<Record<string, readonly string[]>>;
  labels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  approvals?: readonly object[];
}

/** Declares the fleet and brings release 1 (1.0.0) and 2 (1.1.0) of `orders` onto the server. */
export async function readyFleet(world: World, fleet: FleetOf): Promise<void> {
  await apply(world, fleetFile(fleet));
  await publish(world, ['1.0.0', '1.1.0']);
  for (const id of [1, 2]) {
    const { id: jobId } = await requestDownload.run(world.ctx, world.operator, { id });
    await endDownload(world.ctx, jobId, { status: 'succeeded', hooks: {} });
  }
  await world.take('release.download');
}

export function fleetFile({ hosts, labels = {}, approvals }: FleetOf) {
  return {
    products: [
      { name: 'orders', channels: ['stable', 'dev'], entryChannels: ['stable'], feed: { folder: '/srv/feed' } },
    ],
    environments: Object.keys(hosts).map((name) => ({
      name,
      labels: labels[name] ?? {},
      subscriptions: { orders: 'stable' },
    })),
    hosts: Object.entries(hosts).flatMap(([environment, names]) =>
      names.map((name) => ({ name, environment, root: `/srv/${name}`, local: true })),
    ),
    ...(approvals ? { approvals } : {}),
  };
}

export async function install(
  world: World,
  hostIds: number[],
  plan: Partial<JobPlan> = atOnce,
  actor: Actor = world.operator,
): Promise<number> {
  return (await startInstall.run(world.ctx, actor, { releaseId: 1, hostIds, plan })).id;
}

/** Delivers what waits in the queues; answers with the tasks that workers hold from now on. */
export async function deliver(world: World): Promise<Held[]> {
  for (const { jobId } of await world.take('job.advance')) await advanceJob(world.ctx, jobId);
  const held: Held[] = [];
  for (const { taskId } of await world.take('task.run')) {
    const started = await startTask(world.ctx, taskId, 'worker-1');
    if (started) held.push(started);
  }
  return held;
}

/** Moves the clock, lets its role look at what is due, and delivers. */
export async function passTime(world: World, ms: number): Promise<Held[]> {
  world.time.now += ms;
  await enqueueDue(world.ctx);
  return deliver(world);
}

export async function succeed(world: World, held: Held): Promise<void> {
  const [task] = await taskViews(world.ctx.db, [held.taskId]);
  await noteLive(world.ctx, task!.hostId);
  await endTask(world.ctx, held, { status: 'succeeded', problem: null, restored: false });
}

export async function jobOf(world: World, id: number): Promise<JobView> {
  return (await jobViews(world.ctx.db, [id]))[0]!;
}

/** Tasks by host name. */
export async function tasksOf(world: World): Promise<Record<string, TaskView>> {
  return Object.fromEntries((await taskViews(world.ctx.db, {})).map((task) => [task.hostName, task]));
}

export async function hostsOf(world: World, held: readonly Held[]): Promise<string[]> {
  const ids = held.map(({ taskId }) => taskId);
  return (await taskViews(world.ctx.db, ids)).map(({ hostName }) => hostName).sort();
}
