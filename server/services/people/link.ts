import { findLink, findPersonByEmail, insertLink, takeLink, voidLinks } from '../../../db/queries/people.ts';
import type { Reader } from '../../../db/connect.ts';
import { signInLinkUrl } from '../../contracts/access.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context, Transaction } from '../context.ts';
import { serverUrl } from '../server-url.ts';
import { hashOfSecret, newSecret } from './secret.ts';

type Issuing = Pick<Context, 'db' | 'config' | 'clock'>;

const QUARTER_HOUR_MS = 15 * 60_000;

/** A link that signs this person in once. Earlier ones that nobody used are void. */
export async function newSignInLink(
  ctx: Issuing,
  reader: Reader,
  personId: number,
  lifetimeMs: number,
): Promise<string> {
  const now = ctx.clock.now();
  const secret = newSecret();
  await voidLinks(reader, { personId });
  await insertLink(reader, {
    tokenHash: hashOfSecret(secret),
    purpose: 'sign-in',
    personId,
    createdAt: now,
    expiresAt: now + lifetimeMs,
  });
  return signInLinkUrl(serverUrl(ctx.config), secret);
}

/** For the demo and for `signalbox login-link`, which whoever holds the database may use. Refusal: `not_found`. */
export async function issueSignInLink(ctx: Issuing, email: string, lifetimeMs = QUARTER_HOUR_MS): Promise<string> {
  const person = await findPersonByEmail(ctx.db, email.toLowerCase());
  if (!person || person.disabledAt !== null) {
    throw new Refusal('not_found', `sign-in link refused: nobody has the e-mail ${email}. Invite them first.`);
  }
  return newSignInLink(ctx, ctx.db, person.id, lifetimeMs);
}

/** Uses a link up, or says why it cannot be used. */
export async function redeemLink(
  tx: Transaction,
  secret: string,
  purpose: 'set-up' | 'sign-in',
  now: number,
): Promise<{ personId: number | null }> {
  const tokenHash = hashOfSecret(secret);
  const taken = await takeLink(tx, tokenHash, purpose, now);
  if (taken) return taken;
  const next = purpose === 'set-up' ? 'Restart the server: it prints a new one.' : 'Ask an admin for a new one.';
  const known = await findLink(tx, tokenHash, purpose);
  if (!known) throw new Refusal('wrong_credentials', `${purpose} refused: this link is not valid. ${next}`);
  if (known.usedAt !== null) throw new Refusal('link_used', `${purpose} refused: this link has been used. ${next}`);
  throw new Refusal('gone', `${purpose} refused: this link has run out. ${next}`);
}
