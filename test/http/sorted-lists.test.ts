import { sql, type SQL } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { api, type EndpointName } from '../../server/contracts/api.ts';
import type { ProblemError, Client } from '../../server/contracts/client.ts';
import { fill } from '../bench/fill.ts';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
let client: Client;

const some = (from: number, to: number) => sql`generate_series(${from}::int, ${to}::int) i`;
/** Instants, names and states of rows that are many and often equal, in an order of their own. */
const when = sql`timestamptz '2026-03-01' + (i * 7919 % 13) * interval '1 hour'`;
const whenOrNever = sql`case when i % 3 = 0 then ${when} end`;
const plan = sql`'{"waves":[],"maxParallel":1,"maxFailures":{"count":0},"bakeMs":0,"onFailure":"leave"}'::jsonb`;
const name = (stem: string) => sql`${sql.raw(`'${stem}-'`)} || (i * 7919 % 97) || '-' || i`;

/** Puts rows `from` to `to` into what a list shows; several times, with a list read in between. */
const puts: Partial<Record<EndpointName, (from: number, to: number) => SQL[]>> = {
  'hosts.list': (from, to) => [
    sql`insert into host (environment_id, name, role, connection, root, liveness, last_contact_at)
      select 1 + i % 5, ${name('web')}, case when i % 4 = 0 then 'management' else 'target' end, '{"transport":"local"}',
        '/srv', case when i % 3 = 0 then 'live' else 'unknown' end, ${whenOrNever} from ${some(from, to)}`,
  ],
  'jobs.list': (from, to) => [
    sql`insert into job (kind, product_id, release_id, status, plan, requested_by, created_at, ended_at)
      select case when i % 2 = 0 then 'install' else 'rollback' end, 1 + i % 3, 1 + i % 9,
        case when i % 3 = 0 then 'failed' else 'succeeded' end,
        ${plan}, ${name('Ana')}, ${when}, ${whenOrNever}
      from ${some(from, to)}`,
  ],
  'releases.list': (from, to) => [
    sql`insert into release (product_id, version, digest, size, artifact_url, published_at, published_by)
      select 1 + i % 3, '3.' || i || '.0', md5(i::text) || md5(i::text), i * 7919 % 11, 'https://feed.example/', ${when}, 'feed'
      from ${some(from, to)}`,
  ],
  'environments.list': (from, to) => [
    sql`insert into environment (name, installer_method)
      select ${name('plant')}, case when i % 2 = 0 then 'managed' else 'helm' end from ${some(from, to)}`,
  ],
  'clients.list': (from, to) => [
    sql`with made as (
        insert into environment (name, installer_method) select ${name('shop')}, 'helm' from ${some(from, to)} returning id)
      insert into client (environment_id, product_id, channel_id, checked_at)
      select id, 1 + id % 3, 1 + id % 3, case when id % 3 = 0 then timestamptz '2026-03-01' end from made`,
  ],
  'approvals.list': (from, to) => [
    sql`with made as (
        insert into job (kind, product_id, release_id, status, plan, requested_by, created_at)
        select 'install', 1, 3, 'succeeded', ${plan}, 'Ana', ${when} from ${some(from, to)} returning id)
      insert into approval (job_id, rule, policy, start_within_ms, plan, plan_hash, requester, requested_at, expires_at, state)
      select i, 'four-eyes', '{"required":1,"roles":["approver"],"allowSelf":false}', 1000, '{}', 'hash', ${name('Ana')}, ${when},
        ${when} + interval '1 day', case when i % 2 = 0 then 'approved' else 'expired' end from made as made(i)`,
  ],
  'incidents.list': (from, to) => [
    sql`with made as (
        insert into job (kind, product_id, release_id, status, plan, requested_by, created_at)
        select 'install', 1, 3, 'failed', ${plan}, 'Ana', ${when} from ${some(from, to)} returning id)
      insert into incident (job_id, product_id, cause, status, opened_at, resolved_at)
      select i, 1, '{"code":"failed","sentence":"it failed"}', case when i % 3 = 0 then 'resolved' else 'open' end, ${when},
        ${whenOrNever} from made as made(i)`,
  ],
  'holds.list': (from, to) => [
    sql`insert into hold (product, reason, owner, created_at, created_by, expires_at)
      select 'orders', 'a fan', ${name('Ben')}, ${when}, 'Ana', case when i % 3 = 0 then timestamptz '2099-01-01' + i * interval '1 s' end
      from ${some(from, to)}`,
  ],
  'recalls.list': (from, to) => [
    sql`insert into recall (product_id, range, strategy, reason, opened_at, opened_by, reverted_at)
      select 1 + i % 3, '{"only":"1.0.0"}', '{"type":"forward"}', 'wrong labels', ${when}, 'Ana', ${whenOrNever}
      from ${some(from, to)}`,
  ],
  'people.list': (from, to) => [
    sql`insert into person (name, email, grants, created_at, disabled_at)
      select ${name('Ana')}, i || '@example.com', '[]', ${when}, ${whenOrNever} from ${some(from, to)}`,
  ],
  'tokens.list': (from, to) => [
    sql`insert into api_token (name, token_hash, grants, created_by, created_at, expires_at, last_used_at)
      select ${name('ci')}, 'token-' || i, '[{"role":"viewer"}]', ${name('Ana')}, ${when}, ${whenOrNever}, ${whenOrNever}
      from ${some(from, to)}`,
  ],
  'displays.list': (from, to) => [
    sql`insert into display (name, token_hash, views, rotate_ms, paired_at, paired_by, last_seen_at)
      select ${name('room')}, 'display-' || i, '["overview"]', 30000, ${when}, ${name('Ben')}, ${whenOrNever}
      from ${some(from, to)}`,
  ],
  'matrix.show': (from, to) => [
    sql`insert into environment (name, labels, installer_method)
      select ${name('site')}, jsonb_build_object('tier', (i % 3)::text), 'managed' from ${some(from, to)}`,
  ],
  'jobs.tasks': (from, to) => [
    sql`with made as (
        insert into host (environment_id, name, role, connection, root, liveness)
        select 1, ${name('unit')}, 'target', '{"transport":"local"}', '/srv', 'live' from ${some(from, to)} returning id)
      insert into task (job_id, host_id, position, wave, status, problem, started_at)
      select 1, i, 100 + i, 1 + i % 3, (array['pending', 'succeeded', 'failed', 'skipped'])[1 + i % 4],
        case when i % 4 = 0 then '{"code":"held","sentence":"Held.","holds":["2"]}'::jsonb end, ${whenOrNever}
      from made as made(i)`,
  ],
};
const lists = Object.keys(puts) as (keyof typeof puts)[];

