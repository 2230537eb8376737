import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noteAttempt } from '../../../server/services/people/attempts.ts';
import { ensureSetUpLink, setUp } from '../../../server/services/people/set-up.ts';
import { signIn } from '../../../server/services/people/sign-in.ts';
import { secretIn } from '../../support/site.ts';
import { openWorld, type World } from '../../support/world.ts';

const email = 'ana@example.com';
const password = 'correct horse battery';
let world: World;

beforeEach(async () => {
  world = await openWorld();
  const link = await ensureSetUpLink(world.ctx);
  await setUp(world.ctx, { token: secretIn(link ?? ''), name: 'Ana', email, password });
});
afterEach(() => world.close());

function attempt(given: { email?: string; password?: string; address?: string } = {}) {
  return signIn(world.ctx, { email, password, address: '10.0.0.1', ...given }).then(
    ({ actor }) => actor.name,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
}

/** What a wrong password leaves behind, without the third of a second that hashing it takes. */
async function failures(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await noted({ email, address: '10.0.0.1' });
}

function noted(who: { email: string; address: string }): Promise<string> {
  return noteAttempt(world.ctx, who).then(
    () => 'counted',
    (error: { code: string }) => error.code,
  );
}

describe('sign-in', () => {
  test('takes the e-mail in any case, and the same password typed on another keyboard', async () => {
    expect(await attempt({ email: 'ANA@Example.com' })).toBe('Ana');
    const composed = await openWorld();
    const link = await ensureSetUpLink(composed.ctx);
    await setUp(composed.ctx, {
      token: secretIn(link ?? ''),
      name: 'Zoë',
      email,
      password: 'Zo\u00eb Zo\u00eb Zo\u00eb',
    });
    const typed = signIn(composed.ctx, { email, password: 'Zoe\u0308 Zoe\u0308 Zoe\u0308', address: '::1' });
    await expect(typed.then(({ actor }) => actor.name)).resolves.toBe('Zoë');
    await composed.close();
  });

  test('a wrong password and an unknown e-mail are refused alike, word for word and in the same time', async () => {
    const refusal = async (given: { email: string }) => {
      const began = performance.now();
      const error = await signIn(world.ctx, { password: 'wrong', address: '10.0.0.1', ...given }).catch(
        (thrown: Error) => thrown,
      );
      return { error, ms: performance.now() - began };
    };
    const [known, unknown] = [Infinity, Infinity].map((ms) => ({ error: new Error('not asked') as unknown, ms }));
    // The fastest of three: a machine that does something else meanwhile is not what is measured.
    for (let round = 0; round < 3; round += 1) {
      for (const [kept, given] of [
        [known!, { email }],
        [unknown!, { email: 'bob@example.com' }],
      ] as const) {
        const { error, ms } = await refusal(given);
        Object.assign(kept, { error, ms: Math.min(kept.ms, ms) });
      }
    }
    expect(unknown!.error).toEqual(known!.error);
    // An answer without hashing takes a few milliseconds, one with it some hundred.
    expect(unknown!.ms).toBeGreaterThan(known!.ms / 3);
  });

  test('the eleventh attempt for one e-mail in a quarter of an hour is refused, with the right password too, and says until when', async () => {
    await failures(9);
    expect(await attempt({ password: 'wrong' })).toBe('wrong_credentials');
    expect(await attempt()).toBe('too_many_attempts');
    await expect(signIn(world.ctx, { email, password, address: '10.0.0.2' })).rejects.toThrow(/Try again in 15 min/);
    expect(await attempt({ email: 'bob@example.com' })).toBe('wrong_credentials');
  });

  test('attempts in parallel do not slip past the limit', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => noted({ email, address: '10.0.0.1' })));
    expect(answers.filter((code) => code === 'counted')).toHaveLength(10);
    expect(answers.filter((code) => code === 'too_many_attempts')).toHaveLength(20);
  });

  test('when the quarter of an hour is over, counting starts again', async () => {
    await failures(11);
    world.time.now += 15 * 60_000 - 1;
    expect(await attempt()).toBe('too_many_attempts');
    world.time.now += 1;
    expect(await attempt()).toBe('Ana');
  });

  test('a success forgives the failures before it', async () => {
    await failures(9);
    expect(await attempt()).toBe('Ana');
    await failures(9);
    expect(await attempt()).toBe('Ana');
  });

  test('one address that tries many e-mails is stopped, another address is not', async () => {
    const spray = Array.from({ length: 101 }, (_, i) =>
      noted({ email: `person-${i}@example.com`, address: '10.0.0.1' }),
    );
    expect((await Promise.all(spray)).filter((code) => code === 'too_many_attempts')).toHaveLength(1);
    expect(await attempt()).toBe('too_many_attempts');
    expect(await attempt({ address: '10.0.0.2' })).toBe('Ana');
  });
});
