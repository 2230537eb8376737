import { and, asc, desc, eq, gt, isNull, lt, lte, ne, or, sql } from 'drizzle-orm';
import type { Grant } from '../../server/domain/permission.ts';
import type { PersonView, TokenView } from '../../server/domain/views.ts';
import type { Reader, Transaction } from '../connect.ts';
import { idIn } from './views.ts';
import { apiToken, person, recoveryCode, session, signInAttempt, signInLink } from '../schema/index.ts';

/** As the log tells them. */
export async function personViews(reader: Reader, ids: readonly number[]): Promise<PersonView[]> {
  const rows = await reader.select().from(person).where(idIn(person.id, ids));
  return rows.map(({ id, revision, name, email, grants, disabledAt, totpConfirmedAt }) => {
    return { id, revision, name, email, grants, disabledAt, totp: totpConfirmedAt !== null };
  });
}

export async function tokenViews(reader: Reader, ids: readonly number[]): Promise<TokenView[]> {
  const rows = await reader.select().from(apiToken).where(idIn(apiToken.id, ids));
  return rows.map(({ id, revision, name, grants, createdBy, expiresAt, revokedAt }) => {
    return { id, revision, name, grants, createdBy, expiresAt, revokedAt };
  });
}

export type PersonRow = typeof person.$inferSelect;
export type TokenRow = typeof apiToken.$inferSelect;

export async function anyPersonExists(reader: Reader): Promise<boolean> {
  return (await reader.select({ id: person.id }).from(person).limit(1)).length > 0;
}

export async function findPersonByEmail(reader: Reader, email: string): Promise<PersonRow | undefined> {
  const [row] = await reader.select().from(person).where(eq(person.email, email));
  return row;
}

/** Disabled ones too: who was let in once is not forgotten. */
export function listPersons(reader: Reader): Promise<PersonRow[]> {
  return reader.select().from(person).orderBy(asc(person.name), asc(person.id));
}

export async function personsById(reader: Reader, ids: readonly number[]): Promise<PersonRow[]> {
  return reader.select().from(person).where(idIn(person.id, ids));
}

/** undefined: the e-mail is taken. */
export async function insertPerson(
  tx: Transaction,
  values: { name: string; email: string; passwordHash: string | null; grants: Grant[]; createdAt: number },
): Promise<PersonRow | undefined> {
  const [row] = await tx.insert(person).values(values).onConflictDoNothing({ target: person.email }).returning();
  return row;
}

/** Disabled or not. */
export async function lockPerson(tx: Transaction, id: number): Promise<PersonRow | undefined> {
  const [row] = await tx.select().from(person).where(eq(person.id, id)).for('update');
  return row;
}

type PersonPatch = Partial<
  Pick<PersonRow, 'passwordHash' | 'grants' | 'totpSecret' | 'totpConfirmedAt' | 'totpLastStep' | 'disabledAt'>
>;

export async function updatePerson(reader: Reader, id: number, patch: PersonPatch): Promise<void> {
  await reader
    .update(person)
    .set({ ...patch, revision: sql`${person.revision} + 1` })
    .where(eq(person.id, id));
}

/** One change of people at a time, until the transaction ends: of two admins who remove each other one has to stay. */
export async function lockPeople(tx: Transaction): Promise<void> {
  await tx.execute(sql`lock table ${person} in share row exclusive mode`);
}

// --- codes of a device

/** Takes the code of this step, once, and never one of a step before it. */
export async function takeTotpStep(reader: Reader, personId: number, step: number): Promise<boolean> {
  const rows = await reader
    .update(person)
    .set({ totpLastStep: step })
    .where(and(eq(person.id, personId), or(isNull(person.totpLastStep), lt(person.totpLastStep, step))))
    .returning({ id: person.id });
  return rows.length > 0;
}

/** Replaces those that the person had. */
export async function replaceRecoveryCodes(
  tx: Transaction,
  personId: number,
  codeHashes: readonly string[],
): Promise<void> {
  await tx.delete(recoveryCode).where(eq(recoveryCode.personId, personId));
  if (codeHashes.length > 0)
    await tx.insert(recoveryCode).values(codeHashes.map((codeHash) => ({ personId, codeHash })));
}

/** Uses the code up, once. */
export async function takeRecoveryCode(
  reader: Reader,
  personId: number,
  codeHash: string,
  now: number,
): Promise<boolean> {
  const rows = await reader
    .update(recoveryCode)
    .set({ usedAt: now })
    .where(and(eq(recoveryCode.personId, personId), eq(recoveryCode.codeHash, codeHash), isNull(recoveryCode.usedAt)))
    .returning({ personId: recoveryCode.personId });
  return rows.length > 0;
}

