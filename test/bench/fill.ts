/**
 * Fills an empty, migrated database with a large fleet and its history.
 * `node test/bench/fill.ts postgres://… 10000 1000000` makes 10 000 hosts and 1 000 000 activities.
 */
import { sql } from 'drizzle-orm';
import { connect, type Database } from '../../db/connect.ts';

export interface Size {
  hosts: number;
  environments: number;
  releases: number;
  jobs: number;
  tasksPerJob: number;
  activities: number;
}

/** One job in a hundred is still in flight; every host has been in several jobs. Statistics are up to date afterwards. */
export async function fill(db: Database, size: Size): Promise<void> {
  const { hosts, environments, releases, jobs, tasksPerJob, activities } = size;
  await db.execute(
    sql`insert into product (name, versioning) select 'product-' || i, 'semver' from generate_series(1, 3) i`,
  );
  await db.execute(sql`insert into channel (product_id, name) select i, 'stable' from generate_series(1, 3) i`);
  await db.execute(sql`
    insert into release (product_id, version, digest, size, artifact_url, published_at, published_by, archived_at)
    select 1 + i % 3, '1.' || i || '.0', md5(i::text) || md5(i::text), 1000000, 'https://feed.example/' || i,
      timestamptz '2026-01-01' + i * interval '1 minute', 'feed', case when i % 10 = 0 then timestamptz '2026-02-01' end
    from generate_series(1, ${releases}::int) i`);
  await db.execute(sql`
    insert into environment (name, installer_method) select 'environment-' || i, 'managed'
    from generate_series(1, ${environments}::int) i`);
  await db.execute(sql`
    insert into host (environment_id, name, role, connection, root, liveness, next_probe_at)
    select 1 + i % ${environments}::int, 'host-' || lpad(i::text, 6, '0'), 'target', '{"transport":"local"}', '/srv', 'live',
      case when i % 1000 > 0 then timestamptz '2026-03-01' + i * interval '1 second' end
    from generate_series(1, ${hosts}::int) i`);
  await db.execute(sql`
    insert into host_product (host_id, product_id, reported_release_id, reported_version, reported_at)
    select h.id, 1, 1, '1.1.0', timestamptz '2026-03-01' from host h`);
  await db.execute(sql`
    insert into job (kind, product_id, release_id, status, plan, requested_by, created_at, started_at, ended_at)
    select 'install', 1, 3, case when i % 100 = 0 then 'running' when i % 7 = 0 then 'failed' else 'succeeded' end, '{}', 'Ana',
      timestamptz '2026-03-01' + i * interval '1 minute', timestamptz '2026-03-01' + i * interval '1 minute',
      case when i % 100 = 0 then null else timestamptz '2026-03-02' + i * interval '1 minute' end
    from generate_series(1, ${jobs}::int) i`);
  await db.execute(sql`
    insert into task (job_id, host_id, position, wave, status)
    select j, 1 + (j * ${tasksPerJob}::int + t) % ${hosts}::int, t, 1 + t / 100, 'succeeded'
    from generate_series(1, ${jobs}::int) j, generate_series(1, ${tasksPerJob}::int) t`);
  await db.execute(sql`
    insert into activity (xid, at, kind, entity_kind, entity_id, entity_revision, actor, host_id, job_id, view, detail)
    select (3 + i::bigint * 700 / ${activities}::int)::text::xid8, timestamptz '2026-03-01' + i * interval '1 second', 'task.step', 'task', i, 1, 'signalbox',
      1 + i % ${hosts}::int, 1 + i % ${jobs}::int, jsonb_build_object('id', i, 'hostId', 1 + i % ${hosts}::int), '{}'
    from generate_series(1, ${activities}::int) i`);
  await db.execute(sql`
    insert into task_log (task_id, at_byte, content, at)
    select t, chunk * 1000, decode(repeat('6c', 1000), 'hex'), timestamptz '2026-03-01'
    from generate_series(1, 100) t, generate_series(0, 99) chunk`);
  await db.execute(sql`analyze`);
}

if (import.meta.main) {
  const [url, hosts = '10000', activities = '1000000'] = process.argv.slice(2);
  if (!url) throw new Error('Name the database: node test/bench/fill.ts postgres://… [hosts] [activities]');
  const db = connect(url, { max: 1 });
  await fill(db, {
    ...{ hosts: Number(hosts), activities: Number(activities) },
    ...{ environments: 100, releases: 2_000, jobs: 2_000, tasksPerJob: 100 },
  });
  await db.$client.end();
}
