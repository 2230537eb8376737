import { zstdDecompressSync } from 'node:zlib';
import { inject } from 'vitest';
import postgres from 'postgres';
import { connect, type Database } from '../../db/connect.ts';
import { templateName } from './postgres-server.ts';

export interface TestDatabase {
  url: string;
  db: Database;
  /** Closes `db` and removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

let made = 0;

export interface FreshOptions {
  max?: number;
  /** False: without our schema. */
  migrated?: boolean;
}

/** An empty, migrated database of its own on the server of this worker, copied from a template in some 30 ms. */
export async function freshDatabase(options: FreshOptions = {}): Promise<TestDatabase> {
  made += 1;
  const name = `test_${process.pid}_${made}`;
  const template = (options.migrated ?? true) ? templateName : 'template1';
  await admin()`create database ${admin()(name)} template ${admin()(template)}`;
  const url = new URL(urlOfWorker());
  url.pathname = `/${name}`;
  const db = connect(url.href, { max: options.max ?? 10, applicationName: name });
  return {
    url: url.href,
    db,
    async drop() {
      await db.$client.end({ timeout: 1 });
      await admin()`drop database ${admin()(name)} with (force)`;
    },
  };
}

function urlOfWorker(): string {
  const url = inject('postgresUrls')[Number(process.env['VITEST_POOL_ID']) - 1];
  if (url === undefined) throw new Error(`worker ${process.env['VITEST_POOL_ID']} of this run has no PostgreSQL`);
  return url;
}

let administration: postgres.Sql | undefined;

/** One connection for all files of this worker: a new one costs as much as a small test. */
function admin(): postgres.Sql {
  administration ??= postgres(urlOfWorker(), { max: 1, onnotice: () => undefined });
  return administration;
}

/** Every row of every table of ours and of the queue's as text, bytes as Latin-1, packed ones unpacked: what a search for a secret goes through. */
export async function everythingStored(url: string): Promise<string> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const tables = await sql<{ schema: string; name: string }[]>`
      select table_schema as schema, table_name as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
    const texts: string[] = [];
    for (const { schema, name } of tables) {
      const rows = await sql`select * from ${sql(schema)}.${sql(name)}`;
      texts.push(`${schema}.${name}`, ...rows.flatMap((row) => Object.values(row).map(textOf)));
    }
    return texts.join('\n');
  } finally {
    await sql.end();
  }
}

const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) {
    const packed = Buffer.from(value).subarray(0, 4).equals(ZSTD_MAGIC);
    return (packed ? zstdDecompressSync(value) : Buffer.from(value)).toString('latin1');
  }
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
