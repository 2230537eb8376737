/** A pipeline in the midst of its work behind real pages: web role, database and log are real, the clock moves by hand. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { storeBeat } from '../../db/queries/engine.ts';
import { declaredPipeline } from '../../server/contracts/pipeline-file.ts';
import { createApp } from '../../server/http/app.ts';
import { answerRequests } from '../../server/live/answer.ts';
import { startLive } from '../../server/live/start.ts';
import { enqueueDue } from '../../server/services/engine/due.ts';
import { invite } from '../../server/services/people/invite.ts';
import { savePipeline } from '../../server/services/pipeline/save.ts';
import { WEEKDAYS } from '../../server/domain/windows.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { DAY, HOUR, MINUTE, pipelines, type Pipelines } from './pipeline.ts';
import type { Rig } from './rig.ts';
import { openWorld, type World } from './world.ts';

export interface PipelineSite {
  world: World;
  line: Pipelines;
  server: { url: string };
  signInLink: Rig['signInLink'];
  close(): Promise<void>;
}

/** `port` 0 takes a free one. */
export async function openPipelineSite({ port = 0 } = {}): Promise<PipelineSite> {
  const world = await openWorld();
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const live = await startLive(world.ctx, http, 'dev');
  const dashboardFolder = join(import.meta.dirname, '../../dashboard/dist');
  const app = createApp(world.ctx, { snapshot: live.snapshot, feedAge: live.age, dashboardFolder });
  answerRequests(http, app.fetch);
  const line = pipelines(world);
  let people = 0;
  return {
    world,
    line,
    server: { url },
    async signInLink(who = { name: 'Ana', roles: ['admin', 'approver'] }) {
      people += 1;
      const grants = who.roles.map((role) => ({ role }));
      const email = `person${people}@example.com`;
      const { link } = await invite.run(world.ctx, signalboxActor, { name: who.name, email, grants });
      return link.replace(/^https?:\/\/[^/]+/, url);
    },
    async close() {
      await live.stop();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await world.close();
    },
  };
}

/** Clock and queue have just been heard: the hand-moved clock does not say that they stand still. */
export async function keepAlive({ ctx, time }: World): Promise<void> {
  for (const part of ['clock', 'queue', 'feed'] as const) await storeBeat(ctx.db, part, time.now);
}

/** Lets the clock pass in steps, which a week of minutes need not be told in. */
export async function letPass({ world, line }: Pick<PipelineSite, 'world' | 'line'>, ms: number, step = HOUR) {
  const { ctx, time } = world;
  for (const end = time.now + ms; time.now < end;) {
    time.now = Math.min(end, time.now + step);
    await enqueueDue(ctx);
    await line.settle();
  }
}

const labs = ['lab-a', 'lab-b', 'lab-c'];
const plants = ['plant-berlin', 'plant-lyon'];

export const lineFleet = {
  products: [
    {
      name: 'orders',
      channels: ['dev', 'canary', 'stable', 'longterm', 'edge'],
      entryChannels: ['dev'],
      feed: { folder: '/srv/feed' },
    },
    { name: 'scanner', channels: ['dev', 'stable'], entryChannels: ['dev'], feed: { folder: '/srv/feed' } },
  ],
  environments: [
    ...labs.map((name) => ({ name, labels: { tier: 'test' }, subscriptions: { orders: 'canary' } })),
    ...plants.map((name) => ({
      name,
      labels: { tier: 'gold' },
      updatePolicy: 'auto',
      subscriptions: { orders: 'stable', scanner: 'stable' },
      maintenance: { timeZone: 'Europe/Berlin', windows: [{ days: ['sat', 'sun'], start: '22:00', end: '04:00' }] },
    })),
    { name: 'kiosk', labels: { tier: 'edge' }, subscriptions: { orders: 'edge' } },
  ],
  hosts: [
    ...labs.map((environment) => ({ name: `${environment}-1`, environment, root: `/srv/${environment}`, local: true })),
    { name: 'lab-c-2', environment: 'lab-c', root: '/srv/lab-c-2', local: true },
    ...plants.map((environment) => ({
      name: `${environment}-1`,
      environment,
      root: `/srv/${environment}`,
      local: true,
    })),
    { name: 'kiosk-1', environment: 'kiosk', root: '/srv/kiosk', local: true },
  ],
};

