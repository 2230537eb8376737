import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { sql } from 'drizzle-orm';
import { openBell } from '../../../db/bell.ts';
import { migrate, schemaIsCurrent } from '../../../db/migrate.ts';
import { readAfter, settledCursor } from '../../../db/queries/activities.ts';
import { transact } from '../../../db/transact.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { makeHosts, touch, wholeLog } from '../log/fleet-writer.ts';

let database: TestDatabase;
const folders: string[] = [];
afterEach(async () => {
  await database.drop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-migrations-'));
  folders.push(folder);
  return folder;
}

async function writeMigrations(folder: string, entries: { tag: string; when: number }[]): Promise<void> {
  await mkdir(join(folder, 'meta'), { recursive: true });
  await writeFile(join(folder, 'meta', '_journal.json'), JSON.stringify({ entries }));
  for (const { tag } of entries) await writeFile(join(folder, `${tag}.sql`), `create table t${tag} (id int)`);
}

describe('migrate', () => {
  test('four processes at once make one schema, each migration applied once', async () => {
    database = await freshDatabase({ migrated: false });
    expect(await schemaIsCurrent(database.db)).toBe(false);
    await Promise.all([1, 2, 3, 4].map(() => migrate(database.url)));
    const applied = await database.db.execute(sql`select hash from drizzle.__drizzle_migrations`);
    expect(applied).toHaveLength((await readdir('db/migrations')).filter((name) => name.endsWith('.sql')).length);
    expect(await schemaIsCurrent(database.db)).toBe(true);
  });

  test('a database made by another migration of the same place is refused, and nothing changes', async () => {
    database = await freshDatabase();
    await database.db.execute(sql`update drizzle.__drizzle_migrations set hash = 'edited' where id = 1`);
    await expect(migrate(database.url)).rejects.toThrow(/migration 1 in the database is not .* of this build/);
  });

  test('a database that a newer build has used is refused with the way back', async () => {
    database = await freshDatabase();
    await database.db.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9999999999999)`,
    );
    await expect(migrate(database.url)).rejects.toThrow(/A newer Signalbox has used it/);
  });

  test('a migration that was skipped for its timestamp is told by name, not passed over', async () => {
    database = await freshDatabase({ migrated: false });
    const folder = await temporaryFolder();
    await writeMigrations(folder, [{ tag: '0000_first', when: 2_000 }]);
    await migrate(database.url, folder);
    await writeMigrations(folder, [
      { tag: '0000_first', when: 2_000 },
      { tag: '0001_merged_late', when: 1_000 },
    ]);
    await expect(migrate(database.url, folder)).rejects.toThrow(/migration 0001_merged_late was skipped/);
  });

  test('a log that was restored into a younger server goes on: what comes is read after what was', async () => {
    database = await freshDatabase();
    const { db } = database;
    const [id] = (await makeHosts(db, 1)) as [number];
    await db.execute(sql`update activity set xid = '8000000000'`);
    expect(await settledCursor(db)).toBe('0.0');

    await migrate(database.url);
    const before = await settledCursor(db);
    const bell = await openBell(database.url);
    await transact({ db, bell }, (tx) => touch(tx, id, 1));
    await bell.close();
    const page = await readAfter(db, before, 10);
    expect(page.activities.map(({ entity }) => entity.revision)).toEqual([2]);
    expect((await wholeLog(db)).slice(-2)).toEqual([before, page.to]);
  });
});

test('the migrations make exactly the schema that the code declares', async () => {
  database = await freshDatabase({ migrated: false });
  const folder = await temporaryFolder();
  await cp('db/migrations', folder, { recursive: true });
  const { stdout } = await promisify(execFile)('node_modules/.bin/drizzle-kit', [
    ...['generate', '--dialect', 'postgresql', '--schema', './db/schema/index.ts'],
    ...['--out', relative('.', folder), '--casing', 'snake_case'],
  ]);
  expect(stdout).toContain('No schema changes');
});
