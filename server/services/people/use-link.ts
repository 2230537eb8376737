import { findLink, findPerson } from '../../../db/queries/people.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { attemptSucceeded, noteAttempt } from './attempts.ts';
import { redeemLink } from './link.ts';
import { hashOfSecret } from './secret.ts';
import { codeNeeded, hasSecondFactor, takeCode } from './second-factor.ts';
import { openSession, type OpenedSession } from './session.ts';

export interface UseLink {
  token: string;
  /** Of the device, or a recovery code, for who has set one up: a link stands for the password, not for the device. */
  code?: string | undefined;
  address?: string | undefined;
  before?: string | undefined;
}

/**
 * Signs in by one-time link. Refusals: `link_used`, `gone` (run out), `wrong_credentials` (never issued, or void; or a
 * wrong code), `code_needed`. Without the right code the link is not used up.
 */
export async function useLink(ctx: Context, { token, code, address, before }: UseLink): Promise<OpenedSession> {
  const now = ctx.clock.now();
  await checkCode(ctx, { token, code, address }, now);
  return ctx.db.transaction(async (tx) => {
    const { personId } = await redeemLink(tx, token, 'sign-in', now);
    const person = personId === null ? undefined : await findPerson(tx, personId);
    if (!person) throw new Refusal('wrong_credentials', 'sign-in refused: this person is disabled. Ask an admin.');
    return openSession(tx, person, now, { openedBy: 'link', address, before });
  });
}

/** Before the transaction: a guess has to count, whatever becomes of the rest. */
async function checkCode(ctx: Context, { token, code, address }: UseLink, now: number): Promise<void> {
  const link = await findLink(ctx.db, hashOfSecret(token), 'sign-in');
  if (!link || link.personId === null || link.usedAt !== null || link.expiresAt <= now) return;
  const person = await findPerson(ctx.db, link.personId);
  if (!person || !hasSecondFactor(person)) return;
  if (code === undefined) throw codeNeeded();
  const attempt = { email: person.email, address: address ?? 'unknown' };
  await noteAttempt(ctx, attempt);
  await takeCode(ctx, person, code);
  await attemptSucceeded(ctx, attempt);
}
