import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareCursors } from '../../db/cursor.ts';
import { host, release } from '../../db/schema/index.ts';
import type { Client } from '../../server/contracts/client.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { requestInstall } from '../../server/services/install/start.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareFleet, publish } from '../support/world.ts';

let site: Site;
let client: Client;

beforeAll(async () => {
  site = await openSite();
  client = await site.clientOf(['viewer']);
  await declareFleet(site.world, { management: 2, targets: 23 });
  await publish(
    site.world,
    Array.from({ length: 7 }, (_, i) => `1.${i}.0`),
  );
  await site.world.ctx.db.update(release).set({ package: 'present' });
  // All in the same millisecond: only the id tells them apart.
  for (let i = 0; i < 9; i += 1)
    await requestInstall(
      site.world.ctx,
      { ...signalboxActor, name: 'Ana' },
      { releaseId: 1, hostIds: [1, 2, 3] },
      null,
    );
});
afterAll(() => site.close());

async function pages<T>(
  page: (after: string | undefined) => Promise<{ items: T[]; next: string | null }>,
): Promise<T[][]> {
  const all: T[][] = [];
  for (let after: string | undefined; ;) {
    const { items, next } = await page(after);
    all.push(items);
    if (next === null) return all;
    after = next;
  }
}

describe('lists by pages', () => {
  test('give every row once, in order, whatever the size of the page', async () => {
    for (const limit of [1, 4, 9, 10]) {
      const jobs = (await pages((after) => client.call('jobs.list', { after, limit }))).flat();
      expect(jobs.map(({ id }) => id)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    }
    const hosts = await pages((after) => client.call('hosts.list', { after, limit: 10 }));
    expect(hosts.map((page) => page.length)).toEqual([10, 10, 5]);
    const names = hosts.flat().map(({ name }) => name);
    expect(new Set(names).size).toBe(25);
    const releases = (await pages((after) => client.call('releases.list', { after, limit: 3 }))).flat();
    expect(releases.map(({ id }) => id)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    const tasks = (await pages((after) => client.call('jobs.tasks', { id: 9, after, limit: 2 }))).flat();
    expect(tasks.map(({ position }) => position)).toEqual([0, 1, 2]);
  });

  test('do not repeat or skip a row when others are added in between', async () => {
    const first = await client.call('jobs.list', { limit: 3 });
    await requestInstall(site.world.ctx, { ...signalboxActor, name: 'Bob' }, { releaseId: 1, hostIds: [4] }, null);
    const rest = await client.call('jobs.list', { limit: 100, after: first.next ?? undefined });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('the log is read newest first, the newest being what happened last, and by job and host', async () => {
    const lines = (await pages((after) => client.call('activities.list', { after, limit: 7 }))).flat();
    const cursors = lines.map(({ cursor }) => cursor);
    expect(cursors.length).toBeGreaterThan(50);
    for (const [index, cursor] of cursors.entries()) {
      if (index > 0) expect(compareCursors(cursor, cursors[index - 1] ?? '')).toBeLessThan(0);
    }
    expect(lines[0]).toMatchObject({ kind: 'task.created', actor: 'Bob' });
    // To the end and back again, either way round.
    for (const sort of ['at', '-at'] as const) {
      const forth = [await client.call('activities.list', { sort, limit: 7 })];
      for (let page = forth[0]; page?.next;) {
        page = await client.call('activities.list', { sort, limit: 7, after: page.next });
        forth.push(page);
      }
      const whole = forth.flatMap(({ items }) => items.map(({ cursor }) => cursor));
      expect(whole).toEqual(sort === 'at' ? cursors.toReversed() : cursors);
      for (let at = forth.length - 1; at > 0; at -= 1) {
        const back = await client.call('activities.list', { sort, limit: 7, after: forth[at]?.previous ?? '' });
        expect(back.items).toEqual(forth[at - 1]?.items);
        expect(back.next).not.toBeNull();
      }
      expect(forth[0]?.previous).toBeNull();
    }
    const quiet = await client.call('activities.list', { noise: 'false', limit: 500 });
    expect(new Set(quiet.items.map(({ kind }) => kind))).not.toContain('task.created');
    const ofJob = await client.call('activities.list', { jobId: 2 });
    expect(new Set(ofJob.items.map(({ jobId }) => jobId))).toEqual(new Set([2]));
    const ofHost = await client.call('activities.list', { hostId: 3 });
    expect(ofHost.items.at(-1)).toMatchObject({ kind: 'host.declared', hostId: 3, actor: 'Ana' });
  });

  test('filters: by environment, by part of a name, by card, by status', async () => {
    const found = async (input: object) => (await client.call('hosts.list', input)).items.map(({ name }) => name);
    expect(await found({ search: 'GMT' })).toEqual(['mgmt-1', 'mgmt-2']);
    expect(await found({ search: '%' })).toEqual([]);
    expect(await found({ environmentId: 77 })).toEqual([]);
    expect((await found({ environmentId: 1 })).length).toBe(25);
    const jobs = async (input: object) => (await client.call('jobs.list', input)).items.length;
    expect([
      await jobs({ card: 'in_progress' }),
      await jobs({ card: 'failed' }),
      await jobs({ status: 'queued' }),
    ]).toEqual([10, 0, 10]);
    const tasks = await client.call('jobs.tasks', { id: 1, status: 'succeeded' });
    expect(tasks).toMatchObject({ items: [], next: null });
  });

  test('archived releases are hidden until they are asked for', async () => {
    await site.world.ctx.db.update(release).set({ archivedAt: 1 });
    expect((await client.call('releases.list', {})).items).toEqual([]);
    expect((await client.call('releases.list', { archived: 'true' })).items).toHaveLength(7);
  });

  test('hosts named in any script and case have one order over all pages', async () => {
    const { db } = site.world.ctx;
    const values = {
      environmentId: 1,
      role: 'target' as const,
      connection: { transport: 'local' as const },
      root: '/srv',
    };
    for (const name of ['Zürich', 'äpfel', 'apfel', 'APFEL', 'zurich-1', '机', 'a b'])
      await db.insert(host).values({ ...values, name });
    const names = (await pages((after) => client.call('hosts.list', { after, limit: 1 })))
      .flat()
      .map(({ name }) => name);
    expect(new Set(names).size).toBe(32);
    const [once] = await pages((after) => client.call('hosts.list', { after, limit: 500 }));
    expect(once?.map(({ name }) => name)).toEqual(names);
  });
});
