import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addressOf } from '../../server/contracts/client.ts';
import { api, type EndpointName } from '../../server/contracts/api.ts';
import { ACTIONS, type Role } from '../../server/domain/permission.ts';
import { streams } from '../../server/http/streams.ts';
import { openSite, type Site } from '../support/site.ts';

const callers = [
  'nobody',
  'viewer',
  'operator',
  'approver',
  'admin',
  'token viewer',
  'token operator',
  'token admin',
] as const;
type Caller = (typeof callers)[number];

const everyone: readonly Caller[] = callers;
const signedIn = callers.filter((caller) => caller !== 'nobody');
const operators: readonly Caller[] = ['operator', 'admin', 'token operator', 'token admin'];
const admins: readonly Caller[] = ['admin', 'token admin'];

/** Written by hand, on purpose: who gets past the door of every route. A route that is missing here fails. */
const mayPass: Record<EndpointName | keyof typeof streams, readonly Caller[]> = {
  'session.show': signedIn,
  'session.signIn': everyone,
  'session.useLink': everyone,
  'session.setUp': everyone,
  'session.signOut': everyone,
  'people.list': admins,
  'people.invite': ['admin'],
  'tokens.list': admins,
  'tokens.create': admins,
  'tokens.revoke': admins,
  'products.list': signedIn,
  'products.check': operators,
  'releases.list': signedIn,
  'releases.show': signedIn,
  'releases.download': operators,
  'environments.list': signedIn,
  'hosts.list': signedIn,
  'hosts.show': signedIn,
  'installs.preview': signedIn,
  'installs.start': operators,
  'jobs.list': signedIn,
  'jobs.show': signedIn,
  'jobs.tasks': signedIn,
  'jobs.cancel': operators,
  'jobs.pause': operators,
  'jobs.resume': operators,
  'jobs.continue': operators,
  'releases.demotionImpact': signedIn,
  'releases.demote': operators,
  'releases.undemote': operators,
  'rollbacks.preview': signedIn,
  'rollbacks.start': operators,
  'incidents.list': signedIn,
  'incidents.show': signedIn,
  'incidents.acknowledge': operators,
  'incidents.resolve': operators,
  'jobs.retry': operators,
  'tasks.show': signedIn,
  'tasks.log': signedIn,
  'holds.list': signedIn,
  'holds.create': operators,
  'holds.release': operators,
  'activities.list': signedIn,
  'fleet.plan': signedIn,
  'fleet.apply': admins,
  'board.show': signedIn,
  'tasks.logText': signedIn,
};

let site: Site;
const headersOf = {} as Record<Caller, Record<string, string>>;

beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

// Anew for each test: one of them signs everybody out.
beforeEach(async () => {
  'jobs.evidence': signedIn,
  for (const role of ['viewer', 'operator', 'approver', 'admin'] satisfies Role[]) {
    headersOf[role] = { cookie: await site.cookieOf([role]) };
  }
  for (const role of ['viewer', 'operator', 'admin'] as const) {
    headersOf[`token ${role}`] = { authorization: `Bearer ${await site.tokenOf([role])}` };
  }
  headersOf.nobody = {};
});

/** Well-formed, so that nothing but the permission can refuse it at the door; about things that do not exist. */
const inputs: Partial<Record<EndpointName, Record<string, unknown>>> = {
  'session.signIn': { email: 'nobody@example.com', password: 'x' },
  'session.useLink': { token: 'x' },
  'session.setUp': { token: 'x', name: 'x', email: 'x@example.com', password: 'long enough a word' },
  'people.invite': { name: 'x', email: 'x@example.com', roles: ['viewer'] },
  'tokens.create': { name: 'x', roles: ['viewer'] },
  'installs.preview': { releaseId: 9, hostIds: [9] },
  'installs.start': { releaseId: 9, hostIds: [9] },
  'holds.create': { scope: { host: 'nowhere' }, reason: 'x' },
  'fleet.plan': { file: 'x', text: '' },
  'fleet.apply': { file: 'x', text: '' },
};

function inputFor(name: EndpointName): Record<string, unknown> {
  return { ...(api[name].path.includes(':id') ? { id: 2_000_000_000 } : {}), ...inputs[name] };
}

async function statusOf(name: keyof typeof mayPass, caller: Caller): Promise<number> {
  const { method, path, body } =
    name in api
      ? addressOf(name as EndpointName, inputFor(name as EndpointName))
  'releases.demotionImpact': { channel: 'x' },
  'releases.demote': { channel: 'x', reason: 'x' },
  'releases.undemote': { channel: 'x', reason: 'x' },
  'rollbacks.start': { reason: 'x' },
  'incidents.resolve': { resolution: 'x' },
      : {
          method: 'GET',
          path: `/api/v1${streams[name as keyof typeof streams].path.replace(':id', '9')}`,
          body: undefined,
        };
  const headers = { ...headersOf[caller], origin: site.url, 'content-type': 'application/json' };
  const response = await site.send(method, path, { headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await response.text();
  expect(text, 'the request itself has to be well-formed').not.toContain('"malformed"');
  // A sign-in that fails is 401 too, and yet has passed the door.
  return text.includes('"wrong_credentials"') ? 200 : response.status;
}

describe('who may call what', () => {
  test.each(Object.keys(mayPass) as (keyof typeof mayPass)[])('%s', async (name) => {
    const seen = {} as Record<Caller, string>;
    for (const caller of callers) {
      const status = await statusOf(name, caller);
      seen[caller] = status === 401 ? 'sign in first' : status === 403 ? 'not permitted' : 'passes';
    }
    const expected = Object.fromEntries(
      callers.map((caller) => {
        const refusal = caller === 'nobody' ? 'sign in first' : 'not permitted';
        return [caller, mayPass[name].includes(caller) ? 'passes' : refusal];
      }),
    );
    expect(seen).toEqual(expected);
  });

  test('no route below /api is missing in the table', () => {
    const routed = new Set(
      site.app.routes.filter(({ path, method }) => path.startsWith('/api/v1/') && method !== 'ALL').map(keyOf),
    );
    const endpoints = Object.values(api).map(({ method, path }) => keyOf({ method, path: `/api/v1${path}` }));
    const known = [
      ...endpoints,
      ...Object.values(streams).map(({ path }) => keyOf({ method: 'GET', path: `/api/v1${path}` })),
    ];
    expect([...routed].sort()).toEqual([...known].sort());
    expect(Object.keys(mayPass).sort()).toEqual([...Object.keys(api), ...Object.keys(streams)].sort());
  });

  test('a person is told which actions are theirs, by the same table', async () => {
    const answer = await site.send('GET', '/api/v1/session', { headers: headersOf.admin });
    const { actions, roles, kind } = (await answer.json()) as { actions: string[]; roles: string[]; kind: string };
    expect({ roles, kind }).toEqual({ roles: ['admin'], kind: 'person' });
    expect(actions).toContain('fleet.apply');
    expect(ACTIONS).toEqual(expect.arrayContaining(actions));
  });
});

function keyOf({ method, path }: { method: string; path: string }): string {
  return `${method} ${path}`;
}
