import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { api, type EndpointName } from '../../server/contracts/api.ts';
import { addressOf } from '../../server/contracts/client.ts';
import { parseGrant } from '../../server/domain/grant.ts';
import { ACTIONS, type Grant } from '../../server/domain/permission.ts';
import { clientRoutes } from '../../server/http/client-routes.ts';
import { streams } from '../../server/http/streams.ts';
import { clientEvents } from '../../server/live/requests.ts';
import { startLive, type Live } from '../../server/live/start.ts';
import { applyFleet } from '../../server/services/fleet/apply.ts';
import { startInstall } from '../../server/services/install/start.ts';
import { issueClientToken } from '../../server/services/client/token.ts';
import { createHold } from '../../server/services/hold/create.ts';
import { askCode, claimDisplay, pairDisplay } from '../../server/services/display/pair.ts';
import { installOn } from '../support/install.ts';
import { openSite, type Site } from '../support/site.ts';

/** People by their grants, and tokens. `nothing`: signed in, without any grant. */
const people = [
  'nothing',
  'viewer',
  'operator',
  'approver',
  'admin',
  'viewer:orders',
  'operator:orders',
  'operator@plant',
  'operator:orders@plant',
  'operator:billing',
  'operator@lab',
  'operator:orders@lab',
  'approver:orders@plant',
  'admin:orders',
] as const;
const tokens = [
  'token viewer',
  'token operator',
  'token admin',
  'token operator:orders@plant',
  'token reporter@plant',
  'token reporter:orders@lab',
] as const;
/** The client of orders/stable in plant: it opens its feed, and no other door. */
const client = 'client orders@plant';
/** A paired screen: it gets what the wall shows, and nothing that is stored besides. */
const display = 'display';
const callers = ['nobody', client, ...people, ...tokens, display] as const;
type Caller = (typeof callers)[number];
type Event = keyof typeof clientEvents;
type Route = EndpointName | keyof typeof streams | keyof typeof clientRoutes | Event;

const everyone: readonly Caller[] = callers;
const signedIn = callers.filter((caller) => caller !== 'nobody' && caller !== client && caller !== display);
/** Who has any role sees everything: a narrow grant narrows what one does. Machines that report see nothing. */
const readers = signedIn.filter((caller) => caller !== 'nothing' && !caller.includes('reporter'));
const operators: readonly Caller[] = ['operator', 'admin', 'token operator', 'token admin'];
/** For what concerns all of product orders. */
const ofOrders: readonly Caller[] = [...operators, 'operator:orders', 'admin:orders'];
/** For what concerns orders on hosts in plant. */
const ofOrdersInPlant: readonly Caller[] = [
  ...ofOrders,
  'operator@plant',
  'operator:orders@plant',
  'token operator:orders@plant',
];
/** For what concerns plant, whatever product. */
const ofPlant: readonly Caller[] = [...operators, 'operator@plant'];
const admins: readonly Caller[] = ['admin', 'token admin'];

/**
 * Written by hand, on purpose: who gets past the door of every route and socket event. What is about something is asked
 * about release 1 of orders, its job 2 on a host in plant, and what hangs on them. A route that is missing here fails.
 */
