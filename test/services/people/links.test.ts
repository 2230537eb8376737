import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { invite } from '../../../server/services/people/invite.ts';
import { issueSignInLink } from '../../../server/services/people/link.ts';
import { ensureSetUpLink, setUp } from '../../../server/services/people/set-up.ts';
import { useLink } from '../../../server/services/people/use-link.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import { secretIn } from '../../support/site.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld({ SIGNALBOX_URL: 'https://box.example/' });
});
afterEach(() => world.close());

const ana = { name: 'Ana', email: 'ana@example.com', password: 'correct horse battery' };
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
const inviteBob = () =>
  invite.run(world.ctx, signalboxActor, {
    name: 'Bob',
    email: 'Bob@example.com',
    grants: [{ role: 'operator' }, { role: 'approver' }],
  });

describe('the set-up link', () => {
  test('creates the first admin, once, and there is never a second one', async () => {
    const link = (await ensureSetUpLink(world.ctx)) ?? '';
    expect(link).toMatch(/^https:\/\/box\.example\/set-up#[\w-]{43}$/);
    const { actor } = await setUp(world.ctx, { token: secretIn(link), ...ana });
    expect(actor).toMatchObject({ kind: 'person', name: 'Ana', grants: [{ role: 'admin' }] });
    expect(await ensureSetUpLink(world.ctx)).toBeNull();
    expect(await codeOf(setUp(world.ctx, { token: secretIn(link), ...ana, email: 'eve@example.com' }))).toBe(
      'link_used',
    );
  });

  test('is new with each start, and then the old one is void', async () => {
    const old = (await ensureSetUpLink(world.ctx)) ?? '';
    const fresh = (await ensureSetUpLink(world.ctx)) ?? '';
    expect(await codeOf(setUp(world.ctx, { token: secretIn(old), ...ana }))).toBe('wrong_credentials');
    expect(await codeOf(setUp(world.ctx, { token: secretIn(fresh), ...ana }))).toBe('done');
  });

  test('used by twenty at once makes one admin', async () => {
    const token = secretIn((await ensureSetUpLink(world.ctx)) ?? '');
    const all = Array.from({ length: 20 }, (_, i) =>
      codeOf(setUp(world.ctx, { token, ...ana, email: `a${i}@example.com` })),
    );
    const codes = await Promise.all(all);
    expect(codes.filter((code) => code === 'done')).toHaveLength(1);
    expect(codes.filter((code) => code === 'link_used')).toHaveLength(19);
  });

  test('runs out after a day', async () => {
    const token = secretIn((await ensureSetUpLink(world.ctx)) ?? '');
    world.time.now += 86_400_000;
    expect(await codeOf(setUp(world.ctx, { token, ...ana }))).toBe('gone');
  });
});

describe('a sign-in link', () => {
  test('signs the invited person in with their roles, once', async () => {
    const { link, person } = await inviteBob();
    expect(link).toMatch(/^https:\/\/box\.example\/sign-in#/);
    expect(person).toEqual({
      id: person.id,
      name: 'Bob',
      email: 'bob@example.com',
      grants: [{ role: 'operator' }, { role: 'approver' }],
      createdAt: world.time.now,
      disabledAt: null,
      passwordSet: false,
      totp: false,
    });
    const { actor } = await useLink(world.ctx, { token: secretIn(link) });
    expect(actor.grants).toEqual([{ role: 'operator' }, { role: 'approver' }]);
    expect(await codeOf(useLink(world.ctx, { token: secretIn(link) }))).toBe('link_used');
  });

  test('used by twenty at once opens one session', async () => {
    const { link } = await inviteBob();
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(useLink(world.ctx, { token: secretIn(link) }))),
    );
    expect(codes.filter((code) => code === 'done')).toHaveLength(1);
  });

  test('of the CLI lives a quarter of an hour and voids the ones before it', async () => {
    const { link: invitation } = await inviteBob();
    const link = await issueSignInLink(world.ctx, 'BOB@example.com');
    expect(await codeOf(useLink(world.ctx, { token: secretIn(invitation) }))).toBe('wrong_credentials');
    world.time.now += 15 * 60_000;
    expect(await codeOf(useLink(world.ctx, { token: secretIn(link) }))).toBe('gone');
  });

  test('is not a set-up link, nor the other way round', async () => {
    const setUpToken = secretIn((await ensureSetUpLink(world.ctx)) ?? '');
    expect(await codeOf(useLink(world.ctx, { token: setUpToken }))).toBe('wrong_credentials');
  });

  test('for somebody nobody knows is refused, and so is inviting the same e-mail twice', async () => {
    expect(await codeOf(issueSignInLink(world.ctx, 'nobody@example.com'))).toBe('not_found');
    await inviteBob();
    expect(await codeOf(inviteBob())).toBe('already_exists');
  });

  test('no secret is kept in the database', async () => {
    const { link } = await inviteBob();
    const { secret } = await useLink(world.ctx, { token: secretIn(link) });
    const [dump] = await world.ctx.db.execute<{ text: string }>(
      `select (select json_agg(l) from sign_in_link l)::text || (select json_agg(s) from session s)::text as text`,
    );
    expect(dump?.text).toContain('"sign-in"');
    expect(dump?.text).not.toContain(secret);
    expect(dump?.text).not.toContain(secretIn(link));
  });
});
