import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Client as ApiClient } from '../../server/contracts/client.ts';
import { openSite, type Site } from '../support/site.ts';
import {
  declareSubscribers,
  methods,
  publishWhole,
  subscribersOf,
  type Method,
  type Subscriber,
} from '../support/subscribers.ts';

/** Document 001, by the installer methods it speaks of: what a client that looked before the demotion sees, and one that did not. */
const expected: Record<Method, { impact: string; atOnce: boolean; afterCheck: boolean; deploy: true | string }> = {
  // The Enterprise Portal shows what there is at that moment.
  helm: { impact: 'disappears_now', atOnce: false, afterCheck: false, deploy: 'not listed' },
  // It has a list and no package: it sees the release until it looks again, and cannot fetch it.
  'embedded-cluster': { impact: 'disappears_at_next_check', atOnce: true, afterCheck: false, deploy: 'demoted' },
  'kots-1.128': { impact: 'disappears_at_next_check', atOnce: true, afterCheck: false, deploy: true },
  'kots-1.127': { impact: 'stays_available', atOnce: true, afterCheck: true, deploy: true },
  'kots-1.126': { impact: 'stays_available', atOnce: true, afterCheck: true, deploy: true },
  'kots-1.125': { impact: 'stays_available', atOnce: true, afterCheck: true, deploy: true },
  'kurl-1.128': { impact: 'disappears_at_next_check', atOnce: true, afterCheck: false, deploy: true },
  'kurl-1.125': { impact: 'stays_available', atOnce: true, afterCheck: true, deploy: true },
};

const ahead = (method: Method) => `${method}-ahead`;
const late = (method: Method) => `${method}-late`;
const names = methods.flatMap((method) => [ahead(method), late(method)]);

let data: string;
let site: Site;
let admin: ApiClient;
let subscribers: Record<string, Subscriber>;
const of = (name: string): Subscriber => subscribers[name]!;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'signalbox-data-'));
  site = await openSite({ settings: { SIGNALBOX_DATA: data } });
});
afterAll(async () => {
  await site.close();
  await rm(data, { recursive: true });
});

/** Everybody runs 1.0.0. 2.0.0 comes out; who is ahead has looked since. */
beforeEach(async () => {
  await site.world.clear();
  admin = await site.clientOf(['admin']);
  const all = methods.flatMap((method) => [[ahead(method), method] as const, [late(method), method] as const]);
  await declareSubscribers(site, Object.fromEntries(all));
  await publishWhole(site, '1.0.0');
  subscribers = await subscribersOf(site, admin, names);
  await Promise.all(
    names.map(async (name) => {
      await of(name).check();
      expect(await of(name).deployed('1.0.0')).toBeNull();
    }),
  );
  await publishWhole(site, '2.0.0', { notes: 'as published' });
  await Promise.all(methods.map((method) => of(ahead(method)).check()));
});

const demote = () => admin.call('releases.demote', { id: 2, channel: 'stable', reason: 'it leaks' });

describe('a release that is demoted', () => {
  test.each(methods)(
    '%s: what the preview says is what the clients then see, before and after a check',
    async (method) => {
      const { impact, atOnce, afterCheck, deploy } = expected[method];
      const preview = await admin.call('releases.demotionImpact', { id: 2, channel: 'stable' });
      const impacts = Object.fromEntries(preview.environments.map((one) => [one.name, one.impact]));
      const whoIsLate = method === 'helm' ? 'disappears_now' : 'never_appears';
      expect([impacts[ahead(method)], impacts[late(method)]]).toEqual([impact, whoIsLate]);

      await demote();
      const sees = (yes: boolean) => (yes ? ['2.0.0', '1.0.0'] : ['1.0.0']);
      expect(await of(ahead(method)).sees()).toEqual(sees(atOnce));
      expect(await of(late(method)).sees()).toEqual(['1.0.0']);
      expect((await of(ahead(method)).mayDeploy())['2.0.0'] ?? 'not listed').toBe(deploy);

      for (const name of [ahead(method), late(method)]) await of(name).check();
      expect(await of(ahead(method)).sees()).toEqual(sees(afterCheck));
      expect(await of(late(method)).sees()).toEqual(['1.0.0']);

      await admin.call('releases.undemote', { id: 2, channel: 'stable', reason: 'it was the sensor' });
      for (const name of [ahead(method), late(method)]) await of(name).check();
      expect(await of(ahead(method)).sees()).toEqual(['2.0.0', '1.0.0']);
      expect(await of(late(method)).sees()).toEqual(['2.0.0', '1.0.0']);
    },
  );

  test('stays where it runs, and its artifact is given to nobody any more, with a clear reason', async () => {
    expect(await of('kots-1.128-ahead').fetch('2.0.0')).toEqual({ bytes: Buffer.from('orders 2.0.0') });
    expect(await of('kots-1.128-ahead').deployed('2.0.0')).toBeNull();
    const preview = await admin.call('releases.demotionImpact', { id: 2, channel: 'stable' });
    expect(preview.environments.find(({ name }) => name === 'kots-1.128-ahead')).toMatchObject({
      impact: 'deployed_unaffected',
      running: 1,
    });
    await demote();
    for (const method of methods) {
      expect(await of(ahead(method)).fetch('2.0.0')).toEqual({
        refused: 'demoted',
        detail: 'Download of orders 2.0.0 refused: it is demoted. Un-demote it first, or choose another.',
      });
    }
    await of('kots-1.128-ahead').check();
    expect(await of('kots-1.128-ahead').sees()).toEqual(['2.0.0', '1.0.0']);
  });

  test('is marked in the feed, not left out, and a channel without another says so', async () => {
    await demote();
    await admin.call('releases.demote', { id: 1, channel: 'stable', reason: 'so does this' });
    const answer = await of('helm-late').read();
    expect(answer?.feed).toMatchObject({
      head: null,
      problem: { code: 'no_active_release' },
      count: 2,
      entries: [
        { version: '2.0.0', sequence: 2, demoted: true, recalled: false, artifact: null },
        { version: '1.0.0', sequence: 1, demoted: true, recalled: false, artifact: null },
      ],
    });
  });
});

