import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { declaredApproval } from '../../../server/contracts/fleet.ts';
import { listApprovalRules } from '../../../server/services/approval-rule/list.ts';
import { removeApprovalRule } from '../../../server/services/approval-rule/remove.ts';
import { saveApprovalRule } from '../../../server/services/approval-rule/save.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { activities, apply } from '../../support/fleet.ts';
import { personOf } from '../../support/people.ts';
import { fleetFile, install, jobOf, readyFleet } from '../../support/rollout-in-hand.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
let root: Actor;

const fleet = { hosts: { plant: ['a-1', 'a-2'], lab: ['b-1'] }, labels: { plant: { tier: 'gold' } } };
const gold = { name: 'gold', match: { environmentLabels: [{ key: 'tier', values: ['gold'] }] } };

beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
});
beforeEach(async () => {
  await world.clear();
  await readyFleet(world, fleet);
  root = await personOf(world, 'Root', 'admin');
});
afterAll(() => world.close());

const save = (rule: object, actor = root) => saveApprovalRule.run(world.ctx, actor, declaredApproval.parse(rule));
const remove = (id: number, actor = root) => removeApprovalRule.run(world.ctx, actor, { id });
const rules = async () => (await listApprovalRules.run(world.ctx, root, {})).items;
const told = async () =>
  (await activities(world))
    .filter(({ entity }) => entity.kind === 'rule')
    .map(({ kind, actor, entity }) => [kind, actor, entity.revision]);

describe('an approval rule that is made by hand', () => {
  test('makes the next install wait where it matches, and no other', async () => {
    const before = await install(world, [1]);
    await save(gold);
    const next = await jobOf(world, await install(world, [2]));
    expect(next).toMatchObject({ status: 'waiting_approval', problem: { code: 'approval_pending' } });
    expect((await jobOf(world, before)).status).toBe('queued');
    expect((await jobOf(world, await install(world, [3]))).status).toBe('queued');
  });

  test('is changed by its name, told once per change, and not told when nothing changes', async () => {
    const created = await save(gold);
    expect(created).toMatchObject({ id: 1, revision: 1, managedBy: null, required: 1, expiresAfterMs: 28_800_000 });
    const changed = await save({ ...gold, required: 2, expiresAfter: '2d' });
    expect(changed).toMatchObject({ id: 1, revision: 2, required: 2, expiresAfterMs: 2 * 86_400_000 });
    expect(await save({ ...gold, required: 2, expiresAfter: '48h' })).toEqual(changed);
    expect(await rules()).toEqual([changed]);
    expect(await told()).toEqual([
      ['rule.declared', 'Root', 1],
      ['rule.declared', 'Root', 2],
    ]);
  });

  test('is removed with a tombstone, and the next install waits no more', async () => {
    await save(gold);
    expect(await remove(1)).toMatchObject({ id: 1, revision: 2, removed: true });
    expect(await rules()).toEqual([]);
    expect((await told()).at(-1)).toEqual(['rule.removed', 'Root', 2]);
    expect((await jobOf(world, await install(world, [1]))).status).toBe('queued');
    await expect(remove(1)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('lets go of no request that it has made already', async () => {
    await save(gold);
    const job = await install(world, [1]);
    await remove(1);
    expect((await jobOf(world, job)).status).toBe('waiting_approval');
  });

  test.each([
    ['a product', { products: ['odrers'] }, 'match.products.0', 'there is no product odrers'],
    ['a channel', { channels: ['nightly'] }, 'match.channels.0', 'no product here has a channel nightly'],
  ])('that names %s that is not there is refused: it would guard nothing', async (_what, match, path, says) => {
    await expect(save({ name: 'x', match })).rejects.toMatchObject({
      code: 'refused',
      reason: 'matches_nothing',
      message: expect.stringContaining(says) as string,
      errors: [{ path }],
    });
    expect(await rules()).toEqual([]);
  });

  test('is an admin’s alone to change; who may look sees it', async () => {
    await save(gold);
    const eve = await personOf(world, 'Eve', 'operator');
    await expect(save({ ...gold, required: 2 }, eve)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(remove(1, eve)).rejects.toMatchObject({ code: 'not_permitted' });
    expect((await listApprovalRules.run(world.ctx, eve, {})).items).toHaveLength(1);
  });

  test('becomes the fleet file’s that declares it', async () => {
    await save(gold);
    await apply(world, fleetFile({ ...fleet, approvals: [gold] }));
    expect(await rules()).toMatchObject([{ id: 1, revision: 2, managedBy: 'fleet.yaml' }]);
  });

  test('two of one name at once are one rule', async () => {
    await Promise.all([save(gold), save({ ...gold, required: 2 })]);
    expect(await rules()).toMatchObject([{ name: 'gold', revision: 2 }]);
  });
});

describe('an approval rule of a fleet file', () => {
  test('is neither changed nor removed by hand: the refusal names the file and the next step', async () => {
    await apply(world, fleetFile({ ...fleet, approvals: [gold] }));
    const [before] = await rules();
    const refused = (verb: string) => ({
      code: 'refused',
      reason: 'declared_by_file',
      message: `${verb} refused: rule gold is declared by fleet.yaml. Change it there and apply the file.`,
    });
    await expect(save({ ...gold, required: 2 })).rejects.toMatchObject(refused('Save'));
    await expect(remove(1)).rejects.toMatchObject(refused('Removal'));
    expect(await rules()).toEqual([before]);
  });

  test('pruned with its file leaves those that were made by hand', async () => {
    await save({ ...gold, name: 'by-hand' });
    await apply(world, fleetFile({ ...fleet, approvals: [gold] }));
    await apply(world, fleetFile(fleet), { prune: true });
    expect(await rules()).toMatchObject([{ name: 'by-hand' }]);
  });
});
