import { pino } from 'pino';
import type { PgBoss } from 'pg-boss';
import { openBell } from '../../db/bell.ts';
import { readConfig } from '../../server/config.ts';
import { makeEnqueue, startBoss, stopBoss } from '../../server/queue/boss.ts';
import { queues, type QueueMessages, type QueueName } from '../../server/queue/queues.ts';
import { applyFleet } from '../../server/services/fleet/apply.ts';
import { recordFeedCheck } from '../../server/services/feed/record-check.ts';
import type { Context } from '../../server/services/context.ts';
import { signalboxActor, type Actor } from '../../server/services/verb.ts';
import { freshDatabase } from './database.ts';

export interface World {
  ctx: Context;
  boss: PgBoss;
  url: string;
  /** The clock that every decision of this world reads: move it by hand. */
  time: { now: number };
  operator: Actor;
  /** Takes every message that waits in a queue, as a worker would. */
  take<Q extends QueueName>(queue: Q): Promise<QueueMessages[Q][]>;
  /** Empties every table and queue, ids included: the next test of the file starts anew in a few milliseconds. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export const start = Date.parse('2026-03-02T08:00:00Z');

/** A real database and a real queue with a clock that only moves by hand, and no worker: the test is the worker. */
export async function openWorld(settings: Record<string, string> = {}): Promise<World> {
  const database = await freshDatabase();
  const log = pino({ level: 'silent' });
  const boss = await startBoss(database.url, { log, works: false });
  const bell = await openBell(database.url);
  const time = { now: start };
  const ctx: Context = {
    db: database.db,
    config: readConfig({ SIGNALBOX_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'), ...settings }),
    clock: { now: () => time.now },
    log,
    bell,
    enqueue: makeEnqueue(boss),
  };
  return {
    ctx,
    boss,
    url: database.url,
    time,
    operator: { ...signalboxActor, name: 'Ana' },
    async take(queue) {
      const jobs = await boss.fetch<QueueMessages[typeof queue]>(queue, { batchSize: 10_000 });
      if (jobs.length > 0)
        await boss.complete(
          queue,
          jobs.map(({ id }) => id),
        );
      return jobs.map(({ data }) => data);
    },
    async clear() {
      const { $client: sql } = database.db;
      await sql`truncate product, environment, host, hold, health_outage, approval_rule, person, activity, heartbeat, idempotency_key, slack_message, log_reader, slack_status restart identity cascade`;
      for (const queue of Object.keys(queues)) await boss.deleteAllJobs(queue);
      time.now = start;
    },
    async close() {
      await bell.close();
      await stopBoss(boss, 1_000);
      await database.drop();
    },
  };
}

export interface FleetShape {
  management?: number;
  targets: number;
}

/** One product `orders` with channel `stable`, one environment, and hosts that nothing listens on. */
export async function declareFleet({ ctx, operator }: World, { management = 0, targets }: FleetShape): Promise<void> {
  const host = (name: string, role: string) =>
    `  - { name: ${name}, environment: plant, role: ${role}, root: /srv/${name}, local: true }`;
  const text = [
    'products:',
    '  - { name: orders, channels: [stable], entryChannels: [stable], feed: { folder: /srv/feed } }',
    'environments:',
    '  - { name: plant, subscriptions: { orders: stable } }',
    'hosts:',
    ...Array.from({ length: management }, (_, i) => host(`mgmt-${i + 1}`, 'management')),
    ...Array.from({ length: targets }, (_, i) => host(`line-${i + 1}`, 'target')),
  ].join('\n');
  await applyFleet.run(ctx, operator, { file: 'fleet.yaml', text, prune: false });
}

/** Publishes versions of `orders` (product 1), as a feed check would. */
export async function publish({ ctx }: World, versions: readonly string[]): Promise<void> {
  const releases = versions.map((version) => ({
    version,
    digest: version.replaceAll(/\D/g, '').padEnd(64, 'a'),
    size: 1_000,
    artifactUrl: `file:///srv/feed/orders-${version}.tar.gz`,
    signatureUrl: null,
    notes: '',
    labels: {},
    required: false,
    hooks: {},
  }));
  await recordFeedCheck(ctx, 1, { releases, problems: [] });
}
