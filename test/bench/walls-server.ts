/**
 * The server of walls.ts, a process of its own: the web role as it is, on a PostgreSQL of its own. Tells how long its event
 * loop stood still, what its sockets took, and how much it keeps for slow readers. With `raw`: a bare WebSocket server instead.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { createApp } from '../../server/http/app.ts';
import { answerRequests } from '../../server/live/answer.ts';
import { startLive, type Live } from '../../server/live/start.ts';
import { askCode, claimDisplay, pairDisplay } from '../../server/services/display/pair.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import type { Context } from '../../server/services/context.ts';
import { environment, host } from '../../db/schema/index.ts';
import { raise, tell } from '../services/log/fleet-writer.ts';
import { plants } from '../support/plants.ts';
import { onStage, type Stage } from './stage.ts';

export interface Settings {
  raw: boolean;
  walls: number;
  hosts: number;
}

/** Since the last time it was asked. */
export interface Told {
  kind: 'told';
  /** Longest time that the loop did not turn, and how much of it the processor worked, ms. */
  stallMs: number;
  workedMs: number;
  bytes: number;
  /** Most that waited in memory for slow readers. */
  unsentMost: number;
  heap: number;
  /** Lines that are open. */
  lines: number;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings;
const http = createServer();
const sockets = new Set<Socket>();
let closedBytes = 0;
http.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('close', () => {
    closedBytes += socket.bytesWritten;
    sockets.delete(socket);
  });
});

let perSecond = 0;
let live: Live | undefined;
const loop = watchLoop();
const done = Promise.withResolvers<void>();
process.on('disconnect', () => done.resolve());
process.on('message', (order: { kind: 'tell' } | { kind: 'rate'; perSecond: number }) => {
  if (order.kind === 'rate') perSecond = order.perSecond;
  else process.send?.(told());
});

if (settings.raw) {
  const server = new WebSocketServer({ server: http });
  server.on('connection', (socket) => socket.on('message', () => socket.send('{"ok":true}')));
  await ready({});
  await done.promise;
  server.close();
} else await onStage(serve, { durable: false });
process.exit(0);

async function serve(stage: Stage): Promise<void> {
  const { ctx, closers } = stage;
  await declareFleet(ctx, settings.hosts);
  const tokens = await pairAll(stage);
  live = await startLive(ctx, http, 'bench');
  const app = createApp(ctx, { snapshot: live.snapshot, feedAge: live.age, dashboardFolder: '/nowhere' });
  answerRequests(http, app.fetch);
  closers.push(() => live!.stop());
  await ready({ tokens });
  let at = 0;
  while (!(await Promise.race([done.promise.then(() => true), pause(50).then(() => false)]))) {
    const count = Math.round(perSecond / 20);
    if (count === 0) continue;
    const ids = [...new Set(Array.from({ length: count }, () => 1 + (at++ % settings.hosts)))];
    const now = Date.now();
    await ctx.db.transaction(async (tx) => {
      for (const id of ids) await raise(tx, id, now);
      await tell(tx, ids, now);
    });
    ctx.bell.ring({ board: true });
  }
}

/** Names, labels, revisions and liveness as one finds them: of regular ones alone a snapshot would be an eighth. */
async function declareFleet({ db, clock }: Context, hosts: number): Promise<void> {
  const board = plants(hosts, clock.now());
  const environments = Object.values(board.environments);
  await db.transaction(async (tx) => {
    const rows = environments.map(({ name, labels }) => ({ name, labels, installerMethod: 'managed' as const }));
    const places = await tx.insert(environment).values(rows).returning({ id: environment.id });
    const placeOf = new Map(environments.map(({ id }, at) => [id, places[at]!.id]));
    const declared = Object.values(board.hosts).map(({ id: _id, reported: _reported, health: _health, ...rest }) => ({
      ...{ ...rest, environmentId: placeOf.get(rest.environmentId)! },
      ...{ connection: { transport: 'local' as const }, root: '/srv' },
    }));
    const ids: number[] = [];
    // A statement has room for 65 535 values.
    for (let from = 0; from < declared.length; from += 2_000) {
      const some = declared.slice(from, from + 2_000);
      ids.push(...(await tx.insert(host).values(some).returning({ id: host.id })).map(({ id }) => id));
    }
    await tell(tx, ids, clock.now());
  });
}

/** Every wall is a display of its own, paired as one is. */
async function pairAll({ ctx }: Stage): Promise<string[]> {
  const tokens: string[] = [];
  const shown = { views: ['overview'] as const, rotateMs: 30_000 };
  for (let wall = 1; wall <= settings.walls; wall += 1) {
    const { code, secret } = await askCode(ctx);
    await pairDisplay.run(ctx, signalboxActor, { code, name: `wall ${wall}`, ...shown });
    tokens.push((await claimDisplay(ctx, { secret })).token!);
  }
  return tokens;
}

async function ready(more: object): Promise<void> {
  await new Promise<void>((resolve) => (http as HttpServer).listen(0, '127.0.0.1', 2_048, resolve));
  process.send?.({ kind: 'ready', port: (http.address() as AddressInfo).port, ...more });
}

/** Turns of the loop as a timer of 2 ms sees them; the processor's time between two tells work from waiting for a core. */
function watchLoop() {
  const most = { stallMs: 0, workedMs: 0, unsentMost: 0 };
  let last = performance.now();
  let lastCpu = process.threadCpuUsage();
  let skip = false;
  const forget = () => {
    Object.assign(most, { stallMs: 0, workedMs: 0, unsentMost: 0 });
    skip = true;
  };
  setInterval(() => {
    const now = performance.now();
    const cpu = process.threadCpuUsage();
    // The turn in which somebody asked collects garbage for the answer.
    if (!skip && now - last > most.stallMs) most.stallMs = now - last;
    const worked = (cpu.user + cpu.system - lastCpu.user - lastCpu.system) / 1_000;
    if (!skip && worked > most.workedMs) most.workedMs = worked;
    skip = false;
    last = now;
    lastCpu = cpu;
    most.unsentMost = Math.max(most.unsentMost, live?.unsentBytes() ?? 0);
  }, 2);
  return { most, forget };
}

function told(): Told {
  globalThis.gc?.();
  const { stallMs, workedMs, unsentMost } = loop.most;
  loop.forget();
  const bytes = [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, closedBytes);
  const { heapUsed, external } = process.memoryUsage();
  return { kind: 'told', stallMs, workedMs, bytes, unsentMost, heap: heapUsed + external, lines: sockets.size };
}
