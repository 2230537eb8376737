import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkNow, checkOnSchedule } from '../../../server/services/client/check.ts';
import { noteDeploy } from '../../../server/services/client/deploy.ts';
import { listClients } from '../../../server/services/client/list.ts';
import { showClient } from '../../../server/services/client/show.ts';
import { readClientFeed } from '../../../server/services/client/feed.ts';
import { issueClientToken, revokeClientToken } from '../../../server/services/client/token.ts';
import { enqueueDue } from '../../../server/services/engine/due.ts';
import { applyFleet } from '../../../server/services/fleet/apply.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { activities } from '../../support/fleet.ts';
import { declareSubscribers } from '../../support/subscribers.ts';
import { openWorld, publish, type World } from '../../support/world.ts';

const HOUR_MS = 3_600_000;
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.clear());
afterAll(() => world.close());

const clients = async () => (await listClients.run(world.ctx, world.operator, {})).items;
const named = async (environment: string) => (await clients()).find((one) => one.environment === environment)!;
const sees = async (environment: string) => {
  const shown = await showClient.run(world.ctx, world.operator, { id: (await named(environment)).id });
  return shown.seats[0]?.sees.map(({ version }) => version);
};
const check = async (environment: string) =>
  checkNow.run(world.ctx, world.operator, { id: (await named(environment)).id });

describe('the schedule', () => {
  test('looks every four hours and a little later, each client at its own time, by the queue', async () => {
    await declareSubscribers({ world }, { a: 'kots-1.128', b: 'kots-1.128', c: 'embedded-cluster', d: 'helm' });
    const due = (await clients()).map(({ checkDueAt }) => checkDueAt && checkDueAt - world.time.now);
    expect(due[3]).toBeNull();
    for (const ms of due.slice(0, 3)) {
      expect(ms).toBeGreaterThanOrEqual(4 * HOUR_MS);
      expect(ms).toBeLessThanOrEqual(4.4 * HOUR_MS);
    }
    expect(new Set(due).size).toBe(4);
    await enqueueDue(world.ctx);
    expect(await world.take('client.check')).toEqual([]);
    await publish(world, ['1.0.0']);
    world.time.now += 5 * HOUR_MS;
    await enqueueDue(world.ctx);
    await enqueueDue(world.ctx);
    const asked = await world.take('client.check');
    expect(asked.map(({ clientId }) => clientId).sort()).toEqual([1, 2, 3]);
    for (const { clientId } of asked) await checkOnSchedule(world.ctx, clientId);
    expect(await sees('a')).toEqual(['1.0.0']);
    expect(await named('a')).toMatchObject({ checkedAt: world.time.now, checkedBy: 'schedule' });
  });

  test('that says never looks only when somebody asks', async () => {
    await declareSubscribers({ world }, { a: 'kots-1.128' }, { checkEvery: 'never' });
    await publish(world, ['1.0.0']);
    expect(await named('a')).toMatchObject({ checkEveryMs: null, checkDueAt: null });
    world.time.now += 1_000 * HOUR_MS;
    await enqueueDue(world.ctx);
    expect(await world.take('client.check')).toEqual([]);
    expect(await sees('a')).toEqual([]);
    expect(await check('a')).toEqual({ appeared: ['1.0.0'], disappeared: [] });
    expect(await sees('a')).toEqual(['1.0.0']);
  });

  test('gives way to a client that calls by itself, and comes back when its token is revoked', async () => {
    await declareSubscribers({ world }, { a: 'kots-1.128' });
    await publish(world, ['1.0.0']);
    const { id } = await named('a');
    const { secret } = await issueClientToken.run(world.ctx, world.operator, { id });
    await readClientFeed(world.ctx, { secret, product: 'orders', channel: 'stable' }, undefined);
    expect(await named('a')).toMatchObject({ checkDueAt: null, lastSeenAt: world.time.now });
    await checkOnSchedule(world.ctx, id);
    expect(await sees('a')).toEqual([]);
    await revokeClientToken.run(world.ctx, world.operator, { id });
    expect((await named('a')).checkDueAt).toBeGreaterThan(world.time.now);
    await expect(revokeClientToken.run(world.ctx, world.operator, { id })).rejects.toMatchObject({
      reason: 'no_token',
    });
  });

  test('runs one check of a client at a time: twenty at once end as one after the other would', async () => {
    await declareSubscribers({ world }, { a: 'kots-1.125' });
    await publish(world, ['1.0.0', '1.1.0']);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => check('a')));
    expect(outcomes.filter(({ appeared }) => appeared.length === 2)).toHaveLength(1);
    expect(outcomes.filter(({ appeared }) => appeared.length === 0)).toHaveLength(19);
  });
});

