import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorStatus, problemSchema } from '../../server/contracts/errors.ts';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
let admin: Record<string, string>;
const logged: Record<string, unknown>[] = [];
const log = pino(
  { level: 'error' },
  { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
);

beforeAll(async () => {
  site = await openSite({ context: (ctx) => ({ ...ctx, log }) });
  admin = { authorization: `Bearer ${await site.tokenOf(['admin'])}`, 'content-type': 'application/json' };
});
afterAll(() => site.close());

async function problemOf(method: string, path: string, init: { headers?: Record<string, string>; body?: string } = {}) {
  const answer = await site.send(method, path, { headers: admin, ...init });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const problem = problemSchema.parse(await answer.json());
  expect(answer.status).toBe(problem.status);
  expect(problem.status).toBe(errorStatus[problem.code as keyof typeof errorStatus]);
  return { ...problem, headers: answer.headers };
}

const post = (path: string, body: unknown) =>
  problemOf('POST', `/api/v1${path}`, { body: typeof body === 'string' ? body : JSON.stringify(body) });
const placesOf = (problem: { errors?: { path: string }[] | undefined }) =>
  problem.errors?.map(({ path }) => path).sort();

describe('what is wrong with a request', () => {
  test('is listed all at once, each with its place', async () => {
    const problem = await post('/tokens', { name: '', grants: [{ role: 'approver' }], expiresInDays: 0.5, extra: 1 });
    expect(problem.code).toBe('malformed');
    expect(placesOf(problem)).toEqual(['expiresInDays', 'extra', 'grants[0].role', 'name']);
    expect(problem.detail).toContain('grants[0].role');
  });

  test('in path and query is told like the rest', async () => {
    expect(placesOf(await problemOf('GET', '/api/v1/jobs/none/tasks?limit=0&status=odd'))).toEqual([
      'id',
      'limit',
      'status',
    ]);
    expect(placesOf(await problemOf('GET', '/api/v1/hosts?serach=web'))).toEqual(['serach']);
    expect(placesOf(await problemOf('GET', '/api/v1/jobs?after=bogus'))).toEqual(['after']);
    expect(placesOf(await problemOf('GET', '/api/v1/jobs/99999999999'))).toEqual(['id']);
  });

  test('is told of a body that is no JSON object', async () => {
    expect((await post('/tokens', '{"name": ')).detail).toContain('not JSON');
    expect((await post('/tokens', '[1]')).detail).toContain('JSON object');
    const form = { headers: { ...admin, 'content-type': 'application/x-www-form-urlencoded' }, body: 'name=x' };
    expect((await problemOf('POST', '/api/v1/tokens', form)).detail).toContain('application/json');
  });

  test('includes what no database can store, wherever it is', async () => {
    const problem = await post('/fleet/plan', { file: 'a\u0000b', text: '\ud800', prune: false });
    expect(placesOf(problem)).toEqual(['file', 'text']);
    expect((await problemOf('GET', '/api/v1/hosts?search=%00')).code).toBe('malformed');
  });

  test('is not read at all when it is too large, nor before it is known who sends it', async () => {
    const body = JSON.stringify({ name: 'x'.repeat(1_100_000), grants: [] });
    expect((await problemOf('POST', '/api/v1/tokens', { body })).code).toBe('too_large');
    const anonymous = { headers: { 'content-type': 'application/json', origin: site.url }, body };
    expect((await problemOf('POST', '/api/v1/tokens', anonymous)).code).toBe('not_signed_in');
    const unmeasured = new Blob(['x'.repeat(1_100_000)]).stream();
    const chunked = await fetch(`${site.url}/api/v1/tokens`, {
      method: 'POST',
      headers: admin,
      body: unmeasured,
      duplex: 'half',
    } as RequestInit);
    expect(await chunked.json()).toMatchObject({ code: 'too_large' });
    // A fleet file may be larger than that: it is read, and found to be no fleet.
    const fleet = await problemOf('POST', '/api/v1/fleet/plan', {
      body: JSON.stringify({ file: 'f', text: 'x'.repeat(2_000_000) }),
    });
    expect(fleet.code).not.toBe('too_large');
  });
});

describe('every refusal is a problem document', () => {
  test('what is not there', async () => {
    expect((await problemOf('GET', '/api/v1/nowhere')).code).toBe('not_found');
    expect((await problemOf('PUT', '/api/v1/jobs/1')).code).toBe('not_found');
    expect((await problemOf('GET', '/api/v2/jobs')).code).toBe('not_found');
    expect((await problemOf('GET', '/api/v1/jobs/77')).detail).toContain('GET /api/v1/jobs');
  });

  test('nobody is signed in: with the way to do it', async () => {
    const problem = await problemOf('GET', '/api/v1/jobs', { headers: {} });
    expect(problem).toMatchObject({ code: 'not_signed_in', status: 401 });
    expect(problem.headers.get('www-authenticate')).toBe('Bearer realm="signalbox"');
  });

  test('a role that is missing: with the action, the role that has it and whom to ask', async () => {
    const headers = { authorization: `Bearer ${await site.tokenOf(['viewer'])}`, 'content-type': 'application/json' };
    const problem = await problemOf('POST', '/api/v1/installs', { headers, body: '{}' });
    expect(problem).toMatchObject({ code: 'not_permitted', reason: 'role_missing' });
    expect(problem.detail).toMatch(/job\.install.*operator.*viewer.*Ask an admin/);
  });

  test('every answer carries the headers that keep browsers from doing harm', async () => {
    for (const path of ['/api/v1/jobs', '/nowhere.js', '/', '/healthz']) {
      const { headers } = await site.send('GET', path);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'self';.*frame-ancestors 'none'$/);
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});

describe('what nobody foresaw', () => {
  test('is told with an id that the log explains, and without anything of our inside', async () => {
    await site.world.ctx.db.execute('alter table release rename to gone');
    const problem = await problemOf('GET', '/api/v1/releases');
    await site.world.ctx.db.execute('alter table gone rename to release');
    expect(problem).toMatchObject({ code: 'broken', status: 500 });
    expect(problem.detail).toContain(problem.instance ?? 'no id');
    expect(JSON.stringify(problem)).not.toMatch(/relation|select|\.ts|node_modules/);
    const line = logged.find(({ instance }) => instance === problem.instance);
    expect(JSON.stringify(line)).toMatch(/relation .*release.* does not exist/);
  });

  test('a database that is away is told as that, and to try again', async () => {
    const away = await openSite({ context: (ctx) => ({ ...ctx, log }) });
    const headers = { authorization: `Bearer ${await away.tokenOf(['viewer'])}` };
    await away.world.ctx.db.$client.end();
    const answer = await away.send('GET', '/api/v1/products', { headers });
    expect(await answer.json()).toMatchObject({ code: 'unavailable', status: 503 });
    expect(answer.headers.get('retry-after')).toBe('5');
    const ready = await away.send('GET', '/readyz');
    expect([ready.status, await ready.json()]).toMatchObject([503, { ok: false, checks: { database: { ok: false } } }]);
    expect((await away.send('GET', '/healthz')).status).toBe(200);
    await away.close();
  });
});

describe('/readyz', () => {
  test('is ready with database, schema and feed, and not without one of them', async () => {
    const ready = await site.send('GET', '/readyz');
    expect([ready.status, await ready.json()]).toMatchObject([200, { ok: true }]);
    const stale = await openSite({ deps: { feedAge: () => 60_000 } });
    expect((await stale.send('GET', '/readyz')).status).toBe(503);
    await stale.world.ctx.db.execute(`delete from drizzle.__drizzle_migrations`);
    const answer = (await (await stale.send('GET', '/readyz')).json()) as {
      checks: Record<string, { sentence: string }>;
    };
    expect(answer.checks.database?.sentence).toContain('schema');
    expect(answer.checks.feed?.sentence).toContain('1 min ago');
    await stale.close();
  });
});
