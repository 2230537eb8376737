import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Client as ApiClient } from '../../server/contracts/client.ts';
import { channelStated } from '../../server/contracts/downstream.ts';
import { headOf } from '../../server/domain/channel.ts';
import { downstreamClient, type DownstreamPlace } from '../support/downstream-client.ts';
import { faultyLine, type FaultyLine, type LineState } from '../support/faulty-line.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareSubscribers, methods, publishWhole, type Method } from '../support/subscribers.ts';

let data: string;
let site: Site;
let admin: ApiClient;
let line: FaultyLine;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'signalbox-data-'));
  site = await openSite({ settings: { SIGNALBOX_DATA: data } });
  line = await faultyLine(site.url);
});
afterAll(async () => {
  await line.close();
  await site.close();
  await rm(data, { recursive: true });
});

beforeEach(async () => {
  await site.world.clear();
  line.state = 'whole';
  admin = await site.clientOf(['admin']);
  await declareSubscribers(site, Object.fromEntries(methods.map((method) => [method, method])));
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) await publishWhole(site, version);
});

const clientOf = async (environment: string) => {
  const { items } = await admin.call('clients.list', {});
  return items.find((one) => one.environment === environment)!;
};
const tokenOf = async (environment: string) =>
  (await admin.call('clients.issueToken', { id: (await clientOf(environment)).id })).secret;

describe('an answer that does not arrive whole', () => {
  const broken: LineState[] = ['truncated', 'failed', 'slow'];
  /** Helm keeps no list that an answer could change: it sees what there is, whether it asks or not. */
  const keeping = methods.filter((method) => method !== 'helm');
  const cases = broken.flatMap((state) => keeping.map((method) => [state, method] as const));

  test.each(cases)('%s, for %s: hides nothing and changes nothing', async (state, method: Method) => {
    const place: DownstreamPlace = { url: line.url, token: await tokenOf(method) };
    const client = downstreamClient(place);
    await client.check();
    await client.deployed('1.0.0');
    const { id } = await clientOf(method);
    const shown = async () => (await admin.call('clients.show', { id })).seats;
    const before = await shown();
    const { checkedAt } = await clientOf(method);

    // News that only a whole answer brings.
    await admin.call('releases.demote', { id: 2, channel: 'stable', reason: 'it leaks' });
    await admin.call('releases.setRequired', { id: 3, required: true });
    await publishWhole(site, '3.0.0');
    site.world.time.now += 60_000;
    line.state = state;
    place.patienceMs = 300;
    await expect(client.check()).rejects.toThrow();
    line.state = 'whole';
    delete place.patienceMs;
    const believed = (seats: typeof before) =>
      seats.map(({ sees }) => sees.map(({ version, required, notes }) => ({ version, required, notes })));
    expect(believed(await shown())).toEqual(believed(before));
    expect((await clientOf(method)).checkedAt).toBe(checkedAt);
    expect((await clientOf(method)).lastSeenAt).toBe(site.world.time.now);

    await client.check();
    expect((await clientOf(method)).checkedAt).toBe(site.world.time.now);
    expect(believed(await shown())).not.toEqual(believed(before));
  });

  test('is not counted as fetched until the client says that it has it, by report or by its next request', async () => {
    const token = await tokenOf('kots-1.128');
    const client = downstreamClient({ url: site.url, token });
    const sees = async () =>
      (await admin.call('clients.show', { id: (await clientOf('kots-1.128')).id })).seats[0]?.sees.length;
    const first = await client.read();
    expect([await sees(), (await clientOf('kots-1.128')).unconfirmed]).toEqual([0, true]);
    const headers = { authorization: `Bearer ${token}`, 'if-none-match': first?.etag ?? '' };
    const again = await site.send('GET', '/api/v1/feed/orders/stable', { headers });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect([await sees(), (await clientOf('kots-1.128')).unconfirmed]).toEqual([3, false]);

    await publishWhole(site, '3.0.0');
    const second = await client.read();
    // Meanwhile the channel goes on: what counts is what the answer said.
    await publishWhole(site, '4.0.0');
    expect((await client.report({ etag: second?.etag })).body).toMatchObject({ check: { appeared: ['3.0.0'] } });
    expect(await sees()).toBe(4);
    expect(await client.report({ etag: '"nobody gave this"' })).toMatchObject({
      status: 409,
      body: { reason: 'unknown_answer' },
    });
    expect((await client.report({ etag: second?.etag })).status).toBe(200);
  });
});