describe('a check that breaks', () => {
  test('changes nothing, says so, and is forgotten once one succeeds', async () => {
    await declareSubscribers({ world }, { a: 'kots-1.128' });
    await publish(world, ['1.0.0']);
    await check('a');
    await publish(world, ['2.0.0']);
    const { id } = await named('a');
    const { $client: sql } = world.ctx.db;
    // A table that is gone for the moment is as good as any other break in the middle of a check.
    await sql`alter table channel_entry rename to channel_entry_away`;
    await checkOnSchedule(world.ctx, id);
    await sql`alter table channel_entry_away rename to channel_entry`;
    expect(await sees('a')).toEqual(['1.0.0']);
    expect(await named('a')).toMatchObject({ checkProblem: { code: 'check_broke' }, checkedAt: world.time.now });
    await checkOnSchedule(world.ctx, id);
    expect(await sees('a')).toEqual(['2.0.0', '1.0.0']);
    expect((await named('a')).checkProblem).toBeNull();
  });
});

describe('what is said in the log', () => {
  const said = async () =>
    (await activities(world))
      .filter(({ kind }) => ['environment.checked', 'environment.deployed'].includes(kind))
      .map(({ kind, actor, detail }) => [kind, actor, detail]);

  test('is what changed: a check by schedule that finds nothing new is not told', async () => {
    await declareSubscribers({ world }, { a: 'kots-1.128' });
    await publish(world, ['1.0.0', '1.1.0']);
    const { id } = await named('a');
    await checkOnSchedule(world.ctx, id);
    await checkOnSchedule(world.ctx, id);
    await noteDeploy.run(world.ctx, world.operator, { id, version: '1.0.0', outcome: 'succeeded' });
    await demoteRelease.run(world.ctx, world.operator, { id: 2, channel: 'stable', reason: 'it leaks' });
    await check('a');
    const product = 'orders';
    expect(await said()).toEqual([
      ['environment.checked', 'signalbox', { product, by: 'schedule', appeared: ['1.1.0', '1.0.0'], disappeared: [] }],
      ['environment.deployed', 'Ana', { product, version: '1.0.0', outcome: 'succeeded' }],
      ['environment.checked', 'Ana', { product, by: 'person', appeared: [], disappeared: ['1.1.0'] }],
    ]);
  });
});

describe('what is declared', () => {
  test('a client that changes its channel has fetched nothing of the new one, and keeps what it runs', async () => {
    await declareSubscribers({ world }, { a: 'kots-1.125' });
    await publish(world, ['1.0.0', '2.0.0']);
    await check('a');
    const { id } = await named('a');
    await noteDeploy.run(world.ctx, world.operator, { id, version: '1.0.0', outcome: 'succeeded' });
    const text = [
      'products: [{ name: orders, channels: [stable, beta], entryChannels: [stable], feed: { folder: /srv/feed } }]',
      'environments: [{ name: a, installer: { method: kots, version: 1.125.9 }, subscriptions: { orders: beta } }]',
    ].join('\n');
    await applyFleet.run(world.ctx, world.operator, { file: 'fleet.yaml', text, prune: false });
    expect(await named('a')).toMatchObject({ id, channel: 'beta', checkedAt: null, runs: [{ version: '1.0.0' }] });
    expect(await sees('a')).toEqual(['1.0.0']);
  });

  test('an environment that follows a product no more is no client of it, and has lost its token', async () => {
    await declareSubscribers({ world }, { a: 'helm' });
    const { secret } = await issueClientToken.run(world.ctx, world.operator, { id: (await named('a')).id });
    const text = 'environments: [{ name: a, installer: helm }]';
    await applyFleet.run(world.ctx, world.operator, { file: 'fleet.yaml', text, prune: false });
    expect(await clients()).toEqual([]);
    await expect(
      readClientFeed(world.ctx, { secret, product: 'orders', channel: 'stable' }, undefined),
    ).rejects.toMatchObject({ code: 'not_signed_in' });
  });
});

describe('noting what was deployed', () => {
  test('is refused where the installer would refuse it, and where hosts report by themselves', async () => {
    await declareSubscribers({ world }, { a: 'embedded-cluster' }, { managed: ['line-1'] });
    await publish(world, ['1.0.0', '2.0.0']);
    const { id } = await named('a');
    const deploy = (client: number, version: string) =>
      noteDeploy.run(world.ctx, world.operator, { id: client, version, outcome: 'succeeded' });
    await expect(deploy(id, '1.0.0')).rejects.toMatchObject({ reason: 'not_visible' });
    await check('a');
    await demoteRelease.run(world.ctx, world.operator, { id: 2, channel: 'stable', reason: 'it leaks' });
    await expect(deploy(id, '2.0.0')).rejects.toMatchObject({ reason: 'demoted' });
    await deploy(id, '1.0.0');
    await expect(deploy((await named('plant')).id, '1.0.0')).rejects.toMatchObject({ reason: 'managed' });
  });
});