const mayPass: Record<Route, readonly Caller[]> = {
  'session.show': [...signedIn, display],
  'session.signIn': everyone,
  'session.useLink': everyone,
  'session.setUp': everyone,
  'session.signOut': everyone,
  'account.show': people,
  'account.setPassword': people,
  'account.enrolTotp': people,
  'account.confirmTotp': people,
  'account.disableTotp': people,
  'account.sessions': people,
  'account.endSession': people,
  'account.endOtherSessions': people,
  'people.list': admins,
  'people.invite': ['admin'],
  'people.setGrants': admins,
  'people.disable': admins,
  'people.enable': admins,
  'people.resetTotp': ['admin'],
  'tokens.list': admins,
  'tokens.create': admins,
  'tokens.revoke': admins,
  'products.list': readers,
  'products.check': ofOrders,
  'releases.list': readers,
  'releases.show': readers,
  'releases.download': ofOrders,
  'releases.demotionImpact': readers,
  'releases.demote': ofOrders,
  'releases.undemote': ofOrders,
  'channels.list': readers,
  'channels.history': readers,
  'channels.adoption': readers,
  'releases.edit': ofOrders,
  'releases.archiveImpact': readers,
  'releases.archive': ofOrders,
  'releases.unarchive': ofOrders,
  'releases.requiredImpact': readers,
  'releases.setRequired': ofOrders,
  'clients.list': readers,
  'clients.show': readers,
  'clients.check': ofOrdersInPlant,
  'clients.deploy': ofOrdersInPlant,
  'clients.issueToken': ['admin', 'token admin', 'admin:orders'],
  'clients.revokeToken': ['admin', 'token admin', 'admin:orders'],
  'matrix.show': readers,
  'releases.pipeline': readers,
  'releases.promote': ofOrders,
  'health.report': [...ofOrdersInPlant, 'token reporter@plant'],
  'pipelines.show': readers,
  'pipelines.save': ['admin', 'admin:orders', 'token admin'],
  'pipelines.preview': readers,
  'pipelines.pause': ofOrders,
  'pipelines.resume': ofOrders,
  'automaticInstalls.list': readers,
  'evaluations.list': readers,
  'evaluations.show': readers,
  'evaluations.reopen': ofOrders,
  'recalls.list': readers,
  'recalls.show': readers,
  'recalls.preview': readers,
  'recalls.open': ofOrders,
  'recalls.rollOff': ofOrders,
  'recalls.revert': ofOrders,
  'rollbacks.preview': readers,
  'rollbacks.start': ofOrdersInPlant,
  'incidents.list': readers,
  'incidents.show': readers,
  'incidents.acknowledge': ofOrdersInPlant,
  'incidents.escalate': ofOrdersInPlant,
  'incidents.resolve': ofOrdersInPlant,
  'environments.list': readers,
  'hosts.list': readers,
  'hosts.show': readers,
  'installs.preview': readers,
  'installs.start': ofOrdersInPlant,
  'installs.startPath': ofOrdersInPlant,
  'jobs.list': readers,
  'jobs.show': readers,
  'jobs.tasks': readers,
  'jobs.cancel': ofOrdersInPlant,
  'jobs.pause': ofOrdersInPlant,
  'jobs.resume': ofOrdersInPlant,
  'jobs.continue': ofOrdersInPlant,
  'jobs.retry': ofOrdersInPlant,
  'tasks.show': readers,
  'tasks.log': readers,
  'approvals.list': readers,
  'approvals.show': readers,
  'approvals.decide': people.filter((caller) => caller !== 'nothing' && !caller.startsWith('viewer')),
  'approvals.breakGlass': ['admin', 'admin:orders'],
  'approvalRules.list': readers,
  'approvalRules.save': admins,
  'approvalRules.remove': admins,
  'holds.list': [...readers, display],
  'holds.create': ofPlant,
  'holds.release': ofPlant,
  'activities.list': readers,
  'fleet.plan': readers,
  'fleet.apply': admins,
  'displays.list': operators,
  'displays.pair': operators,
  'displays.change': operators,
  'displays.revoke': operators,
  'displays.askCode': everyone,
  'displays.claim': everyone,
  'displays.own': [...signedIn, display],
  'slack.status': [...readers, display],
  'slack.accounts': people,
  'slack.linkShow': people,
  'slack.link': people,
  'slack.unlink': people,
  'feed.read': [client],
  'feed.artifact': [client],
  'feed.report': [client],
  'board.show': [...readers, display],
  'tasks.logText': readers,
  'jobs.evidence': readers,
  'board:follow': [...readers, display],
  'log:follow': readers,
  'log:unfollow': [...signedIn, display],
};

let site: Site;
let live: Live;
const headersOf = {} as Record<Caller, Record<string, string>>;

const fleet = `
products:
  - { name: orders, channels: [stable], entryChannels: [stable], feed: { folder: /srv/feed } }
  - { name: billing, channels: [stable], entryChannels: [stable] }
environments:
  - { name: plant, subscriptions: { orders: stable } }
  - { name: lab, subscriptions: { orders: stable } }
hosts:
  - { name: line-1, environment: plant, role: target, root: /srv/line-1, local: true }
  - { name: bench-1, environment: lab, role: target, root: /srv/bench-1, local: true }
`;

