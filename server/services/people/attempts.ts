import { countAttempts, forgetAttempts, takeBackAttempt } from '../../../db/queries/people.ts';
import { Refusal } from '../../contracts/errors.ts';
import { durationText } from '../../domain/wording.ts';
import type { Context } from '../context.ts';
import { hashOfSecret } from './secret.ts';

const WINDOW_MS = 15 * 60_000;
/** An address may be a whole office behind one router. */
const LIMITS = { email: 10, address: 100 } as const;

export interface Attempt {
  email: string;
  /** Where the request came from, as the socket says. */
  address: string;
}

/** Counts an attempt to sign in; too many in 15 minutes throw `too_many_attempts` with the time until the next one. */
export async function noteAttempt(ctx: Context, attempt: Attempt): Promise<void> {
  const now = ctx.clock.now();
  const counts = await countAttempts(ctx.db, Object.values(subjectsOf(attempt)), now, now + WINDOW_MS);
  for (const { subject, attempts, windowEndsAt } of counts) {
    const by = subject.startsWith('email:') ? 'email' : 'address';
    if (attempts <= LIMITS[by]) continue;
    const whose = by === 'email' ? 'for this e-mail' : 'from this address';
    throw new Refusal(
      'too_many_attempts',
      `sign-in refused: more than ${LIMITS[by]} attempts ${whose} in ${durationText(WINDOW_MS)}. ` +
        `Try again in ${durationText(windowEndsAt - now)}, or ask an admin for a sign-in link.`,
      { reason: by === 'email' ? 'too_many_for_email' : 'too_many_from_address' },
    );
  }
}

/** The attempt succeeded: the e-mail's count starts again, the address's does not count this one. */
export async function attemptSucceeded(ctx: Context, attempt: Attempt): Promise<void> {
  const { email, address } = subjectsOf(attempt);
  await forgetAttempts(ctx.db, email);
  await takeBackAttempt(ctx.db, address);
}

/** What was shown was right, only more is needed: not counted. */
export async function attemptExcused(ctx: Context, attempt: Attempt): Promise<void> {
  for (const subject of Object.values(subjectsOf(attempt))) await takeBackAttempt(ctx.db, subject);
}

function subjectsOf({ email, address }: Attempt) {
  return { email: `email:${hashOfSecret(email)}`, address: `address:${address}` };
}
