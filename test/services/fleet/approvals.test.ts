import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ruleViews } from '../../../db/queries/steering-views.ts';
import { activities, apply, differenceOf, everything, plan } from '../../support/fleet.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.clear());
afterAll(() => world.close());

const base = {
  products: [{ name: 'orders', channels: ['stable'], entryChannels: ['stable'] }],
  environments: [{ name: 'plant', labels: { tier: 'gold' }, subscriptions: { orders: 'stable' } }],
};
const production = {
  name: 'production',
  match: {
    actions: ['install', 'rollback'],
    products: ['orders'],
    channels: ['stable'],
    environmentLabels: [{ key: 'tier', values: ['gold'] }, { key: 'region' }],
  },
  required: 2,
  roles: ['approver', 'admin'],
  allowSelf: true,
  expiresAfter: '2d',
  startWithin: '90m',
};
const withRules = (...approvals: object[]) => ({ ...base, approvals });
const rules = () => ruleViews(world.ctx.db, {});
const told = async () => (await activities(world)).filter(({ entity }) => entity.kind === 'rule');

describe('approval rules of a fleet file', () => {
  test('come out as they were written', async () => {
    expect(differenceOf(await apply(world, withRules(production)))).toContain('+ rule production');
    expect(await rules()).toEqual([
      {
        ...production,
        id: 1,
        revision: 1,
        managedBy: 'fleet.yaml',
        match: { ...production.match, actions: ['job.install', 'release.rollback'] },
        expiresAfter: undefined,
        startWithin: undefined,
        expiresAfterMs: 2 * 86_400_000,
        startWithinMs: 90 * 60_000,
      },
    ]);
  });

  test('have the defaults of the rule: one approver, not oneself, 8 hours to agree and one to start', async () => {
    await apply(world, withRules({ name: 'all' }));
    expect(await rules()).toMatchObject([
      {
        match: {},
        required: 1,
        roles: ['approver'],
        allowSelf: false,
        expiresAfterMs: 28_800_000,
        startWithinMs: 3_600_000,
      },
    ]);
  });

  test('applied again change nothing; a change is shown, applied and told once', async () => {
    await apply(world, withRules(production));
    const before = await everything(world);
    expect(differenceOf(await apply(world, withRules(production)))).toEqual([]);
    expect(await everything(world)).toEqual(before);
    const stricter = withRules({ ...production, required: 3 });
    expect(differenceOf(await plan(world, stricter))).toEqual(['~ rule production: rule']);
    await apply(world, stricter);
    expect((await told()).map(({ kind, actor, entity, view }) => [kind, actor, entity.revision, view])).toMatchObject([
      ['rule.declared', 'Ana', 1, { required: 2 }],
      ['rule.declared', 'Ana', 2, { required: 3 }],
    ]);
  });

  test('that are declared no more stay until they are pruned, and then leave a tombstone', async () => {
    await apply(world, withRules(production));
    expect((await apply(world, base)).unmanaged).toEqual([{ kind: 'rule', name: 'production' }]);
    expect(await rules()).toHaveLength(1);
    expect(differenceOf(await apply(world, base, { prune: true }))).toEqual(['- rule production']);
    expect(await rules()).toEqual([]);
    expect((await told()).at(-1)).toMatchObject({ kind: 'rule.removed', view: { removed: true } });
  });

  test('of another file are not touched', async () => {
    await apply(world, withRules(production));
    await expect(apply(world, { approvals: [production] }, { file: 'other.yaml' })).rejects.toMatchObject({
      code: 'invalid_fleet',
    });
  });

  const wrong: [what: string, rule: object, says: string][] = [
    ['a product that is not there', { match: { products: ['odrers'] } }, 'no product odrers'],
    ['a channel that is not there', { match: { channels: ['nightly'] } }, 'channel nightly'],
    ['nobody at all', { roles: [] }, 'at least one role'],
    ['a role that never approves', { roles: ['viewer'] }, 'roles'],
    ['no person', { required: 0 }, 'at least 1'],
    ['no duration', { expiresAfter: 'soon' }, 'must be a duration'],
    ['a field that does not exist', { allowselff: true }, 'no such field'],
  ];
  test.each(wrong)('that name %s are refused, with the line', async (_what, rule, says) => {
    const refused = apply(world, withRules({ name: 'x', ...rule }));
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_fleet',
      message: expect.stringContaining(says) as string,
    });
    await expect(refused).rejects.toMatchObject({ message: expect.stringMatching(/fleet\.yaml:\d+: /) as string });
    expect(await rules()).toEqual([]);
  });
});
