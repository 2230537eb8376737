/**
 * Log lines persisted per second: as a worker does it (from frames of 256 KiB: masked, packed, stored in transactions that
 * are fenced) against `unnest` inserts of 1 000 lines into a plain table, on the same durable server, in turns.
 * `node test/bench/logs.ts`
 */
import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import postgres from 'postgres';
import { environment, host, job, product, release, task } from '../../db/schema/index.ts';
import { streamTaskLog } from '../../server/services/task/read-log.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { recordProgress } from '../../server/services/task/report.ts';
import { openProgress } from '../../server/worker/progress.ts';
import { DEFAULT_ROLLOUT_POLICY } from '../../server/domain/rollout-policy.ts';
import { machineState, onStage, percentile, timed, type Stage } from './stage.ts';

const LINES = 200_000;
const BATCH = 1_000;
const ROUNDS = 7;
const FRAME_BYTES = 256 * 1024;
const FENCE = 1;
const SECRETS = ['Tr0ub4dor&3', 'another secret of the plant'];

/** All of one length, so that a thousand of them are found by their place. */
function linesFrom(first: number): Buffer {
  const lines = Array.from({ length: BATCH }, (_, at) => {
    const digits = (value: number, width: number) => String(value).padStart(width, '0');
    const time = `2026-11-22T01:02:03.${digits((first + at) % 1_000, 3)}Z`;
    const table = `orders_${digits(at % 97, 2)}`;
    return `${time} row ${randomBytes(6).toString('hex')} of the migration: table ${table} has been rewritten\n`;
  });
  return Buffer.from(lines.join(''));
}

await onStage(async (stage) => {
  Object.assign(stage.ctx.config, { secrets: SECRETS });
  const before = await machineState();
  const log = Buffer.concat(Array.from({ length: LINES / BATCH }, (_, batch) => linesFrom(batch * BATCH)));
  await stage.ctx.db
    .$client`create table bench_line (task_id int, n int, at timestamptz, line text, primary key (task_id, n))`;
  const sql = postgres(stage.url, { max: 1 });
  stage.closers.push(() => sql.end());
  const [ours, raw]: [number[], number[]] = [[], []];
  // The first round of both is not counted: what they run is compiled in it.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const held = { taskId: await runningTask(stage, round), fence: FENCE };
    const theirs = await timed(() => byUnnest(sql, round, log));
    const mine = await timed(() => asAWorker(stage, held, log));
    if (round > 0) raw.push(perSecond(theirs.ms));
    if (round > 0) ours.push(perSecond(mine.ms));
    assert.ok(log.equals(await stored(stage, held.taskId)), 'every byte is stored');
  }
  const ratios = ours.map((rate, round) => rate / raw[round]!).toSorted((a, b) => a - b);
  const [{ bytes } = { bytes: 0 }] = await stage.ctx.db.$client<{ bytes: number }[]>`
    select sum(length(content))::float8 as bytes from task_log`;
  console.log(
    `logs: ${LINES.toLocaleString('en')} lines of ${Math.round(log.length / LINES)} bytes, ${ROUNDS} rounds, one writer`,
  );
  console.log(`  unnest, 1 000 lines each  ${raw.map(shown).join(', ')} lines/s`);
  console.log(
    `  a worker, masking         ${ours.map(shown).join(', ')} lines/s, ${(bytes / LINES / (ROUNDS + 1)).toFixed(1)} bytes a line`,
  );
  console.log(
    `  round by round ${ratios.map((ratio) => ratio.toFixed(1)).join(', ')} × as many; median ${percentile(ratios, 0.5).toFixed(1)} (goal: 3)`,
  );
  console.log(`  machine: ${before}; at the end: ${await machineState()}`);
});

async function stored({ ctx }: Stage, taskId: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await streamTaskLog.run(ctx, signalboxActor, { id: taskId })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Frames as the host sends them, through the very door that a worker uses. */
async function asAWorker({ ctx }: Stage, held: { taskId: number; fence: number }, log: Buffer): Promise<void> {
  const nothing = { logOffset: 0, reportOffset: 0, steps: [] };
  const progress = openProgress(ctx, held, nothing, async (said) => (await recordProgress(ctx, [said]))[0]!);
  for (let at = 0; at < log.length; at += FRAME_BYTES) await progress.log(log.subarray(at, at + FRAME_BYTES));
  await progress.flush();
  await progress.settled();
}

/** From the same bytes: a thousand lines at a time are made text, as whoever stores lines has to. */
async function byUnnest(sql: postgres.Sql, taskId: number, log: Buffer): Promise<void> {
  const bytes = log.length / (LINES / BATCH);
  for (let batch = 0; batch * BATCH < LINES; batch += 1) {
    const part = log
      .toString('utf8', batch * bytes, (batch + 1) * bytes)
      .split('\n')
      .slice(0, -1);
    const numbers = part.map((_, index) => batch * BATCH + index);
    await sql`insert into bench_line select ${taskId}, n, now(), l from unnest(${numbers}::int[], ${part}::text[]) as u(n, l)`;
  }
}

/** A task that this worker holds, with what it belongs to. */
async function runningTask({ ctx: { db } }: Stage, number: number): Promise<number> {
  const named = `bench-${number}`;
  const at = Date.now();
  const [{ id: productId } = none()] = await db
    .insert(product)
    .values({ name: named, versioning: 'semver' })
    .returning();
  const [{ id: releaseId } = none()] = await db
    .insert(release)
    .values({
      productId,
      version: '1.0.0',
      digest: 'a'.repeat(64),
      size: 1,
      artifactUrl: 'file:///x',
      publishedAt: at,
      publishedBy: 'bench',
    })
    .returning();
  const [{ id: environmentId } = none()] = await db
    .insert(environment)
    .values({ name: named, installerMethod: 'managed' })
    .returning();
  const [{ id: hostId } = none()] = await db
    .insert(host)
    .values({ environmentId, name: named, role: 'target', connection: { transport: 'local' }, root: '/srv' })
    .returning();
  const plan = { ...DEFAULT_ROLLOUT_POLICY, onFailure: 'restore' as const };
  const [{ id: jobId } = none()] = await db
    .insert(job)
    .values({ kind: 'install', productId, releaseId, status: 'running', plan, requestedBy: 'bench', createdAt: at })
    .returning();
  const [{ id } = none()] = await db.insert(task).values({ jobId, hostId, position: 0, wave: 1 }).returning();
  await db.update(task).set({ status: 'running', fence: FENCE }).where(eq(task.id, id));
  return id;
}

function none(): never {
  throw new Error('the database gave no row back');
}

function perSecond(ms: number): number {
  return (LINES / ms) * 1_000;
}

function shown(rate: number): string {
  return Math.round(rate).toLocaleString('en');
}