async function put(list: keyof typeof puts, from: number, to: number): Promise<void> {
  for (const statement of puts[list]?.(from, to) ?? []) await site.world.ctx.db.execute(statement);
}

beforeAll(async () => {
  site = await openSite();
  const size = { hosts: 5, environments: 5, releases: 9, jobs: 20, tasksPerJob: 5, activities: 1 };
  await fill(site.world.ctx.db, size);
  await site.world.ctx.db.execute(sql`update job set plan = ${plan}`);
  for (const list of lists) await put(list, 1_000, 1_022);
  client = await site.clientOf(['admin']);
});
afterAll(() => site.close());

interface Page {
  items: { id: number }[];
  next: string | null;
  previous: string | null;
}
const read = (list: EndpointName, input: object) => client.call(list, input as never) as unknown as Promise<Page>;
async function every(list: EndpointName, input: object): Promise<number[]> {
  const ids: number[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page: Page = await read(list, { ...whole[list], ...input, limit: 500, after });
    ids.push(...idsOf(page));
    after = page.next;
  }
  return ids;
}
const idsOf = ({ items }: Page) => items.map(({ id }) => id);
const whole = { 'jobs.tasks': { id: 1 }, 'recalls.list': { state: 'all' }, 'holds.list': { state: 'all' } } as Partial<
  Record<EndpointName, object>
