import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { showHistory } from '../../../server/services/channel/history.ts';
import { archiveRelease, unarchiveRelease } from '../../../server/services/release/archive.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { editRelease } from '../../../server/services/release/edit.ts';
import { setRequired } from '../../../server/services/release/set-required.ts';
import { activities } from '../../support/fleet.ts';
import { declareFleet, openWorld, publish, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  await world.clear();
  await declareFleet(world, { targets: 1 });
  await publish(world, ['1.0.0', '2.0.0']);
});
afterAll(() => world.close());

const history = () => showHistory.run(world.ctx, world.operator, { id: 1 });
const said = async () =>
  (await activities(world))
    .filter(({ kind }) => kind.startsWith('release.') && kind !== 'release.published')
    .map(({ kind, actor, detail }) => [kind, actor, detail]);

describe('what may change of a release', () => {
  test('archived and required are said once, undone once, and told with their reason', async () => {
    const { ctx, operator } = world;
    expect(await archiveRelease.run(ctx, operator, { id: 1, reason: 'old' })).toMatchObject({
      archivedAt: world.time.now,
    });
    await expect(archiveRelease.run(ctx, operator, { id: 1 })).rejects.toMatchObject({ reason: 'already_archived' });
    expect(await unarchiveRelease.run(ctx, operator, { id: 1 })).toMatchObject({ archivedAt: null });
    await expect(unarchiveRelease.run(ctx, operator, { id: 1 })).rejects.toMatchObject({ reason: 'not_archived' });
    expect(await setRequired.run(ctx, operator, { id: 1, required: true })).toMatchObject({ required: true });
    await expect(setRequired.run(ctx, operator, { id: 1, required: true })).rejects.toMatchObject({
      code: 'stale',
      reason: 'already_required',
    });
    expect(await setRequired.run(ctx, operator, { id: 1, required: false })).toMatchObject({ required: false });
    await expect(setRequired.run(ctx, operator, { id: 1, required: false })).rejects.toMatchObject({
      reason: 'not_required',
    });
    await expect(archiveRelease.run(ctx, operator, { id: 9 })).rejects.toMatchObject({ code: 'not_found' });
    expect(await said()).toEqual([
      ['release.archived', 'Ana', { reason: 'old' }],
      ['release.unarchived', 'Ana', {}],
      ['release.required', 'Ana', {}],
      ['release.unrequired', 'Ana', {}],
    ]);
  });

  test('notes and labels are edited, each alone, and saying the same again is refused', async () => {
    const { ctx, operator } = world;
    const edit = (input: { notes?: string; labels?: Record<string, string> }) =>
      editRelease.run(ctx, operator, { id: 1, ...input });
    expect(await edit({ notes: 'Faster.' })).toMatchObject({ notes: 'Faster.', labels: {} });
    expect(await edit({ labels: { ring: '2' } })).toMatchObject({ notes: 'Faster.', labels: { ring: '2' } });
    await expect(edit({ notes: 'Faster.', labels: { ring: '2' } })).rejects.toMatchObject({ reason: 'unchanged' });
    expect(await said()).toEqual([
      ['release.edited', 'Ana', { changed: ['notes'] }],
      ['release.edited', 'Ana', { changed: ['labels'] }],
    ]);
  });

  test('archived by ten at once is archived once', async () => {
    const { ctx, operator } = world;
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () => archiveRelease.run(ctx, operator, { id: 1 })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('the history of a channel', () => {
  test('has every entry, the newest first, demoted ones with who, when and why', async () => {
    world.time.now += 60_000;
    await demoteRelease.run(world.ctx, world.operator, { id: 2, channel: 'stable', reason: 'it leaks' });
    await archiveRelease.run(world.ctx, world.operator, { id: 1 });
    expect(await history()).toMatchObject({
      channel: { name: 'stable', product: 'orders' },
      head: '1.0.0',
      problem: null,
      entries: [
        {
          version: '2.0.0',
          sequence: 2,
          promotedBy: 'signalbox',
          demotion: { at: world.time.now, by: 'Ana', reason: 'it leaks' },
        },
        { version: '1.0.0', sequence: 1, demotion: null, archivedAt: world.time.now },
      ],
    });
  });

  test('of a channel without an active entry says so plainly', async () => {
    for (const id of [1, 2]) {
      await demoteRelease.run(world.ctx, world.operator, { id, channel: 'stable', reason: 'it leaks' });
    }
    expect(await history()).toMatchObject({
      head: null,
      problem: { code: 'no_active_release', sentence: 'Channel stable: no active release.' },
    });
    await expect(showHistory.run(world.ctx, world.operator, { id: 9 })).rejects.toMatchObject({ code: 'not_found' });
  });
});