export function countRecoveryCodes(reader: Reader, personId: number): Promise<number> {
  return reader.$count(recoveryCode, and(eq(recoveryCode.personId, personId), isNull(recoveryCode.usedAt)));
}

// --- sessions

export type SessionRow = typeof session.$inferSelect;

export async function insertSession(
  reader: Reader,
  values: Omit<typeof session.$inferInsert, 'id' | 'revokedAt' | 'rotationDue'>,
): Promise<void> {
  await reader.insert(session).values(values);
}

/** An end may lie some seconds ahead: after a rotation, for the requests that are under way with the old secret. */
function stands(now: number) {
  return or(isNull(session.revokedAt), gt(session.revokedAt, now));
}

export interface LiveSession {
  session: SessionRow;
  person: PersonRow;
}

/** The session if it stands: not revoked, not run out, its person not disabled. */
export async function findLiveSession(
  reader: Reader,
  tokenHash: string,
  now: number,
): Promise<LiveSession | undefined> {
  const [row] = await reader
    .select({ session, person })
    .from(session)
    .innerJoin(person, eq(person.id, session.personId))
    .where(and(eq(session.tokenHash, tokenHash), stands(now), gt(session.expiresAt, now), isNull(person.disabledAt)));
  return row;
}

/** It was used: notes when and from where, and moves its end on. */
export async function noteSessionUse(
  reader: Reader,
  tokenHash: string,
  use: Pick<SessionRow, 'lastSeenAt' | 'address' | 'expiresAt'>,
): Promise<void> {
  await reader
    .update(session)
    .set(use)
    .where(and(eq(session.tokenHash, tokenHash), isNull(session.revokedAt)));
}

/** Sessions that stand, the one last used first. */
export function sessionsOf(reader: Reader, personId: number, now: number): Promise<SessionRow[]> {
  return reader
    .select()
    .from(session)
    .where(and(eq(session.personId, personId), isNull(session.revokedAt), gt(session.expiresAt, now)))
    .orderBy(desc(session.lastSeenAt), desc(session.id));
}

/** All of a person's, or one of them, or all but one; answers how many ended. */
export async function revokeSessionsOf(
  reader: Reader,
  personId: number,
  now: number,
  which: { id?: number | undefined; except?: string | undefined } = {},
): Promise<number> {
  const rows = await reader
    .update(session)
    .set({ revokedAt: now })
    .where(
      and(
        eq(session.personId, personId),
        stands(now),
        gt(session.expiresAt, now),
        which.id === undefined ? undefined : eq(session.id, which.id),
        which.except === undefined ? undefined : ne(session.tokenHash, which.except),
      ),
    )
    .returning({ id: session.id });
  return rows.length;
}

export async function markRotationDue(reader: Reader, personId: number): Promise<void> {
  await reader
    .update(session)
    .set({ rotationDue: true })
    .where(and(eq(session.personId, personId), isNull(session.revokedAt)));
}

/** The one request that gets to rotate the session; the old secret ends at `graceEndsAt`. */
export async function takeRotation(
  tx: Transaction,
  tokenHash: string,
  graceEndsAt: number,
): Promise<SessionRow | undefined> {
  const [row] = await tx
    .update(session)
    .set({ rotationDue: false, revokedAt: graceEndsAt })
    .where(and(eq(session.tokenHash, tokenHash), eq(session.rotationDue, true), isNull(session.revokedAt)))
    .returning();
  return row;
}

export async function revokeSession(reader: Reader, tokenHash: string, now: number): Promise<void> {
  await reader
    .update(session)
    .set({ revokedAt: now })
    .where(and(eq(session.tokenHash, tokenHash), stands(now)));
}

// --- one-time links

export async function insertLink(reader: Reader, values: typeof signInLink.$inferInsert): Promise<void> {
  await reader.insert(signInLink).values(values);
}

/** Only the latest link of a person, or for set-up, is good. */
export async function voidLinks(reader: Reader, of: { purpose: 'set-up' } | { personId: number }): Promise<void> {
  const which = 'personId' in of ? eq(signInLink.personId, of.personId) : eq(signInLink.purpose, of.purpose);
  await reader.delete(signInLink).where(and(which, isNull(signInLink.usedAt)));
}

/** Uses the link up, once: of two at the same time one gets nothing. */
export async function takeLink(
  tx: Transaction,
  tokenHash: string,
  purpose: 'set-up' | 'sign-in',
  now: number,
): Promise<{ personId: number | null } | undefined> {
  const [row] = await tx
    .update(signInLink)
    .set({ usedAt: now })
    .where(
      and(
        eq(signInLink.tokenHash, tokenHash),
        eq(signInLink.purpose, purpose),
        isNull(signInLink.usedAt),
        gt(signInLink.expiresAt, now),
      ),
    )
    .returning({ personId: signInLink.personId });
  return row;
}

