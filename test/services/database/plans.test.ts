import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { clientOptions, type Database } from '../../../db/connect.ts';
import { readAfter, settledCursor } from '../../../db/queries/activities.ts';
import { listActivityLines, listTaskViews } from '../../../db/queries/lists.ts';
import {
  hostList,
  hostsWhere,
  jobList,
  jobsWhere,
  releaseList,
  releasesWhere,
  taskList,
  tasksWhere,
} from '../../../db/queries/sorted-lists.ts';
import { sortedIds, type SortPlace } from '../../../db/queries/sorted.ts';
import { hostViews, jobViews, latestTaskViews, releaseViews, taskViews } from '../../../db/queries/views.ts';
import { readLog } from '../../../db/queries/log.ts';
import { rolloutRows } from '../../../db/queries/jobs.ts';
import { takeDueHosts } from '../../../db/queries/hosts.ts';
import * as schema from '../../../db/schema/index.ts';
import { fill } from '../../bench/fill.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

const size = { hosts: 10_000, environments: 100, releases: 2_000, jobs: 1_000, tasksPerJob: 100, activities: 100_000 };
let database: TestDatabase;
let watched: Database;
let statements: { query: string; parameters: unknown[] }[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  await fill(database.db, size);
  const client = postgres(database.url, {
    ...clientOptions(database.url, 'plans'),
    max: 1,
    debug: (_connection, query, parameters) => void statements.push({ query, parameters }),
  });
  watched = drizzle(client, { schema, casing: 'snake_case' });
}, 120_000);
afterAll(async () => {
  await watched.$client.end();
  await database.drop();
});

interface Plan {
  'Relation Name'?: string;
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Plan[];
}

/** Rows that a question makes PostgreSQL look at, over all its statements, by its own count. */
async function rowsRead(question: (db: Database) => Promise<unknown>): Promise<number> {
  statements = [];
  await question(watched);
  let read = 0;
  for (const { query, parameters } of statements.filter((statement) =>
    /^\s*(select|with|update)/i.test(statement.query),
  )) {
    const [answer] = await database.db.$client.unsafe(`explain (analyze, format json) ${query}`, parameters as never[]);
    const [{ Plan: plan }] = (answer as unknown as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'];
    read += rowsOf(plan);
  }
  expect(read).toBeGreaterThan(0);
  return read;
}

function rowsOf(plan: Plan): number {
  const removed = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  const own = plan['Relation Name'] ? (plan['Actual Rows'] + removed) * plan['Actual Loops'] : 0;
  return own + (plan.Plans ?? []).reduce((sum, part) => sum + rowsOf(part), 0);
}

const named = (place?: SortPlace) => ({ column: 'name' as const, descending: false, backward: false, place });
const newest = <C extends string>(column: C, place?: SortPlace) => ({
  column,
  descending: true,
  backward: false,
  place,
});

async function hosts(db: Database, filter: Parameters<typeof hostsWhere>[0], place?: SortPlace) {
  const found = await sortedIds(db, hostList, hostsWhere(filter, 0), named(place), 50);
  return hostViews(
    db,
    found.map(({ id }) => id),
  );
}

async function releases(db: Database, filter: Parameters<typeof releasesWhere>[0], place?: SortPlace) {
  const found = await sortedIds(db, releaseList, releasesWhere(filter), newest('published', place), 50);
  return releaseViews(
    db,
    found.map(({ id }) => id),
  );
}

async function jobs(db: Database, filter: Parameters<typeof jobsWhere>[0], limit: number, place?: SortPlace) {
  const found = await sortedIds(db, jobList, jobsWhere(filter), newest('created', place), limit);
  return jobViews(
    db,
    found.map(({ id }) => id),
  );
}

async function tasks(db: Database, column: 'need' | 'position', limit: number, place?: SortPlace) {
  const seek = { column, descending: false, backward: false, place };
  const found = await sortedIds(db, taskList, tasksWhere({ jobId: 500 }), seek, limit);
  return taskViews(
    db,
    found.map(({ id }) => id),
  );
}

describe('a page of 50, wherever it begins, reads a few hundred rows of 10 000 hosts and 100 000 activities', () => {
  const page = 50;
  const middle = Date.parse('2026-03-01T08:00:00Z');
  const early = Date.parse('2026-03-01T00:00:20Z');
  const lists: Record<string, (db: Database) => Promise<unknown>> = {
    hosts: (db) => hosts(db, {}),
    'hosts, further on': (db) => hosts(db, {}, { key: 'host-005000', id: 5000 }),
    'hosts of an environment': (db) => hosts(db, { environmentId: 7 }, { key: 'host-005000', id: 5000 }),
    releases: (db) => releases(db, { withArchived: false }),
    'releases, further on': (db) => releases(db, { withArchived: true }, { key: '2026-01-01T16:00:00Z', id: 960 }),
    'releases of a product': (db) => releases(db, { productId: 2, withArchived: false }),
    'tasks of a job': (db) => listTaskViews(db, 500, page),
    'tasks of a job by need': (db) => tasks(db, 'need', page),
    'tasks of a job, further on': (db) => tasks(db, 'position', page, { key: '40', id: 50_041 }),
    activities: (db) => listActivityLines(db, {}, undefined, page),
    'activities, further on': (db) => listActivityLines(db, {}, { xid: 400n, seq: 57_000n }, page),
    'activities of a job': (db) => listActivityLines(db, { jobId: 77 }, undefined, page),
    'activities of a host': (db) => listActivityLines(db, { hostId: 77 }, { xid: 400n, seq: 57_000n }, page),
    'the log after a cursor': (db) => readAfter(db, '400.57000', page),
    'the end of the log': (db) => settledCursor(db),
    'a piece of a log': (db) => readLog(db, 5, 50_500, 5_000),
    'hosts that are due for a look': (db) => db.transaction((tx) => takeDueHosts(tx, early, middle, page)),
  };
  test.each(Object.entries(lists))('%s', async (_name, list) => {
    expect(await rowsRead(list)).toBeLessThan(8 * page);
  });

  // Each job counts its tasks, 100 here: an index alone answers that.
  const jobLists: Record<string, (db: Database) => Promise<unknown>> = {
    jobs: (db) => jobs(db, {}, 20),
    'jobs, further on': (db) => jobs(db, {}, 20, { key: new Date(middle).toISOString(), id: 480 }),
    'jobs in progress': (db) => jobs(db, { card: 'in_progress' }, 10),
    'failed jobs': (db) => jobs(db, { status: 'failed' }, 20),
  };
  test.each(Object.entries(jobLists))('%s, beside the tasks that they count', async (_name, list) => {
    expect(await rowsRead(list)).toBeLessThan(20 * size.tasksPerJob + 1_100);
  });
});

describe('the views of a few ids read a few rows', () => {
  const ids = [5, 500, 900];
  const views: Record<string, (db: Database) => Promise<unknown>> = {
    hosts: (db) => hostViews(db, ids),
    releases: (db) => releaseViews(db, ids),
    tasks: (db) => taskViews(db, ids),
    jobs: (db) => jobViews(db, ids),
    'facts of a rollout': (db) => rolloutRows(db, 500),
  };
  test.each(Object.entries(views))('%s', async (_name, view) => {
    expect(await rowsRead(view)).toBeLessThan(500);
  });
});

test('the latest task of each host is one look-up per host, not a walk through all tasks', async () => {
  expect(await rowsRead((db) => latestTaskViews(db))).toBeLessThan(5 * size.hosts);
});
