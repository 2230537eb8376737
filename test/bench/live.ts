/**
 * 3 000 activities a second by 12 writers to a client, over the whole way: transaction, bell, tail, fold, Socket.IO batch.
 * Beside it, in the same run and under the same load, the raw NOTIFY of the same server. Writers (four to a process) and
 * the client are processes of their own; a transaction writes five activities; the disk is left out (no fsync).
 * `node test/bench/live.ts [seconds]`, default 10.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { person } from '../../db/schema/index.ts';
import { createApp } from '../../server/http/app.ts';
import { answerRequests } from '../../server/live/answer.ts';
import { startLive } from '../../server/live/start.ts';
import { openSession } from '../../server/services/people/session.ts';
import { makeHosts } from '../services/log/fleet-writer.ts';
import type { ClientReport } from './live-client.ts';
import { machineState, onStage, percentile, type Stage } from './stage.ts';

const WRITERS = 12;
const PROCESSES = 3;
const PER_SECOND = 3_000;
/** So many that hardly a host is told of twice within one batch: the newer fact of one host replaces the older one there. */
const HOSTS = 6_000;
const seconds = Number(process.argv[2] ?? 10);
/** A machine that cannot keep up ends the benchmark here, and it fails. */
const PATIENCE_MS = 60_000 + seconds * 6_000;

await onStage(
  async (stage) => {
    const before = await machineState();
    await makeHosts(stage.ctx.db, HOSTS);
    const { origin, cookie } = await serve(stage);
    const client = child('live-client.ts', { origin, cookie, url: stage.url });
    await message(client, 'ready');
    const start = (await writtenTo(stage)).length;
    const each = {
      url: stage.url,
      processes: PROCESSES,
      writers: WRITERS,
      hosts: HOSTS,
      perSecond: PER_SECOND,
      seconds,
    };
    const writers = Array.from({ length: PROCESSES }, (_, index) => child('live-writer.ts', { ...each, index }));
    const written = await Promise.all(writers.map((writer) => message(writer, 'done')));
    // Of the writing alone: processes take a second to start, and wait for the bell's last ring.
    const tookMs = Math.max(...written.map(({ wroteMs }) => Number(wroteMs)));
    const log = (await writtenTo(stage)).slice(start);
    client.send({ until: log.at(-1)?.cursor });
    const report = (await message(client, 'report')) as unknown as ClientReport;
    client.kill();
    const { lost, thinned } = missing(log, new Set(report.cursors));
    const repeated = report.cursors.length - new Set(report.cursors).size;
    const sorted = report.latencies.toSorted((a, b) => a - b);
    const raw = report.notices.toSorted((a, b) => a - b);
    const rate = Math.round((log.length / tookMs) * 1_000);
    console.log(`live: ${WRITERS} writers, ${PER_SECOND} activities/s wanted for ${seconds} s, one client`);
    console.log(
      `  written ${log.length}, ${rate}/s reached; lost ${lost}, repeated ${repeated}, passed over for a newer fact of the same host ${thinned}, snapshots taken again ${report.resyncs}`,
    );
    console.log(`  commit → client  ${shares(sorted)}`);
    console.log(`  raw NOTIFY       ${shares(raw)} (${raw.length} of them, in the same run)`);
    if (lost + repeated > 0) process.exitCode = 1;
    console.log(`  machine: ${before}; at the end: ${await machineState()}`);
  },
  { durable: false },
);

async function serve({ ctx, closers }: Stage): Promise<{ origin: string; cookie: string }> {
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const live = await startLive(ctx, http, 'bench');
  const app = createApp(ctx, { snapshot: live.snapshot, feedAge: live.age, dashboardFolder: '/nowhere' });
  answerRequests(http, app.fetch);
  closers.push(async () => {
    await live.stop();
    http.closeAllConnections();
    http.close();
  });
  const values = {
    name: 'Ana',
    email: 'ana@example.org',
    grants: [{ role: 'viewer' as const }],
    createdAt: Date.now(),
  };
  const [row] = await ctx.db.insert(person).values(values).returning();
  const { secret } = await openSession(ctx.db, row!, Date.now(), { openedBy: 'link' });
  return { origin, cookie: `signalbox_session=${secret}` };
}

function child(file: string, settings: object): ChildProcess {
  const started = fork(new URL(file, import.meta.url), [JSON.stringify(settings)]);
  process.once('exit', () => started.kill('SIGKILL'));
  return started;
}

async function message(from: ChildProcess, kind: string): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const ended = once(from, 'exit').then(([code]) => Promise.reject(new Error(`a child ended with ${String(code)}`)));
    ended.catch(() => undefined);
    const said = once(from, 'message', { signal });
    const [got] = (await Promise.race([said, ended])) as [{ kind: string } & Record<string, unknown>];
    if (got.kind === kind) return got;
  }
}

interface Written {
  cursor: string;
  hostId: number;
}

async function writtenTo({ ctx }: Stage): Promise<Written[]> {
  return ctx.db.$client<Written[]>`
    select activity.xid || '.' || seq as cursor, host_id as "hostId" from activity order by activity.xid, seq`;
}

/** What never came: passed over, where a newer fact of the same host did come, or lost. */
function missing(log: readonly Written[], got: ReadonlySet<string>): { lost: number; thinned: number } {
  const newest = new Map(log.flatMap(({ cursor, hostId }, at) => (got.has(cursor) ? [[hostId, at] as const] : [])));
  const absent = log.flatMap((one, at) => (got.has(one.cursor) ? [] : [{ ...one, at }]));
  const thinned = absent.filter(({ hostId, at }) => (newest.get(hostId) ?? -1) > at).length;
  return { lost: absent.length - thinned, thinned };
}

function shares(sorted: readonly number[]): string {
  const at = (share: number) => `${Math.round(percentile(sorted, share))} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, most ${at(1)}`;
}