export async function findLink(
  reader: Reader,
  tokenHash: string,
  purpose: 'set-up' | 'sign-in',
): Promise<{ personId: number | null; usedAt: number | null; expiresAt: number } | undefined> {
  const [row] = await reader
    .select({ personId: signInLink.personId, usedAt: signInLink.usedAt, expiresAt: signInLink.expiresAt })
    .from(signInLink)
    .where(and(eq(signInLink.tokenHash, tokenHash), eq(signInLink.purpose, purpose)));
  return row;
}

export async function findPerson(reader: Reader, id: number): Promise<PersonRow | undefined> {
  const [row] = await reader
    .select()
    .from(person)
    .where(and(eq(person.id, id), isNull(person.disabledAt)));
  return row;
}

// --- attempts to sign in

export interface AttemptCount {
  subject: string;
  attempts: number;
  windowEndsAt: number;
}

/**
 * Counts one attempt for each subject, before the password is looked at, so that attempts in parallel cannot slip past
 * the limit. A window that has ended starts again at 1.
 */
export function countAttempts(
  reader: Reader,
  subjects: readonly string[],
  now: number,
  windowEndsAt: number,
): Promise<AttemptCount[]> {
  const ended = lte(signInAttempt.windowEndsAt, now);
  return reader
    .insert(signInAttempt)
    .values([...subjects].sort().map((subject) => ({ subject, attempts: 1, windowEndsAt })))
    .onConflictDoUpdate({
      target: signInAttempt.subject,
      set: {
        attempts: sql`case when ${ended} then 1 else ${signInAttempt.attempts} + 1 end`,
        windowEndsAt: sql`case when ${ended} then excluded.window_ends_at else ${signInAttempt.windowEndsAt} end`,
      },
    })
    .returning();
}

export async function forgetAttempts(reader: Reader, subject: string): Promise<void> {
  await reader.delete(signInAttempt).where(eq(signInAttempt.subject, subject));
}

/** An attempt that succeeded does not count against the address it came from. */
export async function takeBackAttempt(reader: Reader, subject: string): Promise<void> {
  await reader
    .update(signInAttempt)
    .set({ attempts: sql`greatest(${signInAttempt.attempts} - 1, 0)` })
    .where(eq(signInAttempt.subject, subject));
}

// --- API tokens

export async function insertToken(
  reader: Reader,
  values: Pick<typeof apiToken.$inferInsert, 'name' | 'tokenHash' | 'grants' | 'createdBy' | 'createdAt' | 'expiresAt'>,
): Promise<TokenRow> {
  const [row] = await reader.insert(apiToken).values(values).returning();
  return row as TokenRow;
}

export async function tokensById(reader: Reader, ids: readonly number[]): Promise<TokenRow[]> {
  return reader.select().from(apiToken).where(idIn(apiToken.id, ids));
}

/** undefined: there is none, or it is revoked already. */
export async function revokeToken(reader: Reader, id: number, now: number): Promise<TokenRow | undefined> {
  const [row] = await reader
    .update(apiToken)
    .set({ revokedAt: now, revision: sql`${apiToken.revision} + 1` })
    .where(and(eq(apiToken.id, id), isNull(apiToken.revokedAt)))
    .returning();
  return row;
}

/** The token if it stands: not revoked, not run out. */
export async function findLiveToken(reader: Reader, tokenHash: string, now: number): Promise<TokenRow | undefined> {
  const [row] = await reader
    .select()
    .from(apiToken)
    .where(
      and(
        eq(apiToken.tokenHash, tokenHash),
        isNull(apiToken.revokedAt),
        or(isNull(apiToken.expiresAt), gt(apiToken.expiresAt, now)),
      ),
    );
  return row;
}

export async function noteTokenUse(reader: Reader, id: number, now: number): Promise<void> {
  await reader.update(apiToken).set({ lastUsedAt: now }).where(eq(apiToken.id, id));
}

// --- age

/** Deletes what has run out and serves nobody any more. `before`: epoch milliseconds. */
export async function deleteExpiredAccess(reader: Reader, before: number): Promise<void> {
  await reader.delete(session).where(lt(session.expiresAt, before));
  await reader.delete(signInLink).where(lt(signInLink.expiresAt, before));
  await reader.delete(signInAttempt).where(lt(signInAttempt.windowEndsAt, before));
}