beforeAll(async () => {
  site = await openSite();
  const { world } = site;
  await applyFleet.run(world.ctx, world.operator, { file: 'fleet.yaml', text: fleet, prune: false });
  expect(await installOn(world, [1])).toBe(2);
  await createHold.run(world.ctx, world.operator, { scope: { host: 'line-1' }, reason: 'x', strict: false });
  await world.ctx.db.$client`
    insert into incident (job_id, product_id, cause, opened_at) values (2, 1, '{"code":"x","sentence":"x"}', now())`;
  await world.ctx.db.$client`
    insert into evaluation (product_id, release_id, source, target, stage, status, since, judged_at)
    values (1, 1, 'stable', 'next', '{"kind":"timed"}', 'promoted', now(), now())`;
  await world.ctx.db.$client`
    insert into recall (product_id, range, strategy, reason, opened_at, opened_by)
    values (1, '{"only":"0.0.1"}', '{"type":"forward"}', 'x', now(), 'x')`;
  live = await startLive(world.ctx, site.http, 'test');
});
afterAll(async () => {
  await live.stop();
  await site.close();
});

// What some tests change: sessions, tokens and grants. Callers are made anew after those, which takes a second.
const spoils = (test: string) => /^(session|account|people|tokens|clients|displays)\./.test(test);
let spoilt = true;
beforeEach(async (test) => {
  const stale = spoilt;
  spoilt = spoils(test.task.name);
  if (!stale) return;
  for (const person of people)
    headersOf[person] = { cookie: await site.cookieOf(person === 'nothing' ? [] : [grantOf(person)]) };
  for (const token of tokens) {
    const grant = grantOf(token.replace('token ', '')) as Grant & { role: 'viewer' };
    headersOf[token] = { authorization: `Bearer ${await site.tokenOf([grant])}` };
  }
  headersOf.nobody = {};
  const { secret } = await issueClientToken.run(site.world.ctx, site.world.operator, { id: 1 });
  headersOf[client] = { authorization: `Bearer ${secret}` };
  headersOf[display] = { cookie: `signalbox_display=${await pairedToken()}` };
});

async function pairedToken(): Promise<string> {
  const { ctx, operator } = site.world;
  const { code, secret } = await askCode(ctx);
  await pairDisplay.run(ctx, operator, { code, name: 'Hall', views: ['overview'], rotateMs: 30_000 });
  return (await claimDisplay(ctx, { secret })).token ?? '';
}

function grantOf(text: string): Grant {
  const grant = parseGrant(text);
  if (!grant) throw new Error(`no grant: ${text}`);
  return grant;
}

/** Well-formed, so that nothing but the permission can refuse it at the door. */
const inputs: Partial<Record<EndpointName, Record<string, unknown>>> = {
  'session.signIn': { email: 'nobody@example.com', password: 'x' },
  'session.useLink': { token: 'x' },
  'session.setUp': { token: 'x', name: 'x', email: 'x@example.com', password: 'long enough a word' },
  'account.setPassword': { password: 'long enough a word' },
  'account.confirmTotp': { code: '000000' },
  'account.disableTotp': { password: 'x' },
  'people.invite': { name: 'x', email: 'x@example.com', grants: [{ role: 'viewer' }] },
  'people.setGrants': { grants: [] },
  'tokens.create': { name: 'x', grants: [{ role: 'viewer' }] },
  'releases.demotionImpact': { channel: 'stable' },
  'releases.demote': { channel: 'stable', reason: 'x' },
  'releases.undemote': { channel: 'stable', reason: 'x' },
  'releases.edit': { notes: 'x' },
  'releases.requiredImpact': { required: 'true' },
  'releases.setRequired': { required: true },
  'clients.deploy': { version: '1.0.0' },
  'releases.promote': { channel: 'stable', reason: 'x' },
  'health.report': { observations: [{ host: 'line-1', product: 'orders', at: 1 }] },
  'pipelines.preview': { filters: [] },
  'pipelines.pause': { reason: 'x' },
  'evaluations.reopen': { reason: 'x' },
  'recalls.preview': { productId: 1, range: { only: '0.0.1' } },
  'recalls.open': { productId: 1, range: { only: '0.0.1' }, reason: 'x' },
  'recalls.revert': { reason: 'x' },
  'rollbacks.start': { reason: 'x' },
  'incidents.escalate': {},
  'incidents.resolve': { resolution: 'x' },
  'installs.preview': { releaseId: 1, hostIds: [1] },
  'installs.start': { releaseId: 1, hostIds: [1] },
  'installs.startPath': { releaseId: 1, hostIds: [1] },
  'approvals.decide': { verdict: 'approve' },
  'approvals.breakGlass': { reason: 'x' },
  'approvalRules.save': { name: 'x', match: { environmentLabels: [{ key: 'nowhere' }] } },
  'holds.create': { scope: { host: 'line-1' }, reason: 'x' },
  'fleet.plan': { file: 'x', text: '' },
  'fleet.apply': { file: 'x', text: '' },
  'displays.pair': { code: 'NOBODY', name: 'x', views: ['overview'], rotateMs: 30_000 },
  'displays.change': { name: 'x', views: ['overview'], rotateMs: 30_000 },
  'displays.claim': { secret: 'nobody was ever given this' },
  'slack.linkShow': { code: 'nobody was ever given this' },
  'slack.link': { code: 'nobody was ever given this' },
  'slack.unlink': { team: 'T0', user: 'U0' },
};