>;

const ordersOf = (list: EndpointName) =>
  (api[list].input.shape as unknown as { sort: { unwrap(): { options: string[] } } }).sort.unwrap().options;
const cases = lists.flatMap((list) => ordersOf(list).map((sort) => [list, sort] as const));
let inserted = 2_000;

describe('every list, by every column and both ways', () => {
  test.each(cases)('%s by %s: no row twice, none missing, while others are put in', async (list, sort) => {
    const before = await every(list, { sort });
    expect(before.length).toBeGreaterThan(20);
    const seen: number[] = [];
    const back: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await read(list, { ...whole[list], sort, limit: 8, after });
      seen.push(...idsOf(page));
      if (page.previous) back.push(page.previous);
      inserted += 1;
      if (inserted % 3 === 0) await put(list, inserted, inserted);
      if (page.next === null) break;
      after = page.next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => before.includes(id))).toEqual(before);
    // And back again, from the last page to the first.
    const now = await every(list, { sort });
    const behind: number[] = [];
    for (let after: string | null | undefined = back.at(-1); after;) {
      const page: Page = await read(list, { ...whole[list], sort, limit: 8, after });
      behind.unshift(...idsOf(page));
      after = page.previous;
    }
    expect(behind).toEqual(now.slice(0, behind.length));
    expect(behind.length).toBeGreaterThan(10);
  });

  test.each(lists)('%s: what is no order and no page of it is refused with a reason', async (list) => {
    const refusal = (input: object) =>
      read(list, { ...whole[list], limit: 6, ...input }).then(
        () => 'accepted',
        (error: unknown) => (error as ProblemError).problem.detail,
      );
    expect(await refusal({ sort: 'colour' })).toMatch(/sort/);
    expect(await refusal({ after: 'rubbish' })).toMatch(
      /`after` is not the `next` or `previous` of a page of this list/,
    );
    expect(await refusal({ limit: 0 })).toMatch(/limit/);
    const [first = '', other = ''] = ordersOf(list);
    const { next } = await read(list, { ...whole[list], sort: first, limit: 6 });
    expect(await refusal({ sort: other, after: next ?? '' })).toContain(`sorted by ${first}, not by ${other}`);
  });
});

