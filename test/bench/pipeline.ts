/**
 * `node test/bench/pipeline.ts [hosts]`: one product with three canary stages on 10 000 environments of one host, each with
 * 200 changes of health over 13 days. A full look (nothing remembered), one a minute later when 50 hosts have changed,
 * and for a yardstick the raw reading of the very rows that each has to read.
 */
import { mkdtemp, readFile, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { sql } from 'drizzle-orm';
import { openBell } from '../../db/bell.ts';
import { connect, type Database } from '../../db/connect.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { intervalsOf, nodesOf } from '../../db/queries/soaks.ts';
import { readConfig } from '../../server/config.ts';
import type { Context } from '../../server/services/context.ts';
import { tickPipeline, type PipelineMemory } from '../../server/services/pipeline/tick.ts';

const hosts = Number(process.argv[2] ?? 10_000);
const TRANSITIONS = 200;
const CHANGED = 50;
const ROUNDS = 3;
const DAY = 86_400_000;
const MINUTE = 60_000;
const NOW = Temporal.Instant.from('2026-11-20T09:00:00Z').epochMilliseconds;
const SINCE = NOW - 13 * DAY;

let backend: number | undefined;
let pool: Database;

const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
await chmod(folder, 0o711);
const server = await startEmbedded({ folder: join(folder, 'postgres'), durable: false });
try {
  await migrate(server.url);
  // One connection, so that its backend's processor time can be told.
  const db = connect(server.url, { max: 1 });
  pool = db;
  const bell = await openBell(server.url);
  await fill(db);
  const time = { now: NOW };
  const ctx: Context = {
    db,
    bell,
    config: readConfig({}),
    log: pino({ level: 'silent' }),
    clock: { now: () => time.now },
    enqueue: async () => undefined,
  };
  const memories: PipelineMemory = new Map();
  say(`${hosts} hosts, ${TRANSITIONS} changes of health each over 13 days, 3 stages`);
  await timed('first look: three evaluations begin, 10 000 arrivals are noted', 1, () =>
    tickPipeline(ctx, memories, 1),
  );
  await timed('full look, nothing remembered', ROUNDS, async () => {
    memories.clear();
    await tickPipeline(ctx, memories, 1);
  });
  await timed('raw reading of the rows of a full look', ROUNDS, async () => {
    const nodes = await nodesOf(db, 1);
    for (let i = 0; i < nodes.length; i += 500) {
      await intervalsOf(
        db,
        1,
        nodes.slice(i, i + 500).map(({ hostId }) => ({ hostId, since: SINCE })),
      );
    }
  });
  await timed(
    `incremental look a minute later, ${CHANGED} hosts changed, all others said the same again`,
    ROUNDS,
    () => tickPipeline(ctx, memories, 1),
    async () => {
      time.now += MINUTE;
      await passMinute(db, time.now);
    },
  );
  await timed('raw reading of the rows of an incremental look', ROUNDS, () => nodesOf(db, 1));
  await db.execute(sql`update environment set update_policy = 'auto'`);
  await timed('first look with automatic installs everywhere: 10 000 reasons are stored', 1, () =>
    tickPipeline(ctx, memories, 1),
  );
  await timed(
    'incremental look with automatic installs everywhere',
    ROUNDS,
    () => tickPipeline(ctx, memories, 1),
    async () => {
      time.now += MINUTE;
      await passMinute(db, time.now);
    },
  );
  await bell.close();
  await db.$client.end();
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Each third of the hosts soaks one release at one stage. */
async function fill(db: Database): Promise<void> {
  const at = (ms: number) => sql`to_timestamp(${ms / 1000}::float8)`;
  const stage = (source: string, target: string, tier: string) => ({
    source,
    target,
    kind: 'canary',
    filters: [{ type: 'with_label', key: 'tier', values: [tier] }],
    promoteWhenHealthy: { needed: { ppm: 900_000 }, durationMs: 13 * DAY },
    recallWhenUnhealthy: { needed: { ppm: 900_000 }, durationMs: DAY },
    minimumEntityCount: null,
    requireLabel: null,
    rollOffAll: false,
  });
  const stages = [stage('dev', 'canary', '0'), stage('canary', 'early', '1'), stage('early', 'stable', '2')];
  await db.execute(
    sql`insert into product (name, versioning, health_seen_at) values ('orders', 'semver', ${at(SINCE)})`,
  );
  await db.execute(sql`
    insert into channel (product_id, name, last_sequence)
    select 1, name, 3 from unnest(array['dev', 'canary', 'early', 'stable']) with ordinality as c(name, place) order by place`);
  await db.execute(sql`
    insert into release (product_id, version, digest, size, artifact_url, published_at, published_by, package)
    select 1, i || '.0.0', md5(i::text) || md5(i::text), 1, 'x', ${at(SINCE)}, 'feed', 'present' from generate_series(1, 3) i`);
  await db.execute(sql`
    insert into channel_entry (channel_id, release_id, sequence, promoted_at, promoted_by, active_since)
    select c, r, r, ${at(SINCE)}, 'signalbox', ${at(SINCE)}
    from generate_series(1, 3) c, generate_series(1, 3) r where r <= 4 - c`);
  await db.execute(sql`
    insert into pipeline (product_id, stages, time_zone)
    values (1, ${JSON.stringify(stages)}::text::jsonb, 'America/New_York')`);
  await db.execute(sql`
    insert into environment (name, labels, installer_method)
    select 'environment-' || i, jsonb_build_object('tier', (i % 3)::text), 'managed' from generate_series(1, ${hosts}::int) i`);
  await db.execute(sql`
    insert into subscription (environment_id, product_id, channel_id) select id, 1, 1 + id % 3 from environment`);
  await db.execute(sql`
    insert into host (environment_id, name, role, connection, root, liveness)
    select id, 'host-' || id, 'target', '{"transport":"local"}', '/srv', 'live' from environment`);
  await db.execute(sql`
    insert into host_product (host_id, product_id, reported_release_id, reported_version, reported_at)
    select id, 1, 3 - id % 3, (3 - id % 3) || '.0.0', ${at(SINCE)} from host`);
  const step = Math.floor((13 * DAY) / TRANSITIONS);
  await db.execute(sql`
    insert into health_interval (host_id, product_id, in_force_from, in_force_to, live, state)
    select h.id, 1, ${at(SINCE)} + t * ${`${step} milliseconds`}::interval, ${at(SINCE)} + (t + 1) * ${`${step} milliseconds`}::interval,
      true, (array['HEALTHY', 'WARNING', 'HEALTHY', 'ERROR'])[1 + (h.id + t) % 4]
    from host h, generate_series(0, ${TRANSITIONS}::int - 2) t`);
  await db.execute(sql`
    insert into health_now (host_id, product_id, in_force_from, in_force_to, live, state, at)
    select id, 1, ${at(SINCE + step * (TRANSITIONS - 1))}, ${at(NOW + 5 * MINUTE)}, true, 'HEALTHY', ${at(NOW)} from host`);
  await db.execute(sql`analyze`);
}

/** Every host says again what it said, but a few something else. */
async function passMinute(db: Database, now: number): Promise<void> {
  const [at, to] = [sql`to_timestamp(${now / 1000}::float8)`, sql`to_timestamp(${(now + 5 * MINUTE) / 1000}::float8)`];
  await db.execute(sql`update health_now set in_force_to = ${to}, at = ${at}`);
  await db.execute(sql`
    with changed as (select * from health_now where host_id % ${Math.floor(hosts / CHANGED)}::int = 7),
    kept as (
      insert into health_interval (host_id, product_id, in_force_from, in_force_to, live, state)
      select host_id, product_id, in_force_from, ${at}, live, state from changed)
    update health_now n set in_force_from = ${at}, edition = n.edition + 1,
      state = case when n.state = 'HEALTHY' then 'WARNING' else 'HEALTHY' end
    from changed c where c.host_id = n.host_id and c.product_id = n.product_id`);
}

/** The machine is shared: the fastest round is what the code costs, the median what one gets. */
async function timed(
  what: string,
  rounds: number,
  work: () => Promise<unknown>,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const times: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await before();
    const [begun, used] = [performance.now(), await cpuMs()];
    await work();
    times.push(performance.now() - begun);
    cpu.push((await cpuMs()) - used);
  }
  times.sort((a, b) => a - b);
  say(
    `${what}: best ${times[0]!.toFixed(0)} ms, median ${times[Math.floor(rounds / 2)]!.toFixed(0)} ms, ` +
      `processor time at best ${Math.min(...cpu).toFixed(0)} ms`,
  );
}

/** Processor time of this process and of the one backend it talks to, to ten milliseconds. */
async function cpuMs(): Promise<number> {
  backend ??= (await pool.$client<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]!.pid;
  const fields = (await readFile(`/proc/${backend}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 + (Number(fields[11]) + Number(fields[12])) * 10;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