/** What `:id` stands for: job 2 and what else there is one of; people, tokens and sessions that nobody has. */
function idFor(name: Route): number {
  if (/^(people|tokens|account)\./.test(name)) return 2_000_000_000;
  return /^(jobs|rollbacks)\./.test(name) ? 2 : 1;
}

type Outcome = 'passes' | 'sign in first' | 'not permitted';

async function outcomeOf(name: Route, caller: Caller): Promise<Outcome> {
  if (name in clientEvents) return eventOutcome(name as Event, caller);
  const { method, path, body } =
    name in api
      ? addressOf(name as EndpointName, {
          ...(api[name as EndpointName].path.includes(':id') ? { id: idFor(name) } : {}),
          ...inputs[name as EndpointName],
        })
      : name in clientRoutes
        ? clientAddress(name as keyof typeof clientRoutes)
        : {
            method: 'GET',
            path: `/api/v1${streams[name as keyof typeof streams].path.replace(':id', String(idFor(name)))}`,
            body: undefined,
          };
  const headers = { ...headersOf[caller], origin: site.url, 'content-type': 'application/json' };
  const response = await site.send(method, path, { headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await response.text();
  expect(text, 'the request itself has to be well-formed').not.toContain('"malformed"');
  // A sign-in that fails is 401 too, and yet has passed the door.
  if (text.includes('"wrong_credentials"')) return 'passes';
  return response.status === 401 ? 'sign in first' : response.status === 403 ? 'not permitted' : 'passes';
}

function clientAddress(name: keyof typeof clientRoutes) {
  const { method, path } = clientRoutes[name];
  const filled = path.replace(':product', 'orders').replace(':channel', 'stable').replace(':version', '1.0.0');
  const body = method === 'POST' ? { deployed: { version: '1.0.0', outcome: 'succeeded' } } : undefined;
  return { method, path: `/api/v1${filled}`, body };
}

/** With headers as a browser or a program would send them, on a socket of its own. */
async function eventOutcome(event: Event, caller: Caller): Promise<Outcome> {
  const socket: Socket = io(site.url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: { ...headersOf[caller], origin: site.url },
  });
  try {
    const refusal = await new Promise<string | null>((resolve) => {
      socket.once('connect', () => resolve(null));
      socket.once('connect_error', ({ message }) => resolve(message));
    });
    if (refusal !== null) return refusal === 'not_signed_in' ? 'sign in first' : 'not permitted';
    const request = event === 'board:follow' ? { since: '0.0' } : { taskId: 1, from: 0 };
    const answer = (await socket.timeout(5_000).emitWithAck(event, request)) as { code?: string };
    expect(answer.code, 'the request itself has to be well-formed').not.toBe('malformed');
    return answer.code === 'not_permitted' ? 'not permitted' : 'passes';
  } finally {
    socket.disconnect();
  }
}

/** A display is nobody to whatever is not read by GET. */
function changes(name: Route): boolean {
  return name in api && api[name as EndpointName].method !== 'GET';
}

describe('who may call what', () => {
  test.each(Object.keys(mayPass) as Route[])('%s', async (name) => {
    const seen = {} as Record<Caller, Outcome>;
    for (const caller of callers) seen[caller] = await outcomeOf(name, caller);
    const expected = Object.fromEntries(
      callers.map((caller) => {
        const unknown =
          caller === 'nobody' || caller === client || name in clientRoutes || (caller === display && changes(name));
        return [caller, mayPass[name].includes(caller) ? 'passes' : unknown ? 'sign in first' : 'not permitted'];
      }),
    );
    expect(seen).toEqual(expected);
  });

  test('no route below /api and no socket event is missing in the table', () => {
    const routed = new Set(
      site.app.routes.filter(({ path, method }) => path.startsWith('/api/v1/') && method !== 'ALL').map(keyOf),
    );
    const endpoints = Object.values(api).map(({ method, path }) => keyOf({ method, path: `/api/v1${path}` }));
    const known = [
      ...endpoints,
      ...Object.values(streams).map(({ path }) => keyOf({ method: 'GET', path: `/api/v1${path}` })),
      ...Object.values(clientRoutes).map(({ method, path }) => keyOf({ method, path: `/api/v1${path}` })),
    ];
    expect([...routed].sort()).toEqual([...known].sort());
    expect(Object.keys(mayPass).sort()).toEqual(
      [...Object.keys(api), ...Object.keys(streams), ...Object.keys(clientRoutes), ...Object.keys(clientEvents)].sort(),
    );
  });

  test('a person is told which actions are theirs, by the same table', async () => {
    const answer = await site.send('GET', '/api/v1/session', { headers: headersOf.admin });
    const { actions, grants, kind } = (await answer.json()) as { actions: string[]; grants: Grant[]; kind: string };
    expect({ grants, kind }).toEqual({ grants: [{ role: 'admin' }], kind: 'person' });
    expect(actions).toContain('fleet.apply');
    expect(ACTIONS).toEqual(expect.arrayContaining(actions));
  });
});

describe('every target has to be reached', () => {
  const install = (caller: Caller, hostIds: number[]) =>
    site.send('POST', '/api/v1/installs', {
      headers: { ...headersOf[caller], origin: site.url, 'content-type': 'application/json' },
      body: JSON.stringify({ releaseId: 1, hostIds }),
    });

  test('an install on hosts of two environments needs both, and the refusal says what the grant reaches', async () => {
    const answer = await install('operator@plant', [1, 2]);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      reason: 'out_of_scope',
      detail: 'job.install refused: your role for it reaches only plant. Ask an admin for a wider one.',
    });
    expect((await install('operator:orders', [1, 2])).status).not.toBe(403);
  });

  test('a job on hosts of two environments is steered only by who reaches both', async () => {
    const { world } = site;
    const job = await startInstall.run(world.ctx, world.operator, { releaseId: 1, hostIds: [1, 2] });
    const pause = (caller: Caller) =>
      site.send('POST', `/api/v1/jobs/${job.id}/pause`, {
        headers: { ...headersOf[caller], origin: site.url, 'content-type': 'application/json' },
        body: '{}',
      });
    expect((await pause('operator@plant')).status).toBe(403);
    expect((await pause('operator@lab')).status).toBe(403);
    expect((await pause('operator:orders')).status).toBe(200);
  });

  test('a repeated Idempotency-Key gets around nothing', async () => {
    const send = () =>
      site.send('POST', '/api/v1/installs', {
        headers: {
          ...headersOf['operator@lab'],
          origin: site.url,
          'content-type': 'application/json',
          'idempotency-key': 'again',
        },
        body: JSON.stringify({ releaseId: 1, hostIds: [1] }),
      });
    expect([(await send()).status, (await send()).status]).toEqual([403, 403]);
  });
});

function keyOf({ method, path }: { method: string; path: string }): string {
  return `${method} ${path}`;
}