/** The pipeline of `orders` as its form sends it. */
export const lineRules = {
  stages: [
    { source: 'dev', target: 'canary', kind: 'timed' as const, duration: '1h' },
    {
      source: 'canary',
      target: 'stable',
      kind: 'canary' as const,
      filters: [{ withLabel: { key: 'tier', values: ['test'] } }],
      promoteWhenHealthy: { needed: '60%', duration: '3d' },
      recallWhenUnhealthy: { needed: 1, duration: '4h' },
      minimumEntityCount: 2,
    },
    {
      source: 'canary',
      target: 'edge',
      kind: 'timed' as const,
      duration: '2d',
      requireReleaseLabel: { key: 'edge-ready' },
    },
    { source: 'stable', target: 'longterm', kind: 'timed' as const, duration: '7d', excludeWeekends: true },
  ],
  maintenance: {
    timeZone: 'Europe/Berlin',
    windows: [{ days: [...WEEKDAYS.slice(0, 5)], start: '09:00', end: '16:00' }],
  },
};

/** Ids of the hosts of `lineFleet`, in the order in which they are declared. */
const host = { a: 1, b: 2, c1: 3, c2: 4, berlin: 5, lyon: 6, kiosk: 7 };

/**
 * `orders` on its way: 1.4.0 has passed everything that is decided, 1.5.0 was recalled by its canary, 1.6.0 soaks (a weekend
 * cut out, one lab in trouble for a while, one still upgrading), 1.7.0 has just come in.
 */
export async function tellLine({ world, line }: Pick<PipelineSite, 'world' | 'line'>): Promise<void> {
  const { time } = world;
  const pass = (ms: number, step?: number) => letPass({ world, line }, ms, step);
  time.now = Date.parse('2026-02-23T07:00:00Z');
  await line.declare(lineFleet);
  await savePipeline.run(world.ctx, world.operator, { id: 1, ...declaredPipeline.parse(lineRules) });
  const all = Object.values(host);
  await line.publish(['1.4.0'], { 'edge-ready': 'yes' });
  await line.settle();
  await pass(2 * HOUR);
  for (const id of all) await line.report(id, '1.4.0');
  for (const id of all) await line.say(id, 'HEALTHY', 30 * DAY);
  await pass(4 * DAY, 6 * HOUR);
  await line.publish(['1.5.0']);
  await pass(2 * HOUR);
  for (const id of [host.a, host.b]) await line.report(id, '1.5.0');
  await line.say(host.a, 'HEALTHY', 30 * DAY);
  await line.say(host.b, 'ERROR', 30 * DAY);
  await pass(7 * DAY - 4 * HOUR, 6 * HOUR);
  await line.publish(['1.6.0']);
  await pass(2 * HOUR);
  for (const id of [host.a, host.b, host.c1]) await line.report(id, '1.6.0');
  for (const id of [host.a, host.b]) await line.say(id, 'HEALTHY', 30 * DAY);
  await pass(6 * HOUR);
  await line.say(host.b, 'WARNING', 30 * DAY);
  await pass(5 * HOUR);
  await line.say(host.b, 'ERROR', 30 * DAY);
  await pass(20 * MINUTE, 10 * MINUTE);
  await line.say(host.b, 'HEALTHY', 30 * DAY);
  await pass(2 * DAY + 18 * HOUR);
  await line.publish(['1.7.0']);
  await pass(25 * MINUTE, 5 * MINUTE);
  await keepAlive(world);
}
