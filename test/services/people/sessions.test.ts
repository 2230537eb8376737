import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { person, session, signInAttempt, signInLink } from '../../../db/schema/index.ts';
import { forgetExpiredAccess } from '../../../server/services/people/forget-expired.ts';
import { invite } from '../../../server/services/people/invite.ts';
import { issueSignInLink } from '../../../server/services/people/link.ts';
import { findSession, signOut } from '../../../server/services/people/session.ts';
import { signIn } from '../../../server/services/people/sign-in.ts';
import { useLink } from '../../../server/services/people/use-link.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import { secretIn } from '../../support/site.ts';
import { openWorld, type World } from '../../support/world.ts';

const DAY = 86_400_000;
let world: World;
let secret: string;
beforeEach(async () => {
  world = await openWorld();
  const { link } = await invite.run(world.ctx, signalboxActor, {
    name: 'Ana',
    email: 'ana@example.com',
    grants: [{ role: 'viewer' }],
  });
  ({ secret } = await useLink(world.ctx, { token: secretIn(link) }));
});
afterEach(() => world.close());

const who = async (of = secret) => (await findSession(world.ctx, of))?.actor.name;

describe('a session', () => {
  test('ends three days after it was last used', async () => {
    world.time.now += 3 * DAY - 1;
    expect(await who()).toBe('Ana');
    world.time.now += 3 * DAY - 1;
    expect(await who()).toBe('Ana');
    world.time.now += 3 * DAY;
    expect(await who()).toBeUndefined();
  });

  test('ends thirty days after it began, however busy', async () => {
    for (let day = 1; day < 30; day += 1) {
      world.time.now += DAY;
      expect(await who()).toBe('Ana');
    }
    world.time.now += DAY;
    expect(await who()).toBeUndefined();
  });

  test('ends at once when it is signed out, and stays ended', async () => {
    await signOut(world.ctx, secret);
    expect(await who()).toBeUndefined();
  });

  test('ends at once when the person is disabled', async () => {
    await world.ctx.db.update(person).set({ disabledAt: world.time.now }).where(eq(person.name, 'Ana'));
    expect(await who()).toBeUndefined();
    await expect(issueSignInLink(world.ctx, 'ana@example.com')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('follows the roles as they are now, not as they were at sign-in', async () => {
    await world.ctx.db.update(person).set({ grants: [{ role: 'operator' }] });
    expect((await findSession(world.ctx, secret))?.actor.grants).toEqual([{ role: 'operator' }]);
  });

  test('is replaced at the next sign-in: the secret that the browser came with is worth nothing any more', async () => {
    const link = await issueSignInLink(world.ctx, 'ana@example.com');
    const next = await useLink(world.ctx, { token: secretIn(link), before: secret });
    expect(await who()).toBeUndefined();
    expect(await who(next.secret)).toBe('Ana');
  });

  test('is not opened by any other text', async () => {
    expect(await who('')).toBeUndefined();
    expect(await who(`${secret}x`)).toBeUndefined();
  });
});

test('what has run out is deleted a week later, what stands stays', async () => {
  await signIn(world.ctx, { email: 'x@example.com', password: 'x', address: '::1' }).catch(() => undefined);
  const rows = () =>
    Promise.all(
      [session, signInLink, signInAttempt].map(async (table) => (await world.ctx.db.select().from(table)).length),
    );
  await forgetExpiredAccess(world.ctx);
  expect(await rows()).toEqual([1, 1, 2]);
  world.time.now += 7 * DAY + 15 * 60_000 + 1;
  await forgetExpiredAccess(world.ctx);
  expect(await rows()).toEqual([1, 1, 0]);
  world.time.now += 8 * DAY;
  await forgetExpiredAccess(world.ctx);
  expect(await rows()).toEqual([0, 0, 0]);
});
