import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { jobViews, releaseViews } from '../../../db/queries/views.ts';
import { readAfter } from '../../../db/queries/activities.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { previewDemotion } from '../../../server/services/release/demotion-impact.ts';
import { startDownload } from '../../../server/services/release/download.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { undemoteRelease } from '../../../server/services/release/undemote.ts';
import { applyFleet } from '../../../server/services/fleet/apply.ts';
import { rollouts } from '../../support/rollout.ts';
import { until } from '../../support/until.ts';
import { declareFleet, openWorld, publish, type World } from '../../support/world.ts';

let world: World;
let rollout: ReturnType<typeof rollouts>;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
  rollout = rollouts(world);
});
afterEach(() => world.clear());
afterAll(() => world.close());

const demote = (id: number, channel = 'stable') =>
  demoteRelease.run(world.ctx, world.operator, { id, channel, reason: 'it leaks' });
const undemote = (id: number, channel = 'stable') =>
  undemoteRelease.run(world.ctx, world.operator, { id, channel, reason: 'it was the sensor' });

/** `plant` follows stable, `lab` follows beta, `store` installs by helm; each release enters both channels. */
async function twoChannels(): Promise<void> {
  const text = [
    'products:',
    '  - { name: orders, channels: [stable, beta], entryChannels: [stable, beta], feed: { folder: /srv/feed } }',
    'environments:',
    '  - { name: lab, subscriptions: { orders: beta } }',
    '  - { name: plant, subscriptions: { orders: stable } }',
    '  - { name: store, subscriptions: { orders: stable }, installer: helm }',
    'hosts:',
    ...['lab', 'plant'].flatMap((environment) =>
      [1, 2].map(
        (n) =>
          `  - { name: ${environment}-${n}, environment: ${environment}, role: target, root: /srv/x, local: true }`,
      ),
    ),
  ].join('\n');
  await applyFleet.run(world.ctx, world.operator, { file: 'fleet.yaml', text, prune: false });
  await publish(world, ['1.0.0', '2.0.0']);
  await rollout.download([1, 2]);
}

describe('a demotion', () => {
  test('is said with channel and reason, undone at the old place, and each only once', async () => {
    await declareFleet(world, { targets: 1 });
    await publish(world, ['1.0.0']);
    expect(await demote(1)).toMatchObject({
      channels: [],
      demotions: [{ channel: 'stable', by: 'Ana', reason: 'it leaks', at: world.time.now }],
    });
    await expect(demote(1)).rejects.toMatchObject({ code: 'stale', reason: 'already_demoted' });
    expect(await undemote(1)).toMatchObject({ channels: ['stable'], demotions: [] });
    await expect(undemote(1)).rejects.toMatchObject({ code: 'stale', reason: 'not_demoted' });
    const said = await until('the settled log', async () => {
      const { activities } = await readAfter(world.ctx.db, '0.0', 1_000);
      const found = activities.filter(({ kind }) => kind === 'release.demoted' || kind === 'release.undemoted');
      return found.length === 2 && found;
    });
    expect(said.map(({ kind, detail, actor }) => [kind, detail, actor])).toEqual([
      ['release.demoted', { channel: 'stable', reason: 'it leaks' }, 'Ana'],
      ['release.undemoted', { channel: 'stable', reason: 'it was the sensor' }, 'Ana'],
    ]);
  });

  test('on a channel without such an entry is not found, and says where the release is', async () => {
    await declareFleet(world, { targets: 1 });
    await publish(world, ['1.0.0']);
    await expect(demote(1, 'beta')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching('stable'),
    });
    await expect(demote(7)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('asked for by many at once happens once, and each of the others is told', async () => {
    await declareFleet(world, { targets: 1 });
    await publish(world, ['1.0.0']);
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => demote(1)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await releaseViews(world.ctx.db, [1]))[0]?.revision).toBe(2);
  });
});

describe('work of a release that is demoted', () => {
  test('which is queued is refused at its start, what runs goes on, and the job ends', async () => {
    await declareFleet(world, { targets: 3 });
    await publish(world, ['1.0.0']);
    await rollout.download([1]);
    const id = await rollout.install(1, [1, 2, 3], { maxParallel: 1 });
    const [running] = await rollout.deliver();
    await demote(1);
    expect(await rollout.deliver()).toEqual([]);
    expect(await rollout.job(id)).toMatchObject({ status: 'running', counts: { running: 1, not_started: 2 } });
    await rollout.succeed(running!);
    expect(await rollout.job(id)).toMatchObject({
      status: 'failed',
      problem: { code: 'demoted', environments: ['plant'] },
      counts: { succeeded: 1, not_started: 2 },
    });
  });

  test('is judged by the channel that the environment follows: another one where it is active does not help', async () => {
    await twoChannels();
    const [lab, plant] = [await rollout.install(2, [1, 2]), await rollout.install(2, [3, 4])];
    await demote(2, 'stable');
    await rollout.finish();
    expect(await rollout.job(plant)).toMatchObject({ status: 'failed', counts: { not_started: 2 } });
    expect(await rollout.job(lab)).toMatchObject({ status: 'succeeded' });
    await expect(rollout.install(2, [3])).rejects.toMatchObject({ reason: 'demoted' });
    await undemote(2, 'stable');
    const again = await rollout.install(2, [3]);
    await rollout.finish();
    expect(await rollout.job(again)).toMatchObject({ status: 'succeeded' });
  });

  test('which is a queued download is refused at its start once no channel has it', async () => {
    await twoChannels();
    await publish(world, ['3.0.0']);
    const { id } = await requestDownload.run(world.ctx, world.operator, { id: 3 });
    await demote(3, 'stable');
    await demote(3, 'beta');
    expect(await startDownload(world.ctx, id)).toBe('ended');
    expect(await jobViews(world.ctx.db, [id])).toMatchObject([{ status: 'failed', problem: { code: 'demoted' } }]);
    expect(await releaseViews(world.ctx.db, [3])).toMatchObject([
      { package: 'absent', downloadProblem: { code: 'demoted' } },
    ]);
  });
});

describe('the preview of a demotion', () => {
  const preview = (id: number, channel: string) => previewDemotion.run(world.ctx, world.operator, { id, channel });

  test('says for every environment that follows the channel what happens there, with counts', async () => {
    await twoChannels();
    await rollout.install(1, [3]);
    await rollout.finish();
    await rollout.install(1, [4]);
    expect((await preview(1, 'stable')).environments).toMatchObject([
      { name: 'plant', impact: 'deployed_unaffected', hosts: 2, running: 1, queued: 1 },
      { name: 'store', impact: 'disappears_now', hosts: 0, running: 0, queued: 0 },
    ]);
    expect((await preview(2, 'beta')).environments).toMatchObject([
      { name: 'lab', impact: 'stays_listed', running: 0 },
    ]);
    await publish(world, ['3.0.0']);
    expect((await preview(3, 'beta')).environments).toMatchObject([{ name: 'lab', impact: 'disappears_now' }]);
  });

  test('of what is demoted there already says so', async () => {
    await twoChannels();
    await demote(2, 'beta');
    expect(await preview(2, 'beta')).toMatchObject({ demoted: true, version: '2.0.0' });
    await expect(preview(2, 'nightly')).rejects.toMatchObject({ code: 'not_found' });
  });
});
