import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { enrolTotp, confirmTotp, disableTotp } from '../../../server/services/people/account-totp.ts';
import { showAccount, type Owner } from '../../../server/services/people/account.ts';
import { resetTotp } from '../../../server/services/people/change-person.ts';
import { issueSignInLink } from '../../../server/services/people/link.ts';
import { ensureSetUpLink, setUp } from '../../../server/services/people/set-up.ts';
import { signIn } from '../../../server/services/people/sign-in.ts';
import { useLink } from '../../../server/services/people/use-link.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import { codeAt } from '../../support/authenticator.ts';
import { everythingStored } from '../../support/database.ts';
import { hashCheaply } from '../../support/people.ts';
import { secretIn } from '../../support/site.ts';
import { openWorld, type World } from '../../support/world.ts';

const email = 'ana@example.com';
const password = 'correct horse battery';
const address = '10.0.0.1';
const STEP = 30_000;

let world: World;
let owner: Owner;
let secret: string;
let recoveryCodes: string[];

beforeEach(async () => {
  world = await openWorld();
  const link = secretIn((await ensureSetUpLink(world.ctx)) ?? '');
  const { secret: sessionSecret, actor } = await setUp(world.ctx, { token: link, name: 'Ana', email, password });
  owner = { personId: actor.id ?? 0, sessionSecret, address };
  await hashCheaply(world, owner.personId, password);
  ({ secret } = await enrolTotp(world.ctx, owner));
  ({ recoveryCodes } = await confirmTotp(world.ctx, owner, { code: codeAt(secret, world.time.now) }));
  world.time.now += STEP;
});
afterEach(() => world.close());

const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'in',
    (error: { code?: string; reason?: string; message: string }) => error.reason ?? error.code ?? error.message,
  );
const enter = (code?: string, given: { password?: string } = {}) =>
  outcome(signIn(world.ctx, { email, password, address, code, ...given }));
const now = () => codeAt(secret, world.time.now);

describe('sign-in with a code', () => {
  test('asks for it once e-mail and password are right, and not before', async () => {
    expect(await enter()).toBe('code_needed');
    expect(await enter(undefined, { password: 'wrong' })).toBe('wrong_credentials');
    expect(await enter(now(), { password: 'wrong' })).toBe('wrong_credentials');
    expect(await enter(now())).toBe('in');
  });

  test('takes a code once: whoever saw it typed gets nothing with it', async () => {
    expect(await enter(now())).toBe('in');
    expect(await enter(now())).toBe('wrong_code');
    world.time.now += STEP;
    expect(await enter(now())).toBe('in');
  });

  test('of twenty with the same code at once one gets in', async () => {
    const code = now();
    const all = await Promise.all(Array.from({ length: 9 }, () => enter(code)));
    expect(all.filter((answer) => answer === 'in')).toHaveLength(1);
  });

  test('takes none that is older than one that was taken, though it lies in the window', async () => {
    const before = codeAt(secret, world.time.now);
    world.time.now += STEP;
    expect(await enter(now())).toBe('in');
    expect(await enter(before)).toBe('wrong_code');
  });

  test('the code of the confirmation is taken too', async () => {
    expect(await enter(codeAt(secret, world.time.now - STEP))).toBe('wrong_code');
  });

  test('guessing codes ends like guessing passwords; being asked for one counts as no guess', async () => {
    for (let i = 0; i < 12; i += 1) expect(await enter()).toBe('code_needed');
    for (let i = 0; i < 10; i += 1) expect(await enter('000000')).toBe('wrong_code');
    expect(await enter(now())).toBe('too_many_for_email');
    world.time.now += 15 * 60_000;
    expect(await enter(now())).toBe('in');
  });

  test('a one-time link asks for it too, and is not used up without', async () => {
    const token = secretIn(await issueSignInLink(world.ctx, email));
    const use = (code?: string) => outcome(useLink(world.ctx, { token, code, address }));
    expect([await use(), await use('000000'), await use(now()), await use(now())]).toEqual([
      'code_needed',
      'wrong_code',
      'in',
      'link_used',
    ]);
  });
});

describe('recovery codes', () => {
  test('are ten, and each opens once, however it is typed', async () => {
    expect(new Set(recoveryCodes).size).toBe(10);
    const [first = '', second = ''] = recoveryCodes;
    expect(first).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
    expect([await enter(first), await enter(first)]).toEqual(['in', 'wrong_code']);
    expect(await enter(second.toUpperCase().replaceAll('-', ' '))).toBe('in');
    expect((await showAccount(world.ctx, owner)).recoveryCodesLeft).toBe(8);
  });

  test('are kept as hashes alone', async () => {
    const [dump] = await world.ctx.db.execute<{ text: string }>(
      `select json_agg(c)::text as text from recovery_code c`,
    );
    for (const code of recoveryCodes) {
      expect(dump?.text).not.toContain(code);
      expect(dump?.text).not.toContain(code.replaceAll('-', ''));
    }
  });
});

describe('the secret of the device', () => {
  test('is nowhere in the database', async () => {
    expect(await everythingStored(world.url)).not.toContain(secret);
  });

  test('that the key of this server does not open asks for a recovery code, and lets nobody in without', async () => {
    const { config } = world.ctx;
    world.ctx.config = { ...config, secretKey: Buffer.alloc(32, 9) };
    expect(await enter(now())).toBe('wrong_code');
    expect(await enter(recoveryCodes[0])).toBe('in');
    world.ctx.config = config;
    expect(await enter(now())).toBe('in');
  });
});

describe('turning codes on and off', () => {
  test('a secret that nobody has confirmed asks nobody for anything', async () => {
    await disableTotp(world.ctx, owner, { password });
    await enrolTotp(world.ctx, owner);
    expect(await enter()).toBe('in');
  });

  test('needs the code of the new secret, and cannot replace a device behind its back', async () => {
    expect(await outcome(enrolTotp(world.ctx, owner))).toBe('already_on');
    await disableTotp(world.ctx, owner, { password });
    const next = await enrolTotp(world.ctx, owner);
    expect(await outcome(confirmTotp(world.ctx, owner, { code: now() }))).toBe('wrong_code');
    const fresh = codeAt(next.secret, world.time.now);
    expect(await outcome(confirmTotp(world.ctx, owner, { code: fresh }))).toBe('in');
    expect(await enter(recoveryCodes[0])).toBe('wrong_code');
  });

  test('off needs the password', async () => {
    expect(await outcome(disableTotp(world.ctx, owner, { password: 'wrong' }))).toBe('wrong_password');
    expect(await enter()).toBe('code_needed');
    await disableTotp(world.ctx, owner, { password });
    expect(await enter()).toBe('in');
  });

  test('an admin helps who has lost everything; no token does', async () => {
    const token = { ...signalboxActor, kind: 'token' as const };
    expect(await outcome(resetTotp.run(world.ctx, token, { id: owner.personId }))).toBe('person_only');
    await resetTotp.run(world.ctx, signalboxActor, { id: owner.personId });
    expect(await enter()).toBe('in');
    expect(await enter(recoveryCodes[0])).toBe('in');
  });
});
