import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate as applyPending } from 'drizzle-orm/postgres-js/migrator';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Database } from './connect.ts';

const ownMigrations = join(import.meta.dirname, 'migrations');
/** Any constant that nothing else in this database uses; processes that start together queue up on it. */
const lockKey = 4_600_001;
const oldestServer = 150_000;

/**
 * Brings the database to this build's schema, or throws with the next step. Safe to call from many processes at once:
 * one applies, the others wait and find nothing to do.
 */
export async function migrate(url: string, migrationsFolder = ownMigrations): Promise<void> {
  // One connection: an advisory lock belongs to its session.
  const db = connect(url, { max: 1, applicationName: 'signalbox-migrate' });
  try {
    await requireServerVersion(db);
    await db.execute(sql`select pg_advisory_lock(${lockKey})`);
    await requireKnownHistory(db, migrationsFolder);
    await applyPending(db, { migrationsFolder });
    await requireComplete(db, migrationsFolder);
    if (migrationsFolder === ownMigrations) await settleRestoredLog(db);
  } finally {
    await db.$client.end();
  }
}

async function requireServerVersion(db: Database): Promise<void> {
  const [row] = await db.execute<{ number: number; text: string }>(
    sql`select current_setting('server_version_num')::int as number, current_setting('server_version') as text`,
  );
  if (row && row.number >= oldestServer) return;
  throw new Error(
    `Start refused: the database server is PostgreSQL ${row?.text}, Signalbox needs 15 or newer. ` +
      'Point DATABASE_URL at a newer server, or leave it unset to use the embedded one.',
  );
}

/** drizzle skips an entry that is older than the last one applied, silently; so hashes are compared one by one. */
async function requireKnownHistory(db: Database, migrationsFolder: string): Promise<void> {
  const applied = await appliedHashes(db);
  const folder = folderEntries(migrationsFolder);
  const strange = applied.findIndex((hash, index) => folder[index]?.hash !== hash);
  if (strange === -1) return;
  const expected = folder[strange]?.name;
  throw new Error(
    expected
      ? `Start refused: migration ${strange + 1} in the database is not ${expected} of this build. ` +
          'The file was changed after it had been applied, or another build made this database. Run the build that made it, or start on an empty database.'
      : `Start refused: the database has ${applied.length} migrations, this build knows ${folder.length}. ` +
          'A newer Signalbox has used it: start that version, or restore the backup from before the update.',
  );
}

async function requireComplete(db: Database, migrationsFolder: string): Promise<void> {
  const applied = await appliedHashes(db);
  const missing = folderEntries(migrationsFolder).find((entry, index) => applied[index] !== entry.hash);
  if (!missing) return;
  throw new Error(
    `Start refused: migration ${missing.name} was skipped, since its timestamp is older than the last one applied. ` +
      'Generate it again with `npm run db:generate` so that it comes last.',
  );
}

/**
 * A log that was dumped and restored into another server carries transaction ids that this server has yet to reach:
 * readers would wait for them and never see what is new. So all of it becomes the oldest.
 */
async function settleRestoredLog(db: Database): Promise<void> {
  await db.execute(sql`
    update activity set xid = '1' where (select xid from activity order by xid desc limit 1)
      >= pg_snapshot_xmax(pg_current_snapshot())`);
}

function folderEntries(migrationsFolder: string): { hash: string; name: string }[] {
  const journal = readFileSync(join(migrationsFolder, 'meta', '_journal.json'), 'utf8');
  const { entries } = JSON.parse(journal) as { entries: { tag: string }[] };
  return readMigrationFiles({ migrationsFolder }).map(({ hash }, index) => ({
    hash,
    name: entries[index]?.tag ?? String(index),
  }));
}

async function appliedHashes(db: Database): Promise<string[]> {
  const [table] = await db.execute<{ there: boolean }>(
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as there`,
  );
  if (!table?.there) return [];
  const rows = await db.execute<{ hash: string }>(sql`select hash from drizzle.__drizzle_migrations order by id`);
  return rows.map(({ hash }) => hash);
}

/** Whether the database stands exactly at this build's schema. */
export async function schemaIsCurrent(db: Database): Promise<boolean> {
  const applied = await appliedHashes(db);
  const folder = folderEntries(ownMigrations);
  return applied.length === folder.length && folder.every(({ hash }, index) => hash === applied[index]);
}
