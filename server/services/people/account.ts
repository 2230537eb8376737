import {
  countRecoveryCodes,
  findLiveSession,
  findPerson,
  revokeSessionsOf,
  updatePerson,
  voidLinks,
  type PersonRow,
} from '../../../db/queries/people.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import { attemptSucceeded, noteAttempt } from './attempts.ts';
import { hashPassword, passwordMatches } from './password.ts';
import { hasSecondFactor } from './second-factor.ts';
import { hashOfSecret } from './secret.ts';
import { openSession, type OpenedSession } from './session.ts';

/** A person at their own account, through one of their sessions. */
export interface Owner {
  personId: number;
  sessionSecret: string;
  address: string;
}

/** Who came by a one-time link may choose a new password for this long: they have lost the old one, or never had any. */
const AFTER_LINK_MS = 15 * 60_000;

export async function showAccount(ctx: Context, owner: Owner) {
  const person = await ownerRow(ctx, owner);
  return {
    name: person.name,
    email: person.email,
    grants: person.grants,
    passwordSet: person.passwordHash !== null,
    currentPasswordNeeded: await needsCurrent(ctx, person, owner),
    totp: hasSecondFactor(person),
    recoveryCodesLeft: hasSecondFactor(person) ? await countRecoveryCodes(ctx.db, person.id) : 0,
  };
}

/**
 * Sets one's own password; every other session and every link ends, this session goes on under a new secret.
 * Refusals: `wrong_credentials` (reason `wrong_password`), `too_many_attempts`.
 */
export async function setPassword(
  ctx: Context,
  owner: Owner,
  { current, password }: { current?: string | undefined; password: string },
): Promise<OpenedSession> {
  const person = await ownerRow(ctx, owner);
  if (await needsCurrent(ctx, person, owner)) await demandPassword(ctx, person, owner, current ?? '');
  const passwordHash = await hashPassword(password);
  const now = ctx.clock.now();
  const opened = await transact(ctx, async (tx) => {
    await updatePerson(tx, person.id, { passwordHash });
    await record(tx, { now, actor: person.name }, 'person.password_set', [person.id], { name: person.name });
    await revokeSessionsOf(tx, person.id, now);
    await voidLinks(tx, { personId: person.id });
    return openSession(tx, person, now, { openedBy: 'password', address: owner.address });
  });
  ctx.bell.ring({ access: true });
  return opened;
}

export async function ownerRow(ctx: Context, { personId }: Owner): Promise<PersonRow> {
  const person = await findPerson(ctx.db, personId);
  if (!person) throw new Refusal('not_signed_in', 'Request refused: your account is disabled. Ask an admin.');
  return person;
}

async function needsCurrent(ctx: Context, person: PersonRow, { sessionSecret }: Owner): Promise<boolean> {
  if (person.passwordHash === null) return false;
  const now = ctx.clock.now();
  const found = await findLiveSession(ctx.db, hashOfSecret(sessionSecret), now);
  return !(found?.session.openedBy === 'link' && now - found.session.createdAt < AFTER_LINK_MS);
}

/** Counts like an attempt to sign in: a session that was left open is no place to guess the password. */
export async function demandPassword(
  ctx: Context,
  person: PersonRow,
  { address }: Owner,
  password: string,
): Promise<void> {
  const attempt = { email: person.email, address };
  await noteAttempt(ctx, attempt);
  if (!(await passwordMatches(password, person.passwordHash))) {
    throw new Refusal('wrong_credentials', 'Request refused: your current password is another one. Try again.', {
      reason: 'wrong_password',
    });
  }
  await attemptSucceeded(ctx, attempt);
}
