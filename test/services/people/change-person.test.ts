import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { disablePerson, enablePerson, setGrants } from '../../../server/services/people/change-person.ts';
import { invite } from '../../../server/services/people/invite.ts';
import { issueSignInLink } from '../../../server/services/people/link.ts';
import { findSession, rotateSession } from '../../../server/services/people/session.ts';
import { createToken, tokenActor } from '../../../server/services/people/tokens.ts';
import { useLink } from '../../../server/services/people/use-link.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import type { Grant } from '../../../server/domain/permission.ts';
import { secretIn } from '../../support/site.ts';
import { declareFleet, openWorld, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const admin: Grant = { role: 'admin' };

async function person(name: string, grants: Grant[]) {
  const { person, link } = await invite.run(world.ctx, signalboxActor, { name, email: `${name}@example.com`, grants });
  const { secret } = await useLink(world.ctx, { token: secretIn(link) });
  return { id: person.id, secret };
}
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code?: string; reason?: string; message: string }) => error.reason ?? error.code ?? error.message,
  );
const give = (id: number, grants: Grant[]) => reasonOf(setGrants.run(world.ctx, signalboxActor, { id, grants }));
const disable = (id: number) => reasonOf(disablePerson.run(world.ctx, signalboxActor, { id }));

describe('the last admin', () => {
  test('keeps admin, and is not disabled; an admin of one product is none', async () => {
    await declareFleet(world, { targets: 1 });
    const ana = await person('ana', [admin]);
    await person('bob', [{ role: 'admin', product: 'orders' }, { role: 'operator' }]);
    expect(await give(ana.id, [{ role: 'operator' }])).toBe('last_admin');
    expect(await give(ana.id, [{ role: 'admin', product: 'orders' }])).toBe('last_admin');
    expect(await disable(ana.id)).toBe('last_admin');
    expect((await findSession(world.ctx, ana.secret))?.actor.grants).toEqual([admin]);
  });

  test('may go once there is another, and a disabled one does not count', async () => {
    const [ana, bob] = [await person('ana', [admin]), await person('bob', [admin])];
    expect(await disable(ana.id)).toBe('done');
    expect(await disable(bob.id)).toBe('last_admin');
    expect(await reasonOf(enablePerson.run(world.ctx, signalboxActor, { id: ana.id }))).toBe('done');
    expect(await disable(bob.id)).toBe('done');
  });

  test('of two who take each other out at once one stays', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [ana, bob] = [await person(`ana${round}`, [admin]), await person(`bob${round}`, [admin])];
      const answers = await Promise.all([disable(ana.id), give(bob.id, [])]);
      expect(answers.sort()).toEqual(['done', 'last_admin']);
      // The one who stayed goes out by hand, so that each round begins with nobody.
      await world.ctx.db.execute(`update person set disabled_at = now()`);
    }
  });
});

describe('grants', () => {
  test('for what does not exist are refused, of people and of tokens', async () => {
    const ana = await person('ana', [admin]);
    expect(await give(ana.id, [admin, { role: 'operator', product: 'ordres' }])).toBe('unknown_scope');
    const token = { name: 'ci', grants: [{ role: 'operator' as const, environment: 'plnat' }] };
    expect(await reasonOf(createToken.run(world.ctx, signalboxActor, token))).toBe('unknown_scope');
    await declareFleet(world, { targets: 1 });
    expect(await give(ana.id, [admin, { role: 'operator', product: 'orders', environment: 'plant' }])).toBe('done');
  });

  test('given twice are one', async () => {
    const ana = await person('ana', [admin]);
    await give(ana.id, [admin, { role: 'viewer' }, { role: 'viewer', product: undefined }]);
    expect((await findSession(world.ctx, ana.secret))?.actor.grants).toEqual([admin, { role: 'viewer' }]);
  });

  test('of a token carry their scope to what it does', async () => {
    await declareFleet(world, { targets: 1 });
    const grants = [{ role: 'operator' as const, product: 'orders', environment: 'plant' }];
    const { secret } = await createToken.run(world.ctx, signalboxActor, { name: 'ci', grants });
    expect((await tokenActor(world.ctx, secret))?.grants).toEqual(grants);
  });

  test('once changed give each session a new secret; the old one lives half a minute on, for what is under way', async () => {
    await person('root', [admin]);
    const ana = await person('ana', [{ role: 'viewer' }]);
    await give(ana.id, [{ role: 'operator' }]);
    expect(await findSession(world.ctx, ana.secret)).toMatchObject({
      rotationDue: true,
      actor: { grants: [{ role: 'operator' }] },
    });
    const rotated = await Promise.all(Array.from({ length: 5 }, () => rotateSession(world.ctx, ana.secret)));
    const [next = '', ...more] = rotated.filter((secret) => secret !== undefined);
    expect(more).toEqual([]);
    expect(await findSession(world.ctx, next)).toMatchObject({ rotationDue: false });
    world.time.now += 29_999;
    expect(await findSession(world.ctx, ana.secret)).toBeDefined();
    world.time.now += 1;
    expect(await findSession(world.ctx, ana.secret)).toBeUndefined();
    expect(await findSession(world.ctx, next)).toBeDefined();
  });
});

test('who is disabled is out at once, and no link of before lets them in; enabled again they are invited as they were', async () => {
  await person('root', [admin]);
  const bob = await person('bob', [{ role: 'operator' }]);
  const link = secretIn(await issueSignInLink(world.ctx, 'bob@example.com'));
  expect(await disable(bob.id)).toBe('done');
  expect(await findSession(world.ctx, bob.secret)).toBeUndefined();
  expect(await reasonOf(useLink(world.ctx, { token: link }))).toBe('wrong_credentials');
  await enablePerson.run(world.ctx, signalboxActor, { id: bob.id });
  expect(await findSession(world.ctx, bob.secret)).toBeUndefined();
  const { actor } = await useLink(world.ctx, { token: secretIn(await issueSignInLink(world.ctx, 'bob@example.com')) });
  expect(actor.grants).toEqual([{ role: 'operator' }]);
});
