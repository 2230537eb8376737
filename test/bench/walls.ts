/**
 * A thousand walls that lose their server and come back at the same instant, without the spread that real ones have, beside a
 * bare WebSocket server that the same number of clients come back to; then five that stop reading for a minute while the
 * others read on. `node test/bench/walls.ts [walls] [hosts] [seconds]`, default 1000 (0: only
 * the slow ones), 2000 and 60.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { machineState } from './stage.ts';
import type { ClientOrder } from './walls-client.ts';
import type { Told } from './walls-server.ts';

const walls = Number(process.argv[2] ?? 1_000);
const hosts = Number(process.argv[3] ?? 2_000);
const seconds = Number(process.argv[4] ?? 60);
const READERS = 25;
const STALLED = 5;
const PER_SECOND = 600;
const ROUNDS = 3;

const before = await machineState();
console.log(`walls: ${walls} reconnect at once, ${hosts} hosts`);
if (walls > 0) {
  await come('bare WebSocket', true);
  await come('Signalbox', false);
  await come('bare WebSocket', true);
}
await slowReaders();
console.log(`  machine: ${before}; at the end: ${await machineState()}`);

async function come(name: string, raw: boolean): Promise<void> {
  const { server, client } = await start(raw, walls);
  const idle = await ask(server);
  await pause(2_000);
  const quiet = await ask(server);
  const cold = await order(client, { kind: 'connect' });
  const first = await ask(server);
  say(`${name}, first time`, cold, first, first.bytes - quiet.bytes, first.heap - idle.heap);
  for (let round = 0; round < ROUNDS; round += 1) {
    await pause(1_500);
    const start = await ask(server);
    const took = await order(client, { kind: 'reconnect' });
    const end = await ask(server);
    say(`${name}, again`, took, end, end.bytes - start.bytes, end.heap - idle.heap);
  }
  console.log(`    its loop while nothing came: ${quiet.stallMs.toFixed(0)} ms at the most`);
  end(client);
  end(server);
}

function say(what: string, { ms }: Record<string, number>, { stallMs, workedMs }: Told, bytes: number, heap: number) {
  const each = `${(bytes / walls / 1024).toFixed(1)} KB sent and ${(heap / walls / 1024).toFixed(1)} KB of memory each`;
  const loop = `loop still for ${stallMs.toFixed(0)} ms at the most, longest work in one turn ${workedMs.toFixed(0)} ms`;
  console.log(`  ${what.padEnd(28)} all there in ${ms!.toFixed(0)} ms; ${loop}; ${each}`);
}

async function slowReaders(): Promise<void> {
  const { server, client } = await start(false, READERS);
  await order(client, { kind: 'connect' });
  server.send({ kind: 'rate', perSecond: PER_SECOND });
  await pause(3_000);
  await order(client, { kind: 'latencies' });
  await ask(server);
  await pause((seconds * 1_000) / 2);
  const alone = await order(client, { kind: 'latencies' });
  const calm = await ask(server);
  await order(client, { kind: 'stall', walls: STALLED });
  await pause(seconds * 1_000);
  const beside = await order(client, { kind: 'latencies' });
  const slow = await ask(server);
  const words = ({ count, p50, p99, most }: Record<string, number>) =>
    `${count} activities, p50 ${p50} ms, p99 ${p99} ms, most ${most} ms`;
  const kept = ({ unsentMost, heap, lines }: Told) =>
    `unsent at the most ${(unsentMost / 1024).toFixed(0)} KB, heap ${mb(heap)}, ${lines} lines open`;
  console.log(`  ${READERS} walls at ${PER_SECOND} changes/s, ${STALLED} of them stop reading for ${seconds} s`);
  console.log(`    the others before  ${words(alone)}; ${kept(calm)}`);
  console.log(`    the others then    ${words(beside)}; ${kept(slow)}`);
  end(client);
  end(server);
}

function mb(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

async function start(raw: boolean, count: number): Promise<{ server: ChildProcess; client: ChildProcess }> {
  const options = { execArgv: ['--expose-gc'] };
  const settings = JSON.stringify({ raw, walls: count, hosts });
  const server = fork(new URL('walls-server.ts', import.meta.url), [settings], options);
  const { port, tokens } = (await message(server, 'ready')) as unknown as { port: number; tokens?: string[] };
  const its = JSON.stringify({ raw, port, tokens, walls: count });
  const client = fork(new URL('walls-client.ts', import.meta.url), [its], options);
  await message(client, 'ready');
  return { server, client };
}

async function order(client: ChildProcess, what: ClientOrder): Promise<Record<string, number>> {
  client.send(what);
  return (await message(client, 'done')) as Record<string, number>;
}

async function ask(server: ChildProcess): Promise<Told> {
  server.send({ kind: 'tell' });
  return (await message(server, 'told')) as unknown as Told;
}

async function message(from: ChildProcess, kind: string): Promise<Record<string, unknown>> {
  for (;;) {
    const ending = new AbortController();
    const { signal } = ending;
    const ended = once(from, 'exit', { signal }).then(([code]) => Promise.reject(new Error(`a child ended: ${code}`)));
    ended.catch(() => undefined);
    const news = once(from, 'message', { signal });
    news.catch(() => undefined);
    const [got] = (await Promise.race([news, ended])) as [{ kind: string } & Record<string, unknown>];
    ending.abort();
    if (got.kind === kind) return got;
  }
}

function end(child: ChildProcess): void {
  child.disconnect();
}
