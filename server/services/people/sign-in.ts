import { findPersonByEmail } from '../../../db/queries/people.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { attemptExcused, attemptSucceeded, noteAttempt } from './attempts.ts';
import { passwordMatches } from './password.ts';
import { codeNeeded, hasSecondFactor, takeCode } from './second-factor.ts';
import { openSession, type OpenedSession } from './session.ts';

export interface SignIn {
  email: string;
  password: string;
  /** Of the device, or a recovery code, for who has set one up. */
  code?: string | undefined;
  address: string;
  /** The session that the browser came with; it ends. */
  before?: string | undefined;
}

/**
 * Refusals: `too_many_attempts`, `wrong_credentials` (never which of e-mail and password is wrong), `code_needed` once
 * both are right.
 */
export async function signIn(ctx: Context, { email, password, code, address, before }: SignIn): Promise<OpenedSession> {
  const attempt = { email: email.toLowerCase(), address };
  await noteAttempt(ctx, attempt);
  const person = await findPersonByEmail(ctx.db, attempt.email);
  const matches = await passwordMatches(password, person?.passwordHash);
  if (!person || !matches || person.disabledAt !== null) {
    throw new Refusal(
      'wrong_credentials',
      'sign-in refused: e-mail or password is wrong. Try again, or ask an admin for a sign-in link.',
    );
  }
  if (hasSecondFactor(person)) {
    if (code === undefined) {
      await attemptExcused(ctx, attempt);
      throw codeNeeded();
    }
    await takeCode(ctx, person, code);
  }
  await attemptSucceeded(ctx, attempt);
  return openSession(ctx.db, person, ctx.clock.now(), { openedBy: 'password', address, before });
}
