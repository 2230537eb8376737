/** What the benchmarks stand on: a durable PostgreSQL of their own, the machine's state, and figures in Markdown. */
import { readFile, chmod, mkdtemp } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openBell } from '../../db/bell.ts';
import { connect } from '../../db/connect.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { readConfig } from '../../server/config.ts';
import { endProcessesOf } from '../../server/demo/leftovers.ts';
import { removeHostFolder } from '../../server/demo/remove-host-folder.ts';
import type { Context } from '../../server/services/context.ts';

export interface Stage {
  readonly folder: string;
  readonly url: string;
  readonly ctx: Context;
  /** What is to be closed before the database is; the last one first. */
  readonly closers: (() => Promise<unknown>)[];
}

/** Everything of it is gone when `play` has ended, however it ends. */
export async function onStage<T>(play: (stage: Stage) => Promise<T>, { durable = true } = {}): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
  // Started as root, PostgreSQL runs as another user, who has to pass through.
  await chmod(folder, 0o711);
  const closers: (() => Promise<unknown>)[] = [() => removeHostFolder(folder), () => endProcessesOf(folder)];
  try {
    const server = await startEmbedded({ folder: join(folder, 'postgres'), durable, maxConnections: 200 });
    closers.push(() => server.stop());
    await migrate(server.url);
    const db = connect(server.url, { max: 16, applicationName: 'bench' });
    closers.push(() => db.$client.end({ timeout: 1 }));
    const bell = await openBell(server.url);
    closers.push(() => bell.close());
    const ctx: Context = {
      db,
      bell,
      config: readConfig({ SIGNALBOX_URL: 'http://127.0.0.1', SIGNALBOX_DATA: join(folder, 'data') }),
      clock: { now: () => Date.now() },
      log: pino({ level: 'silent' }),
      enqueue: () => Promise.reject(new Error('a benchmark enqueues nothing by itself')),
    };
    return await Promise.race([play({ folder, url: server.url, ctx, closers }), stopped()]);
  } finally {
    for (const close of closers.reverse()) await close().catch((error: unknown) => console.error(error));
  }
}

/** Rejects when this benchmark is told to end: what it has started ends first. */
function stopped(): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (signal: string) => {
      process.exitCode = 1;
      reject(new Error(`the benchmark was ended by ${signal}: its time is over`));
    };
    process.once('SIGTERM', stop).once('SIGINT', stop);
  });
}

/** `2 × …, load 7.2 (1 min)`: absolute figures of a machine that does other things say little without it. */
export async function machineState(): Promise<string> {
  const memory = /MemTotal:\s+(\d+)/.exec(await readFile('/proc/meminfo', 'utf8').catch(() => ''))?.[1];
  const gigabytes = memory ? `, ${Math.round(Number(memory) / 1024 ** 2)} GB` : '';
  const [one = 0] = loadavg();
  return `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}${gigabytes}, load ${one.toFixed(1)} over the last minute`;
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await work();
  return { ms: performance.now() - start, result };
}
