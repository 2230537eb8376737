import { afterAll, beforeAll, expect, test } from 'vitest';
import { release } from '../../db/schema/index.ts';
import type { Client, ProblemError } from '../../server/contracts/client.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareFleet, publish } from '../support/world.ts';

let site: Site;
let client: Client;
beforeAll(async () => {
  site = await openSite();
  await declareFleet(site.world, { management: 2, targets: 30 });
  await publish(site.world, ['1.0.0']);
  await site.world.ctx.db.update(release).set({ package: 'present' });
  client = await site.clientOf(['operator']);
});
afterAll(() => site.close());

const preview = (filter: string, except: number[] = []) =>
  client.call('installs.preview', { releaseId: 1, select: { filter, except } });

test('"select all that match" is resolved by the server: the words, without those that are left out', async () => {
  const every = await preview('');
  expect([every.selected?.hosts, every.hosts.length]).toEqual([32, 32]);
  const some = await preview('line -line-1 ');
  const names = some.hosts.map(({ name }) => name);
  expect(some.selected?.hosts).toBe(names.length);
  expect(names.every((name) => name.startsWith('line') && !name.includes('line-1'))).toBe(true);
  const [first] = some.hosts;
  const fewer = await preview('line -line-1 ', [first!.hostId]);
  expect(fewer.hosts.map(({ hostId }) => hostId)).not.toContain(first!.hostId);
  expect(fewer.selected?.hosts).toBe(names.length - 1);
});

test('what is started is what was previewed: where the hosts have changed meanwhile it is refused, with how', async () => {
  const { selected } = await preview('line-1');
  await declareFleet(site.world, { management: 2, targets: 31 });
  const same = await preview('line-1');
  expect(same.selected).toEqual(selected);
  const { hosts } = selected!;
  await site.world.ctx.db.$client`
    insert into host (environment_id, name, role, connection, root) values (1, 'line-1-new', 'target', '{"transport":"local"}', '/srv')`;
  const start = (seen?: typeof selected) =>
    client.call('installs.start', { releaseId: 1, select: { filter: 'line-1', except: [], seen: seen ?? undefined } });
  const refusal = await start(selected).then(
    () => null,
    (error: unknown) => (error as ProblemError).problem,
  );
  expect(refusal).toMatchObject({
    reason: 'selection_changed',
    detail: `Install refused: ${hosts} hosts matched when you looked, ${hosts + 1} match now. Look at the plan once more, then start it.`,
  });
  const job = await start((await preview('line-1')).selected);
  const { items } = await client.call('jobs.tasks', { id: job.id, limit: 500 });
  expect(items).toHaveLength(hosts + 1);
  expect(items.map(({ hostName }) => hostName)).toContain('line-1-new');
});

test('hosts out of service that match are no part of what is chosen, and the job says that it leaves them out', async () => {
  const before = await preview('line-2');
  await site.world.ctx.db.$client`update host set life = 'maintenance' where name = 'line-2'`;
  const after = await preview('line-2');
  const leftOut = [{ host: 'line-2', code: 'in_maintenance', sentence: 'line-2 is in maintenance.' }];
  expect(after).toMatchObject({ refusal: null, leftOut, selected: { hosts: before.selected!.hosts - 1 } });
  expect(after.hosts.map(({ name }) => name)).not.toContain('line-2');
  const select = { filter: 'line-2', except: [], seen: after.selected ?? undefined };
  expect(await client.call('installs.start', { releaseId: 1, select })).toMatchObject({ leftOut });
  const [resting] = before.hosts.filter(({ name }) => name === 'line-2');
  expect((await preview('line-2', [resting!.hostId])).leftOut).toEqual([]);
});

test('a selection of which every host is out of service is refused for that, not as an empty one', async () => {
  await site.world.ctx.db.$client`update host set life = 'maintenance' where name like 'mgmt%'`;
  const asked = client.call('installs.start', { releaseId: 1, select: { filter: 'mgmt', except: [] } });
  await expect(asked).rejects.toMatchObject({ problem: { reason: 'in_maintenance' } });
});

test('permission is asked for the very hosts that are resolved', async () => {
  await site.world.ctx.db.$client`insert into environment (name, installer_method) values ('lab', 'managed')`;
  for (const other of [
    await site.clientOf(['viewer']),
    await site.clientOf([{ role: 'operator', environment: 'lab' }]),
  ]) {
    await expect(
      other.call('installs.start', { releaseId: 1, select: { filter: '', except: [] } }),
    ).rejects.toMatchObject({ problem: { status: 403 } });
  }
});
