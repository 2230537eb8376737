import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endOtherSessions, endSession, listSessions } from '../../../server/services/people/account-sessions.ts';
import { setPassword, showAccount, type Owner } from '../../../server/services/people/account.ts';
import { invite } from '../../../server/services/people/invite.ts';
import { issueSignInLink } from '../../../server/services/people/link.ts';
import { findSession } from '../../../server/services/people/session.ts';
import { signIn } from '../../../server/services/people/sign-in.ts';
import { useLink } from '../../../server/services/people/use-link.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import { hashCheaply } from '../../support/people.ts';
import { secretIn } from '../../support/site.ts';
import { openWorld, type World } from '../../support/world.ts';

const email = 'ana@example.com';
const password = 'correct horse battery';
const next = 'another horse and battery';
const MINUTE = 60_000;

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

async function byLink(): Promise<Owner> {
  const { secret, actor } = await useLink(world.ctx, {
    token: secretIn(await issueSignInLink(world.ctx, email)),
    address: '10.0.0.2',
  });
  return { personId: actor.id ?? 0, sessionSecret: secret, address: '10.0.0.2' };
}

async function invited(): Promise<Owner> {
  const person = { name: 'Ana', email, grants: [{ role: 'viewer' as const }] };
  await invite.run(world.ctx, signalboxActor, person);
  return byLink();
}

async function withPassword(): Promise<void> {
  const owner = await invited();
  await setPassword(world.ctx, owner, { password });
  await hashCheaply(world, owner.personId, password);
}

async function byPassword(address = '10.0.0.1'): Promise<Owner> {
  const { secret, actor } = await signIn(world.ctx, { email, password, address });
  return { personId: actor.id ?? 0, sessionSecret: secret, address };
}

const stands = async ({ sessionSecret }: Owner) => (await findSession(world.ctx, sessionSecret)) !== undefined;
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code?: string; reason?: string; message: string }) => error.reason ?? error.code ?? error.message,
  );

describe("one's own password", () => {
  test('is chosen after the invitation, without one before, and works', async () => {
    const owner = await invited();
    expect(await showAccount(world.ctx, owner)).toMatchObject({ passwordSet: false, currentPasswordNeeded: false });
    await setPassword(world.ctx, owner, { password });
    expect(await stands(await byPassword())).toBe(true);
  });

  test('is changed only by who knows it, and guessing it ends like guessing at sign-in', async () => {
    await withPassword();
    const owner = await byPassword();
    expect(await reasonOf(setPassword(world.ctx, owner, { password: next }))).toBe('wrong_password');
    for (let i = 0; i < 9; i += 1) {
      expect(await reasonOf(setPassword(world.ctx, owner, { current: 'wrong', password: next }))).toBe(
        'wrong_password',
      );
    }
    expect(await reasonOf(setPassword(world.ctx, owner, { current: password, password: next }))).toBe(
      'too_many_for_email',
    );
    world.time.now += 15 * MINUTE;
    expect(await reasonOf(setPassword(world.ctx, owner, { current: password, password: next }))).toBe('done');
  });

  test('that was forgotten is replaced within a quarter of an hour of a sign-in link, and not later', async () => {
    await setPassword(world.ctx, await invited(), { password });
    const owner = await byLink();
    world.time.now += 15 * MINUTE;
    expect(await reasonOf(setPassword(world.ctx, owner, { password: next }))).toBe('wrong_password');
    expect(await reasonOf(setPassword(world.ctx, await byLink(), { password: next }))).toBe('done');
  });

  test('once changed leaves one session, under a new secret, and no link', async () => {
    await setPassword(world.ctx, await invited(), { password });
    const [here, there] = [await byPassword(), await byPassword('10.0.0.9')];
    const link = secretIn(await issueSignInLink(world.ctx, email));
    const { secret } = await setPassword(world.ctx, here, { current: password, password: next });
    expect([await stands(here), await stands(there)]).toEqual([false, false]);
    expect(await findSession(world.ctx, secret)).toBeDefined();
    expect(await reasonOf(useLink(world.ctx, { token: link }))).toBe('wrong_credentials');
    expect(await reasonOf(byPassword())).toBe('wrong_credentials');
  });
});

describe("one's own sessions", () => {
  beforeEach(async () => {
    await withPassword();
    await endOtherSessions(world.ctx, await byPassword());
  });

  test('are listed with where and when they were last used, and which one asks', async () => {
    const there = await byPassword('10.0.0.9');
    world.time.now += 10 * MINUTE;
    const here = await byPassword('10.0.0.5');
    world.time.now += 10 * MINUTE;
    await findSession(world.ctx, there.sessionSecret, '10.0.0.7');
    const { items } = await listSessions(world.ctx, here);
    expect(items.map(({ address, current, lastSeenAt }) => [address, current, world.time.now - lastSeenAt])).toEqual([
      ['10.0.0.7', false, 0],
      ['10.0.0.5', true, 10 * MINUTE],
      ['10.0.0.1', false, 20 * MINUTE],
    ]);
    expect(JSON.stringify(items)).not.toContain(here.sessionSecret);
  });

  test('are ended one by one, or all but the one that asks; an ended one is not listed', async () => {
    const [here, there, elsewhere] = [await byPassword(), await byPassword(), await byPassword()];
    const [latest] = (await listSessions(world.ctx, here)).items;
    await endSession(world.ctx, here, { id: latest?.id ?? 0 });
    expect([await stands(here), await stands(there), await stands(elsewhere)]).toEqual([true, true, false]);
    expect(await endOtherSessions(world.ctx, here)).toEqual({ ended: 2 });
    expect([await stands(here), await stands(there)]).toEqual([true, false]);
    expect((await listSessions(world.ctx, here)).items).toHaveLength(1);
  });

  test("of others are nobody's to end", async () => {
    const here = await byPassword();
    const { link } = await invite.run(world.ctx, signalboxActor, { name: 'Eve', email: 'eve@example.com', grants: [] });
    const eve = await useLink(world.ctx, { token: secretIn(link) });
    const owner = { personId: eve.actor.id ?? 0, sessionSecret: eve.secret, address: '10.6.6.6' };
    const [target] = (await listSessions(world.ctx, here)).items;
    expect(await reasonOf(endSession(world.ctx, owner, { id: target?.id ?? 0 }))).toBe('not_found');
    await endOtherSessions(world.ctx, owner);
    expect(await stands(here)).toBe(true);
  });
});