describe('filters, alone and with an order and a page', () => {
  test.each([
    ['hosts.list', { filter: 'environment-2 -web-1' }],
    ['hosts.list', { life: 'live' }],
    ['hosts.list', { environment: 'environment-3', search: 'WEB' }],
    ['jobs.list', { card: 'failed', kind: 'install' }],
    ['jobs.list', { search: 'ana-4' }],
    ['releases.list', { productId: 2, search: '3.10' }],
    ['releases.list', { card: 'installed' }],
    ['releases.list', { product: 'product-1', search: '3.10 PRODUCT-' }],
    ['environments.list', { search: 'plant-1' }],
    ['matrix.show', { search: 'site- tier=2' }],
    ['tokens.list', { search: 'ci-4 VIEWER' }],
    ['displays.list', { search: 'room-3' }],
    ['jobs.tasks', { status: 'failed' }],
    ['jobs.tasks', { search: 'held unit-' }],
    ['clients.list', { productId: 2 }],
    ['clients.list', { search: 'shop-1' }],
    ['approvals.list', { state: 'expired' }],
    ['incidents.list', { status: 'resolved' }],
    ['incidents.list', { search: 'product-1 it FAILED', status: 'open' }],
    ['holds.list', { search: 'ben-4' }],
    ['recalls.list', { productId: 2 }],
    ['people.list', { state: 'disabled' }],
    ['people.list', { search: 'ana-3' }],
  ] as const)('%s with %o', async (list, filter) => {
    const all = await every(list, {});
    const wanted = await every(list, filter);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(all.length);
    for (const sort of ordersOf(list)) {
      const paged: number[] = [];
      for (let after: string | null | undefined; after !== null;) {
        const page: Page = await read(list, { ...whole[list], ...filter, sort, limit: 20, after });
        paged.push(...idsOf(page));
        after = page.next;
      }
      expect(paged.toSorted((a, b) => a - b)).toEqual(wanted.toSorted((a, b) => a - b));
    }
  });

  test('releases say what each card counts of what the other filters leave', async () => {
    const cards = async (input: object) => (await client.call('releases.list', { limit: 1, ...input })).cards;
    const all = await cards({});
    expect(all.total).toBe((await every('releases.list', {})).length);
    expect(all.available + all.downloaded + all.installed).toBe(all.total);
    for (const card of ['available', 'downloaded', 'installed'] as const) {
      expect(await every('releases.list', { card })).toHaveLength(all[card]);
      expect(await cards({ card })).toEqual(all);
    }
    expect((await cards({ productId: 2 })).total).toBeLessThan(all.total);
  });

  test('releases are found by channel, label and demotion, and by words in any order', async () => {
    const { db } = site.world.ctx;
    await db.execute(sql`update release set labels = '{"hotfix":"yes"}' where id = 1`);
    await db.execute(sql`
      insert into channel_entry (channel_id, release_id, sequence, promoted_at, promoted_by, active_since, demoted_at, demoted_by, demote_reason)
      values (3, 2, 1, now(), 'Ana', now(), now(), 'Ana', 'slow'), (1, 3, 1, now(), 'Ana', now(), null, null, null)`);
    const found = (search: string) => every('releases.list', { search });
    expect(await found('HOTFIX=yes product-')).toEqual([1]);
    expect(await found('stable')).toEqual([3, 2]);
    expect(await found('demoted stable')).toEqual([2]);
    expect(await found('hotfix=yes demoted')).toEqual([]);
  });

  test('tasks come with the waves of the whole job and the holds that it waits for, whatever is listed of it', async () => {
    const { waves, heldBy, items } = await client.call('jobs.tasks', {
      id: 1,
      status: 'failed',
      limit: 1,
      sort: 'need',
    });
    const all = await every('jobs.tasks', {});
    const counted = waves.flatMap(({ counts }) => Object.values(counts)).reduce((sum, count) => sum + count, 0);
    expect([items.length, counted, heldBy]).toEqual([1, all.length, [2]]);
    expect(waves.map(({ wave }) => wave)).toEqual([...waves.map(({ wave }) => wave)].sort((a, b) => a - b));
    const byNeed = await client.call('jobs.tasks', { id: 1, sort: 'need', limit: 500 });
    const states = byNeed.items.map(({ status }) => status).filter((status, at, list) => status !== list[at - 1]);
    expect(states).toEqual(
      ['failed', 'pending', 'succeeded', 'skipped'].filter((state) => states.includes(state as never)),
    );
    expect(states[0]).toBe('failed');
  });

  test('hosts say how many match in all, by the words that every screen knows', async () => {
    const page = await client.call('hosts.list', { filter: 'environment-2', limit: 3, sort: 'natural' });
    const all = await client.call('hosts.list', { environment: 'environment-2', limit: 500 });
    expect([page.items.length, page.total]).toEqual([3, all.items.length]);
  });

  test('a hold reaches the hosts of its scope, and no longer than it lasts', async () => {
    const { db } = site.world.ctx;
    await db.execute(sql`delete from hold`);
    await db.execute(sql`
      insert into hold (environment, reason, owner, created_at, created_by, expires_at)
      values ('environment-2', 'a fan', 'Ben', now(), 'Ana', ${new Date(site.world.time.now + 1_000).toISOString()})`);
    const held = await client.call('hosts.list', { life: 'held', limit: 500 });
    const there = await client.call('hosts.list', { environment: 'environment-2', limit: 500 });
    expect(held.items).toEqual(there.items);
    site.world.time.now += 1_000;
    expect((await client.call('hosts.list', { life: 'held' })).total).toBe(0);
  });
});
