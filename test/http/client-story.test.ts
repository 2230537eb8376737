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
async function begin(): Promise<void> {
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
}

/** Asks for all methods, one after the other: each story is lived through once, by all clients. */
async function ofEach<T>(ask: (method: Method) => Promise<T>): Promise<Record<Method, T>> {
  const answers = {} as Record<Method, T>;
  for (const method of methods) answers[method] = await ask(method);
  return answers;
}

const seen = (nameOf: (method: Method) => string) => ofEach((method) => of(nameOf(method)).sees());
const deployable = (nameOf: (method: Method) => string) => ofEach((method) => of(nameOf(method)).mayDeploy());
const checkAll = (nameOf: (method: Method) => string) => ofEach((method) => of(nameOf(method)).check());

const demote = () => admin.call('releases.demote', { id: 2, channel: 'stable', reason: 'it leaks' });

async function livesThroughDemotion() {
  await begin();
  const preview = await admin.call('releases.demotionImpact', { id: 2, channel: 'stable' });
  const impacts = Object.fromEntries(preview.environments.map((one) => [one.name, one.impact]));
  await demote();
  const atOnce = { ahead: await seen(ahead), late: await seen(late), deploy: await deployable(ahead) };
  await checkAll(ahead);
  await checkAll(late);
  const afterCheck = { ahead: await seen(ahead), late: await seen(late) };
  await admin.call('releases.undemote', { id: 2, channel: 'stable', reason: 'it was the sensor' });
  await checkAll(ahead);
  await checkAll(late);
  return { impacts, atOnce, afterCheck, undone: { ahead: await seen(ahead), late: await seen(late) } };
}

describe('a release that is demoted, and un-demoted', () => {
  let story: Awaited<ReturnType<typeof livesThroughDemotion>>;
  beforeAll(async () => {
    story = await livesThroughDemotion();
  });

  test.each(methods)('%s: what the preview says is what the clients then see, before and after a check', (method) => {
    const { impact, atOnce, afterCheck, deploy } = expected[method];
    const whoIsLate = method === 'helm' ? 'disappears_now' : 'never_appears';
    expect([story.impacts[ahead(method)], story.impacts[late(method)]]).toEqual([impact, whoIsLate]);

    const sees = (yes: boolean) => (yes ? ['2.0.0', '1.0.0'] : ['1.0.0']);
    expect(story.atOnce.ahead[method]).toEqual(sees(atOnce));
    expect(story.atOnce.late[method]).toEqual(['1.0.0']);
    expect(story.atOnce.deploy[method]['2.0.0'] ?? 'not listed').toBe(deploy);

    expect(story.afterCheck.ahead[method]).toEqual(sees(afterCheck));
    expect(story.afterCheck.late[method]).toEqual(['1.0.0']);

    expect(story.undone.ahead[method]).toEqual(['2.0.0', '1.0.0']);
    expect(story.undone.late[method]).toEqual(['2.0.0', '1.0.0']);
  });
});

describe('a release that is demoted', () => {
  beforeEach(begin);

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

const require = (required: boolean) => admin.call('releases.setRequired', { id: 2, required });
/** 3.0.0 comes out, so that there is something to skip 2.0.0 for. */
const publishNext = async () => {
  await publishWhole(site, '3.0.0');
  await checkAll(ahead);
};
const effects = async (required: boolean) => {
  const asked = { id: 2, required: required ? ('true' as const) : ('false' as const) };
  const preview = await admin.call('releases.requiredImpact', asked);
  return Object.fromEntries(preview.environments.map((one) => [one.name, one.effect]));
};

async function livesThroughMarking() {
  await begin();
  await publishNext();
  const before = await effects(true);
  await require(true);
  const atOnce = await deployable(ahead);
  await checkAll(ahead);
  const afterCheck = await deployable(ahead);
  await checkAll(late);
  return { before, atOnce, afterCheck, late: await deployable(late) };
}

describe('a release that becomes required', () => {
  let story: Awaited<ReturnType<typeof livesThroughMarking>>;
  beforeAll(async () => {
    story = await livesThroughMarking();
  });

  test.each(methods)('%s: a client that fetched it unmarked is gated only if it learns of the mark', (method) => {
    const gates = method !== 'helm';
    const told = learns[method];
    expect(story.before[ahead(method)]).toBe(gates && told ? 'gated_at_next_check' : 'not_gated');
    expect(story.atOnce[method]['3.0.0']).toBe(true);
    expect(story.afterCheck[method]['3.0.0']).toBe(gates && told ? 'required_first' : true);
    // Who meets it only now meets it as it is now.
    expect(story.late[method]['3.0.0']).toBe(gates ? 'required_first' : true);
  });
});

async function livesThroughUnmarking() {
  await begin();
  await require(true);
  await checkAll(late);
  await publishNext();
  await checkAll(late);
  const marked = await ofEach((method) => of(late(method)).believesRequired());
  const before = await effects(false);
  await require(false);
  await checkAll(late);
  const unmarked = await ofEach((method) => of(late(method)).believesRequired());
  return { marked, before, unmarked, deploy: await deployable(late) };
}

describe('a release that was required', () => {
  let story: Awaited<ReturnType<typeof livesThroughUnmarking>>;
  beforeAll(async () => {
    story = await livesThroughUnmarking();
  });

  test.each(methods)('%s: a client that fetched it marked is freed only if it learns of the change', (method) => {
    const gates = method !== 'helm';
    const told = learns[method];
    expect(story.marked[method]).toEqual(['2.0.0']);
    expect(story.before[late(method)]).toBe(gates ? (told ? 'freed_at_next_check' : 'stays_gated') : 'not_gated');
    expect(story.unmarked[method]).toEqual(told ? [] : ['2.0.0']);
    expect(story.deploy[method]['3.0.0']).toBe(gates && !told ? 'required_first' : true);
  });
});

describe('a required release', () => {
  beforeEach(begin);

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

async function livesThroughEdit() {
  await begin();
  await admin.call('releases.edit', { id: 2, notes: 'as edited', labels: { hotfix: 'true' } });
  const said = () =>
    ofEach(async (method) => {
      const { seats } = await admin.call('clients.show', { id: of(ahead(method)).id });
      const sees = seats[0]?.sees.find(({ version }) => version === '2.0.0');
      return [sees?.notes, sees?.label];
    });
  const atOnce = await said();
  await checkAll(ahead);
  return { atOnce, afterCheck: await said() };
}

describe('what is said of a release', () => {
  let story: Awaited<ReturnType<typeof livesThroughEdit>>;
  beforeAll(async () => {
    story = await livesThroughEdit();
  });

  test.each(methods)('%s: changed notes reach who learns of changes, at the next check', (method) => {
    const [old, edited] = [
      ['as published', null],
      ['as edited', 'hotfix=true'],
    ];
    expect(story.atOnce[method]).toEqual(method === 'helm' ? edited : old);
    expect(story.afterCheck[method]).toEqual(learns[method] ? edited : old);
  });
});

describe('an archived release', () => {
  beforeEach(begin);

  test('goes on being served to everybody, as its preview says', async () => {
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
