import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { impurities, sourcesUnder, sqlClocks, type Finding } from './purity-check.ts';

const root = join(import.meta.dirname, '../..');
const domain = 'server/domain';

/** SQL that may read a clock because no decision comes of it. Each entry: the file, what it reads, why that is bookkeeping. */
const BOOKKEEPING: readonly { readonly file: string; readonly what: string; readonly why: string }[] = [
  {
    file: 'db/queries/activities.ts',
    what: 'clock_timestamp()',
    why: 'how long another session has kept its transaction open, in terms of the clock that dated it: told to people',
  },
];

const isBookkeeping = ({ file, what }: Finding): boolean =>
  BOOKKEEPING.some((entry) => entry.file === file && entry.what === what);

const text = ({ file, line, what }: Finding): string => `${file}:${line} ${what}`;

describe('the rules are pure', () => {
  const sources = sourcesUnder(root, domain, ['.ts']);

  test('server/domain has rules to check', () => {
    expect(sources.map(({ file }) => file)).toContain('server/domain/visibility.ts');
  });

  test('server/domain imports nothing but itself and has no clock, no randomness, no I/O and no memory', () => {
    const findings = sources.flatMap(({ file, source }) => impurities(file, source, domain));
    expect(findings.map(text)).toEqual([]);
  });

  test.each([
    ['a package', `import { z } from 'zod';`, 'import of zod'],
    ['a part of Node', `import { readFileSync } from 'node:fs';`, 'import of node:fs'],
    ['another layer', `import { client } from '../../db/client.ts';`, 'import of ../../db/client.ts'],
    ['another layer by type', `import type { Row } from '../contracts/api.ts';`, 'import of ../contracts/api.ts'],
    ['another layer in a type', `type Row = import('../contracts/api.ts').Row;`, 'import of ../contracts/api.ts'],
    ['another layer passed on', `export * from '../services/verb.ts';`, 'import of ../services/verb.ts'],
    ['another layer when it runs', `const db = await import('../../db/client.ts');`, 'import of ../../db/client.ts'],
    ['whatever is asked for', `const load = (path: string) => import(path);`, 'a computed import'],
    ['a clock', `export const at = Date.now();`, 'Date'],
    ['a new date', `export const at = new Date();`, 'Date'],
    ['the date as text', `export const at = Date();`, 'Date'],
    ["Temporal's clock", `export const at = Temporal.Now.instant();`, 'Temporal.Now'],
    ["Temporal's clock, by a key", `export const at = Temporal['Now'].instant();`, 'Temporal as a value'],
    ["Temporal's clock, taken apart", `const { Now } = Temporal;`, 'Temporal as a value'],
    ['randomness', `export const dice = () => Math.random();`, 'Math.random'],
    ['randomness, passed on', `export const dice = [Math].map((m) => m.random());`, 'Math as a value'],
    ['randomness of crypto', `export const id = crypto.randomUUID();`, 'crypto'],
    ['a stopwatch', `export const at = performance.now();`, 'performance'],
    ['a timer', `setTimeout(() => {}, 1);`, 'setTimeout'],
    ['the environment', `export const debug = process.env.DEBUG;`, 'process'],
    ['a way around', `export const at = globalThis['Date'].now();`, 'globalThis'],
    ["the machine's locale", `export const order = (a: string, b: string) => a.localeCompare(b);`, 'localeCompare'],
    ['the module', `export const here = import.meta.url;`, 'import.meta'],
    ['memory between calls', `let calls = 0;`, 'a variable between calls'],
    ['a cache', `const known = new Map<string, number>();`, 'a variable between calls'],
  ])('a rule with %s is caught', (_name, source, what) => {
    expect(impurities('server/domain/broken.ts', source, domain).map((finding) => finding.what)).toContain(what);
  });

  test('what only looks impure is let through', () => {
    const source = `
      import { isNewer } from './versions.ts';
      export type { Reason } from './reason.ts';
      /** new Date() in a comment, Math.random() too. */
      export const label = 'Date.now() in a text';
      export const largest = Math.max(1, 2);
      export const at = Temporal.Instant.fromEpochMilliseconds(0);
      export const day = (row: { Date: number; process: string }): Temporal.PlainDate | number => row.Date;
      export const known = new Set(['a']);
      export const row = { Date: 1, performance: 2 };
      for (let index = 0; index < 1; index += 1) isNewer;
    `;
    expect(impurities('server/domain/fine.ts', source, domain)).toEqual([]);
  });
});

describe('no SQL decides by its own clock', () => {
  const sources = ['db', 'server'].flatMap((folder) => sourcesUnder(root, folder, ['.ts', '.sql']));

  test('db and server have SQL to check', () => {
    expect(sources.length).toBeGreaterThan(20);
  });

  const findings = sources.flatMap(({ file, source }) => sqlClocks(file, source));

  test('db and server read no clock in SQL', () => {
    expect(findings.filter((finding) => !isBookkeeping(finding)).map(text)).toEqual([]);
  });

  test('every exception is still needed and says why', () => {
    for (const entry of BOOKKEEPING) {
      expect(entry.why).not.toBe('');
      expect(findings.map(({ file, what }) => ({ file, what }))).toContainEqual({ file: entry.file, what: entry.what });
    }
  });

  test.each([
    ['now() in a query', 'db/q.ts', 'const q = sql`select * from job where due <= now()`;'],
    ['now() after a value', 'db/q.ts', 'const q = sql`update job set at = ${x} where due <= now ( )`;'],
    ['now() between values', 'db/q.ts', 'const q = sql`select ${a}, now(), ${b}`;'],
    ['now() in capitals', 'db/q.ts', `const q = 'SELECT NOW()';`],
    ['current_timestamp', 'db/q.ts', `const q = "where at < current_timestamp - interval '1 day'";`],
    ['the clock itself', 'server/x.ts', 'const q = sql`select clock_timestamp()`;'],
    ['a default of drizzle', 'db/schema/x.ts', 'const t = { at: timestamp().defaultNow() };'],
    ['a literal that is a clock', 'db/q.ts', `const q = "select 'now'::timestamptz";`],
    ['a migration', 'db/migrations/1.sql', 'alter table job alter at set default now();'],
  ])('%s is caught', (_name, file, source) => {
    expect(sqlClocks(file, source)).toHaveLength(1);
  });

  test.each([
    ['a clock of the process', 'server/x.ts', 'const at = clock.now(); const later = now();'],
    ['a snapshot', 'db/q.ts', 'const q = sql`select pg_current_snapshot()`;'],
    ['a column', 'db/q.ts', 'const q = sql`select now_playing, unknown() from t`;'],
    ['a comment in SQL', 'db/q.sql', 'select 1; -- never now()'],
  ])('%s is let through', (_name, file, source) => {
    expect(sqlClocks(file, source)).toEqual([]);
  });
});