/** Whether a client that fetched 2.0.0 before its mark changed learns of the change when it looks again. */
const learns: Record<Method, boolean> = {
  helm: true,
  'embedded-cluster': true,
  'kots-1.128': true,
  'kots-1.127': true,
  'kots-1.126': true,
  'kots-1.125': false,
  'kurl-1.128': true,
  'kurl-1.125': false,
};

describe('a release that becomes required, and is unmarked again', () => {
  const require = (required: boolean) => admin.call('releases.setRequired', { id: 2, required });
  const effects = async (required: boolean) => {
    const asked = { id: 2, required: required ? ('true' as const) : ('false' as const) };
    const preview = await admin.call('releases.requiredImpact', asked);
    return Object.fromEntries(preview.environments.map((one) => [one.name, one.effect]));
  };
  /** 3.0.0 comes out, so that there is something to skip 2.0.0 for. */
  const publishNext = async () => {
    await publishWhole(site, '3.0.0');
    for (const method of methods) await of(ahead(method)).check();
  };

  test.each(methods)('%s: a client that fetched it unmarked is gated only if it learns of the mark', async (method) => {
    await publishNext();
    const before = await effects(true);
    await require(true);
    const gates = method !== 'helm';
    const told = learns[method];
    expect(before[ahead(method)]).toBe(gates && told ? 'gated_at_next_check' : 'not_gated');
    expect((await of(ahead(method)).mayDeploy())['3.0.0']).toBe(true);
    await of(ahead(method)).check();
    expect((await of(ahead(method)).mayDeploy())['3.0.0']).toBe(gates && told ? 'required_first' : true);
    // Who meets it only now meets it as it is now.
    await of(late(method)).check();
    expect((await of(late(method)).mayDeploy())['3.0.0']).toBe(gates ? 'required_first' : true);
  });

  test.each(methods)('%s: a client that fetched it marked is freed only if it learns of the change', async (method) => {
    await require(true);
    await of(late(method)).check();
    await publishNext();
    await of(late(method)).check();
    const gates = method !== 'helm';
    const told = learns[method];
    expect(await of(late(method)).believesRequired()).toEqual(['2.0.0']);
    const before = await effects(false);
    expect(before[late(method)]).toBe(gates ? (told ? 'freed_at_next_check' : 'stays_gated') : 'not_gated');
    await require(false);
    await of(late(method)).check();
    expect(await of(late(method)).believesRequired()).toEqual(told ? [] : ['2.0.0']);
    expect((await of(late(method)).mayDeploy())['3.0.0']).toBe(gates && !told ? 'required_first' : true);
  });

  test('that failed to deploy has to be deployed again first', async () => {
    await require(true);
    await of('kots-1.128-late').check();
    expect(await of('kots-1.128-late').deployed('2.0.0', 'failed')).toBeNull();
    await publishNext();
    await of('kots-1.128-late').check();
    expect(await of('kots-1.128-late').mayDeploy()).toEqual({
      '3.0.0': 'required_failed',
      '2.0.0': true,
      '1.0.0': 'required_failed',
    });
  });
});

describe('what is said of a release', () => {
  test.each(methods)('%s: changed notes reach who learns of changes, at the next check', async (method) => {
    await admin.call('releases.edit', { id: 2, notes: 'as edited', labels: { hotfix: 'true' } });
    const said = async () => {
      const { seats } = await admin.call('clients.show', { id: of(ahead(method)).id });
      const seen = seats[0]?.sees.find(({ version }) => version === '2.0.0');
      return [seen?.notes, seen?.label];
    };
    const [old, edited] = [
      ['as published', null],
      ['as edited', 'hotfix=true'],
    ];
    expect(await said()).toEqual(method === 'helm' ? edited : old);
    await of(ahead(method)).check();
    expect(await said()).toEqual(learns[method] ? edited : old);
  });

  test('an archived release goes on being served to everybody, as its preview says', async () => {
    const preview = await admin.call('releases.archiveImpact', { id: 2 });
    expect(preview.environments).toHaveLength(names.length);
    const before = await Promise.all(names.map((name) => of(name).sees()));
    await admin.call('releases.archive', { id: 2, reason: 'too many on the screen' });
    for (const method of methods) await of(ahead(method)).check();
    expect(await Promise.all(names.map((name) => of(name).sees()))).toEqual(before);
    expect((await admin.call('releases.list', {})).items.map(({ version }) => version)).toEqual(['1.0.0']);
    expect(await of('helm-late').fetch('2.0.0')).toEqual({ bytes: Buffer.from('orders 2.0.0') });
    const { id } = (await admin.call('channels.list', {})).items.find(({ name }) => name === 'stable')!;
    const history = await admin.call('channels.history', { id });
    expect(history.entries.map(({ version, archivedAt }) => [version, archivedAt !== null])).toEqual([
      ['2.0.0', true],
      ['1.0.0', false],
    ]);
    await admin.call('releases.unarchive', { id: 2 });
    expect((await admin.call('releases.list', {})).items).toHaveLength(2);
  });
});
