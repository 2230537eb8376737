/**
 * Log lines persisted per second: as a worker does it (masked, in frames of 256 KiB, each in a transaction that is fenced)
 * against `unnest` inserts of 1 000 lines into a plain table, on the same durable server, in turns. `node test/bench/logs.ts`
 */
import { strict as assert } from 'node:assert';
import { eq } from 'drizzle-orm';
import postgres from 'postgres';
import { environment, host, job, product, release, task } from '../../db/schema/index.ts';
import { readTaskLog } from '../../server/services/task/read-log.ts';
import { recordLog } from '../../server/services/task/report.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { LogMask } from '../../server/worker/mask.ts';
import { DEFAULT_ROLLOUT_POLICY } from '../../server/domain/rollout-policy.ts';
import { machineState, onStage, timed, type Stage } from './stage.ts';

const LINES = 200_000;
const ROUNDS = 3;
const FRAME_BYTES = 256 * 1024;
const FENCE = 1;
const SECRETS = ['Tr0ub4dor&3', 'another secret of the plant'];

const line = (index: number) =>
  `2026-11-22T01:02:03.${String(index % 1_000).padStart(3, '0')}Z step ${index} of the migration: table orders_${index % 97} has been rewritten\n`;

await onStage(async (stage) => {
  const before = await machineState();
  const lines = Array.from({ length: LINES }, (_, index) => line(index));
  const log = Buffer.from(lines.join(''));
  await stage.ctx.db
    .$client`create table bench_line (task_id int, n int, at timestamptz, line text, primary key (task_id, n))`;
  const sql = postgres(stage.url, { max: 1 });
  stage.closers.push(() => sql.end());
  const [ours, raw]: [number[], number[]] = [[], []];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const held = { taskId: await runningTask(stage, round), fence: FENCE };
    raw.push(perSecond((await timed(() => byUnnest(sql, round, lines))).ms));
    ours.push(perSecond((await timed(() => asAWorker(stage, held, log))).ms));
    const { total } = await readTaskLog.run(stage.ctx, signalboxActor, { id: held.taskId, from: 0 });
    assert.equal(total, log.length, 'every byte is stored');
  }
  const [best, rawBest] = [Math.max(...ours), Math.max(...raw)];
  console.log(
    `logs: ${LINES.toLocaleString('en')} lines of ${Math.round(log.length / LINES)} bytes, ${ROUNDS} rounds, one writer`,
  );
  console.log(`  unnest, 1 000 lines each  ${raw.map(shown).join(', ')} lines/s`);
  console.log(
    `  a worker, masking         ${ours.map(shown).join(', ')} lines/s, best to best ${(best / rawBest).toFixed(1)} × (goal: 3)`,
  );
  console.log(`  machine: ${before}; at the end: ${await machineState()}`);
});

async function asAWorker({ ctx }: Stage, held: { taskId: number; fence: number }, log: Buffer): Promise<void> {
  const mask = new LogMask(0, SECRETS);
  for (let at = 0; at < log.length; at += FRAME_BYTES) {
    const chunk = mask.push(log.subarray(at, at + FRAME_BYTES));
    if (chunk) assert.ok(await recordLog(ctx, held, chunk));
  }
  const rest = mask.flush();
  if (rest) assert.ok(await recordLog(ctx, held, rest));
}

async function byUnnest(sql: postgres.Sql, taskId: number, lines: string[]): Promise<void> {
  for (let at = 0; at < lines.length; at += 1_000) {
    const part = lines.slice(at, at + 1_000);
    const numbers = part.map((_, index) => at + index);
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