describe('the feed', () => {
  test('states the channel as it is, and answers 304 as long as nothing changes', async () => {
    const client = downstreamClient({ url: site.url, token: await tokenOf('helm') });
    const feed = await client.check();
    expect(headOf(channelStated(feed!), 'stable')).toMatchObject({ head: { version: '2.0.0' } });
    expect(feed?.entries[0]).toMatchObject({
      version: '2.0.0',
      digest: '200'.padEnd(64, 'a'),
      artifact: '/api/v1/feed/orders/stable/releases/2.0.0/artifact',
    });
    expect(await client.check()).toBeNull();
    for (const change of [
      () => admin.call('releases.edit', { id: 1, notes: 'more' }),
      () => admin.call('releases.setRequired', { id: 1, required: true }),
      () => admin.call('releases.demote', { id: 1, channel: 'stable', reason: 'old' }),
    ]) {
      await change();
      expect(await client.check()).not.toBeNull();
      expect(await client.check()).toBeNull();
    }
  });

  test('opens to the client of that feed alone, with a token that opens nothing else', async () => {
    const token = await tokenOf('helm');
    const ask = (path: string, authorization?: string) =>
      site.send('GET', path, { headers: authorization === undefined ? {} : { authorization } });
    expect((await ask('/api/v1/feed/orders/stable')).status).toBe(401);
    expect((await ask('/api/v1/feed/orders/stable', `Bearer ${await site.tokenOf(['admin'])}`)).status).toBe(401);
    expect((await ask('/api/v1/feed/orders/beta', `Bearer ${token}`)).status).toBe(403);
    expect((await ask('/api/v1/releases', `Bearer ${token}`)).status).toBe(401);
    expect((await ask('/api/v1/feed/orders/stable', `Bearer ${token}`)).status).toBe(200);
    const next = await tokenOf('helm');
    expect((await ask('/api/v1/feed/orders/stable', `Bearer ${token}`)).status).toBe(401);
    await admin.call('clients.revokeToken', { id: (await clientOf('helm')).id });
    expect((await ask('/api/v1/feed/orders/stable', `Bearer ${next}`)).status).toBe(401);
    const stored = await site.world.ctx.db.$client`select token_hash from client where token_hash is not null`;
    expect(JSON.stringify(stored)).not.toContain(next);
  });

  test('gives out the artifact byte for byte, what is not on the server or the channel not at all', async () => {
    const client = downstreamClient({ url: site.url, token: await tokenOf('helm') });
    expect(await client.fetch('1.1.0')).toEqual({ bytes: Buffer.from('orders 1.1.0') });
    expect(await client.fetch('9.9.9')).toMatchObject({ refused: 'not_found' });
    await site.world.ctx.db.$client`update release set package = 'absent' where version = '1.1.0'`;
    expect(await client.fetch('1.1.0')).toMatchObject({ refused: 'not_downloaded' });
  });
});

describe('what a client says that it deployed', () => {
  test('has happened, whatever the rules say: it is stored, and the surprise is told', async () => {
    const client = downstreamClient({ url: site.url, token: await tokenOf('kots-1.128') });
    await client.check();
    await client.deployed('1.0.0');
    await admin.call('releases.setRequired', { id: 2, required: true });
    await client.check();
    expect(await client.deployed('2.0.0')).toBe('required_first');
    expect((await clientOf('kots-1.128')).runs).toMatchObject([{ version: '2.0.0', failed: false }]);
    expect(await client.report({ deployed: { version: '2.0.0', outcome: 'maybe' } })).toMatchObject({ status: 400 });
    expect(await client.report({})).toMatchObject({ status: 400, body: { code: 'malformed' } });
  });
});
