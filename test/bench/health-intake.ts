/**
 * `node test/bench/health-intake.ts [hosts]`: what 10 000 hosts say every 10 s, in batches of 100 and of 1 000, as the
 * endpoint's verb takes it; beside it the bare insert of the same rows in the same run, in the same batches.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { sql } from 'drizzle-orm';
import { openBell } from '../../db/bell.ts';
import { connect, type Database } from '../../db/connect.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { readConfig } from '../../server/config.ts';
import type { HealthState } from '../../server/domain/observation.ts';
import type { Context } from '../../server/services/context.ts';
import { reportHealth } from '../../server/services/health/report.ts';
import { forgetOldObservations } from '../../server/services/health/forget.ts';
import { tellSilence } from '../../server/services/health/silence.ts';
import { signalboxActor } from '../../server/services/verb.ts';

const hosts = Number(process.argv[2] ?? 10_000);
const ROUNDS = 8;
const AT_ONCE = 4;
const EVERY = 10_000;
const START = Temporal.Instant.from('2026-11-20T09:00:00Z').epochMilliseconds;

const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
await chmod(folder, 0o711);
const server = await startEmbedded({ folder: join(folder, 'postgres'), durable: true });
try {
  await migrate(server.url);
  const db = connect(server.url, { max: 8 });
  const bell = await openBell(server.url);
  await fill(db);
  const time = { now: START };
  const ctx: Context = {
    db,
    bell,
    config: readConfig({}),
    log: pino({ level: 'silent' }),
    clock: { now: () => time.now },
    enqueue: async () => undefined,
  };
  say(`${hosts} hosts, one product, ${AT_ONCE} batches at once, commits are durable`);
  await report(ctx, time, 1_000, () => 'HEALTHY');
  for (const size of [100, 1_000]) {
    await rounds(`bare insert, ${size} rows a batch`, () => bareInsert(db, time, size));
    await rounds(`all say the same again, ${size} a batch`, () => report(ctx, time, size, () => 'HEALTHY'));
    await rounds(`one in a hundred says something else, ${size} a batch`, (round) =>
      report(ctx, time, size, (host) => (host % 100 === round ? 'ERROR' : 'HEALTHY')),
    );
    await rounds(`the same batches once more (all repeated), ${size} a batch`, () =>
      report(ctx, time, size, () => 'HEALTHY', 0),
    );
    await rounds(`all are late, ${size} a batch`, () => report(ctx, time, size, () => 'HEALTHY', EVERY, 35_001));
  }
  await rounds('all change at once, 1000 a batch', (round) =>
    report(ctx, time, 1_000, () => (round % 2 ? 'ERROR' : 'HEALTHY')),
  );
  time.now += 300_000;
  await timed('all fall silent: one look finds and tells it', () => tellSilence(ctx));
  await timed('one look when nobody is newly silent', () => tellSilence(ctx));
  time.now += 3_600_000;
  await timed('forgetting all observations', () => forgetOldObservations(ctx));
  await bell.close();
  await db.$client.end();
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function fill(db: Database): Promise<void> {
  await db.execute(sql`insert into product (name, versioning) values ('orders', 'semver')`);
  await db.execute(sql`insert into environment (name, installer_method) values ('plant', 'managed')`);
  await db.execute(sql`
    insert into host (environment_id, name, role, connection, root, liveness)
    select 1, 'host-' || i, 'target', '{"transport":"local"}', '/srv', 'live' from generate_series(0, ${hosts}::int - 1) i`);
  await db.execute(sql`
    create table bare (host_id int, product_id int, at timestamptz(3), live boolean, state text,
      primary key (host_id, product_id, at))`);
  await db.execute(sql`analyze`);
}

/** Ten seconds pass, and every host says something. */
async function report(
  ctx: Context,
  time: { now: number },
  size: number,
  stateOf: (host: number) => HealthState,
  passed = EVERY,
  late = 0,
): Promise<void> {
  time.now += passed;
  const at = time.now - late;
  await batches(size, async (ids) => {
    const observations = ids.map((id) => ({
      host: `host-${id}`,
      product: 'orders',
      at,
      live: true,
      state: stateOf(id),
    }));
    await reportHealth.run(ctx, signalboxActor, { observations });
  });
}

async function bareInsert(db: Database, time: { now: number }, size: number): Promise<void> {
  time.now += EVERY;
  await batches(size, async (ids) => {
    const rows = ids.map((id) => ({ id, at: time.now }));
    await db.execute(sql`
      insert into bare select id, 1, to_timestamp(at / 1000), true, 'HEALTHY'
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as r(id int, at float8)`);
  });
}

async function batches(size: number, send: (ids: readonly number[]) => Promise<void>): Promise<void> {
  const waiting = Array.from({ length: Math.ceil(hosts / size) }, (_, b) =>
    Array.from({ length: Math.min(size, hosts - b * size) }, (_, i) => b * size + i),
  );
  const sender = async () => {
    for (let batch = waiting.shift(); batch; batch = waiting.shift()) await send(batch);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
}

/** The machine is shared: the fastest round is what the code costs, the median what one gets. */
async function rounds(what: string, work: (round: number) => Promise<void>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now();
    await work(round);
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  const [best, median] = [times[0]!, times[ROUNDS / 2]!];
  const rate = Math.round((hosts / median) * 1_000).toLocaleString('en');
  say(`${what}: best ${best.toFixed(0)} ms, median ${median.toFixed(0)} ms a round, ${rate}/s`);
}

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const begun = performance.now();
  await work();
  say(`${what}: ${(performance.now() - begun).toFixed(0)} ms`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
