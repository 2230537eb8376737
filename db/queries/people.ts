import { and, asc, eq, gt, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { Role } from '../../server/domain/permission.ts';
import type { Reader, Transaction } from '../connect.ts';
import { apiToken, person, session, signInAttempt, signInLink } from '../schema/index.ts';

export type PersonRow = typeof person.$inferSelect;
export type TokenRow = typeof apiToken.$inferSelect;

export async function anyPersonExists(reader: Reader): Promise<boolean> {
  return (await reader.select({ id: person.id }).from(person).limit(1)).length > 0;
}

export async function findPersonByEmail(reader: Reader, email: string): Promise<PersonRow | undefined> {
  const [row] = await reader.select().from(person).where(eq(person.email, email));
  return row;
}

export function listPersons(reader: Reader): Promise<PersonRow[]> {
  return reader.select().from(person).where(isNull(person.disabledAt)).orderBy(asc(person.name), asc(person.id));
}

/** undefined: the e-mail is taken. */
export async function insertPerson(
  tx: Transaction,
  values: { name: string; email: string; passwordHash: string | null; roles: Role[]; createdAt: number },
): Promise<PersonRow | undefined> {
  const [row] = await tx.insert(person).values(values).onConflictDoNothing({ target: person.email }).returning();
  return row;
}

// --- sessions

export async function insertSession(
  reader: Reader,
  values: { tokenHash: string; personId: number; createdAt: number; expiresAt: number },
): Promise<void> {
  await reader.insert(session).values(values);
}

export interface LiveSession {
  createdAt: number;
  expiresAt: number;
  person: Pick<PersonRow, 'id' | 'name' | 'roles'>;
}

/** The session if it stands: not revoked, not run out, its person not disabled. */
export async function findLiveSession(
  reader: Reader,
  tokenHash: string,
  now: number,
): Promise<LiveSession | undefined> {
  const [row] = await reader
    .select({
      createdAt: session.createdAt,
      expiresAt: session.expiresAt,
      person: { id: person.id, name: person.name, roles: person.roles },
    })
    .from(session)
    .innerJoin(person, eq(person.id, session.personId))
    .where(
      and(
        eq(session.tokenHash, tokenHash),
        isNull(session.revokedAt),
        gt(session.expiresAt, now),
        isNull(person.disabledAt),
      ),
    );
  return row;
}

export async function extendSession(reader: Reader, tokenHash: string, expiresAt: number): Promise<void> {
  await reader
    .update(session)
    .set({ expiresAt })
    .where(and(eq(session.tokenHash, tokenHash), isNull(session.revokedAt), lt(session.expiresAt, expiresAt)));
}

export async function revokeSession(reader: Reader, tokenHash: string, now: number): Promise<void> {
  await reader
    .update(session)
    .set({ revokedAt: now })
    .where(and(eq(session.tokenHash, tokenHash), isNull(session.revokedAt)));
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
): Promise<{ usedAt: number | null; expiresAt: number } | undefined> {
  const [row] = await reader
    .select({ usedAt: signInLink.usedAt, expiresAt: signInLink.expiresAt })
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
  values: Pick<typeof apiToken.$inferInsert, 'name' | 'tokenHash' | 'roles' | 'createdBy' | 'createdAt' | 'expiresAt'>,
): Promise<TokenRow> {
  const [row] = await reader.insert(apiToken).values(values).returning();
  return row as TokenRow;
}

export function listTokens(reader: Reader): Promise<TokenRow[]> {
  return reader.select().from(apiToken).where(isNull(apiToken.revokedAt)).orderBy(asc(apiToken.id));
}

export async function revokeToken(reader: Reader, id: number, now: number): Promise<boolean> {
  const rows = await reader
    .update(apiToken)
    .set({ revokedAt: now, revision: sql`${apiToken.revision} + 1` })
    .where(and(eq(apiToken.id, id), isNull(apiToken.revokedAt)))
    .returning({ id: apiToken.id });
  return rows.length > 0;
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
