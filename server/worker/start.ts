import { randomUUID } from 'node:crypto';
import type { PgBoss } from 'pg-boss';
import type { SessionLocks } from '../../db/session-lock.ts';
import { workQueue } from '../queue/boss.ts';
import { advanceJob } from '../services/job/advance.ts';
import { checkOnSchedule } from '../services/client/check.ts';
import { beat } from '../services/engine/heartbeat.ts';
import { advanceRecalls } from '../services/recall/advance.ts';
import { workerLockClass } from '../services/task/lease.ts';
import type { Context } from '../services/context.ts';
import { downloadWork } from './downloads.ts';
import { feedWork } from './feed-checks.ts';
import { pipelineWork } from './pipelines.ts';
import { Pool } from './pool.ts';
import { probeWork } from './probes.ts';
import { repeat } from '../services/engine/repeat.ts';
import { beatIntake, INTAKE_BEAT_MS } from '../services/health/outage.ts';
import { taskWork } from './tasks.ts';

/** Most wait for a line or a time-out: hosts that are down must not hold up the look at the others. */
const probesAtOnce = 32;
const downloadsAtOnce = 4;

/** The worker role: takes messages, and takes over what workers that are gone have left. Returns how to stop it. */
export async function startWorker(ctx: Context, boss: PgBoss, locks: SessionLocks): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const workerId = randomUUID();
  await locks.hold(workerLockClass, workerId);
  const pools = {
    tasks: new Pool(ctx.config.workerTasks),
    probes: new Pool(probesAtOnce),
    downloads: new Pool(downloadsAtOnce),
  };
  const tasks = taskWork(ctx, pools.tasks, workerId, stop.signal);
  const downloads = downloadWork(ctx, pools.downloads, locks.tryHold, stop.signal);
  const checkFeed = feedWork(ctx, stop.signal);
  const { log } = ctx;
  await workQueue(boss, 'job.advance', ({ jobId }) => advanceJob(ctx, jobId), { log });
  await workQueue(boss, 'task.run', ({ taskId }, signal) => tasks.onMessage(taskId, signal), { log });
  await workQueue(boss, 'release.download', ({ jobId }, signal) => downloads.onMessage(jobId, signal), { log });
  await workQueue(
    boss,
    'feed.check',
    async ({ productId }) => {
      await checkFeed(productId);
      await beat(ctx, 'feed');
    },
    { log },
  );
  await workQueue(boss, 'client.check', ({ clientId }) => checkOnSchedule(ctx, clientId), { log });
  const lookAtPipeline = pipelineWork(ctx);
  await workQueue(boss, 'pipeline.tick', ({ productId }) => lookAtPipeline(productId), { log });
  await workQueue(boss, 'recall.advance', ({ productId }) => advanceRecalls(ctx, productId), { log });
  await workQueue(boss, 'engine.beat', () => beat(ctx, 'queue'), { log });
  const loops = [
    repeat('take-over', ctx.config.sweepMs, log, async () => {
      await tasks.takeOver();
      await downloads.takeOver();
    }),
    repeat('health-checks', INTAKE_BEAT_MS, log, () => beatIntake(ctx, 'health-checks')),
    repeat('probe', Math.min(1_000, ctx.config.probeMs), log, probeWork(ctx, pools.probes, stop.signal)),
  ];
  return async () => {
    stop.abort(new Error('this process stops'));
    await Promise.all(loops.map((end) => end()));
    await Promise.all(Object.values(pools).map((pool) => pool.idle()));
  };
}
