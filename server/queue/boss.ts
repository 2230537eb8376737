import { sql } from 'drizzle-orm';
import { fromDrizzle, PgBoss, type Job, type JobResult } from 'pg-boss';
import type { Logger } from 'pino';
import type { Enqueue } from './enqueue.ts';
import { queues, type QueueMessages, type QueueName } from './queues.ts';

export interface BossOptions {
  log: Logger;
  /** False: this process only enqueues; it holds no listener and does no maintenance. */
  works: boolean;
}

/**
 * Opens pg-boss, installs its schema (under its own lock) and declares every queue. Schedules and flows are not used:
 * the clock role decides what is due, and the next step is enqueued in the transaction that makes it due.
 */
export async function startBoss(databaseUrl: string, options: BossOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    application_name: 'signalbox-queue',
    max: options.works ? 6 : 2,
    schedule: false,
    supervise: options.works,
    superviseIntervalSeconds: 15,
    flowIntervalSeconds: 3_600,
    useListenNotify: options.works,
  });
  boss.on('error', (error) => options.log.error({ err: error }, 'queue: a statement failed; pg-boss tries again'));
  boss.on('warning', (warning) => options.log.warn({ warning }, 'queue: pg-boss warns'));
  await boss.start();
  await declareQueues(boss);
  return boss;
}

async function declareQueues(boss: PgBoss): Promise<void> {
  const known = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
  for (const [name, settings] of Object.entries(queues)) {
    // A message that nobody took within the hour is stale: a sweep has looked since.
    const wanted = { ...settings, notify: true, retentionSeconds: 3_600, deleteAfterSeconds: 600 };
    const present = known.get(name);
    if (!present) await boss.createQueue(name, wanted);
    else if (Object.entries(wanted).some(([key, value]) => present[key as keyof typeof present] !== value)) {
      await boss.updateQueue(name, wanted);
    }
  }
}

/** Messages join the caller's transaction; a rolled back change enqueues nothing. */
export function makeEnqueue(boss: PgBoss): Enqueue {
  return async (tx, queue, message, options = {}) => {
    const startAfter = options.delaySeconds ? { startAfter: options.delaySeconds } : {};
    await boss.send(queue, message, { db: fromDrizzle(tx, sql), ...startAfter });
  };
}

/** `signal` aborts when the queue shuts down or the message's time is over. */
export type Handler<Q extends QueueName> = (message: QueueMessages[Q], signal: AbortSignal) => Promise<void>;

export interface WorkOptions {
  log: Logger;
  /** Batches at once. A batch is fetched again only when its last message is done, so slow queues want several. */
  workers?: number;
}

/**
 * Works a queue: messages of a batch run side by side and each settles alone; one that throws, or outlives its
 * `expireInSeconds`, is logged and retried by the queue's limits while the others complete.
 */
export async function workQueue<Q extends QueueName>(
  boss: PgBoss,
  name: Q,
  handler: Handler<Q>,
  options: WorkOptions,
): Promise<void> {
  const settings = {
    // Batches of 1 stall up to 30 s under notify; 20 and more do not.
    batchSize: 50,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 1,
    notifyPollingIntervalSeconds: 1,
    localConcurrency: options.workers ?? 2,
    perJobResults: true,
  } as const;
  await boss.work<QueueMessages[Q], unknown, typeof settings>(name, settings, (batch) =>
    Promise.all(batch.map((message) => settle(name, message, handler, options.log))),
  );
}

async function settle<Q extends QueueName>(
  name: Q,
  message: Job<QueueMessages[Q]>,
  handler: Handler<Q>,
  log: Logger,
): Promise<JobResult> {
  try {
    // A little before pg-boss would give up on the whole batch for the sake of this one message.
    const limit = AbortSignal.timeout(queues[name].expireInSeconds * 900);
    await within(handler(message.data, AbortSignal.any([message.signal, limit])), limit);
    return { id: message.id, status: 'completed' };
  } catch (error) {
    log.error({ err: error, queue: name, message: message.data }, 'queue: a message failed');
    return { id: message.id, status: 'failed', output: { reason: String(error) } };
  }
}

function within(work: Promise<void>, limit: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error('the handler took longer than the queue allows'));
    limit.addEventListener('abort', late, { once: true });
    work.then(resolve, reject).finally(() => limit.removeEventListener('abort', late));
  });
}

/** Lets running handlers end (at most `timeoutMs`), then closes the connections. */
export async function stopBoss(boss: PgBoss, timeoutMs: number): Promise<void> {
  await boss.stop({ graceful: true, timeout: timeoutMs });
}
