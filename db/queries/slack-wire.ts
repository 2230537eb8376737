import { and, asc, eq, gt, isNull, lt } from 'drizzle-orm';
import type { Reader, Transaction } from '../connect.ts';
import { person, slackAccount, slackLinkCode, slackSeen, slackStatus } from '../schema/index.ts';
import type { PersonRow } from './people.ts';

export type SlackAccountRow = typeof slackAccount.$inferSelect;
export type SlackStatusRow = typeof slackStatus.$inferSelect;

// --- what has been taken

/** Whether it is here for the first time; of two at the same time one is. */
export async function takeSeen(reader: Reader, key: string, now: number): Promise<boolean> {
  const rows = await reader
    .insert(slackSeen)
    .values({ key, seenAt: now })
    .onConflictDoNothing()
    .returning({ key: slackSeen.key });
  return rows.length > 0;
}

export async function deleteSeen(reader: Reader, before: number): Promise<void> {
  await reader.delete(slackSeen).where(lt(slackSeen.seenAt, before));
  await reader.delete(slackLinkCode).where(lt(slackLinkCode.expiresAt, before));
}

// --- who somebody is

/** The person whom this Slack user is linked to, disabled or not. */
export async function personOfSlackUser(reader: Reader, team: string, user: string): Promise<PersonRow | undefined> {
  const [row] = await reader
    .select({ person })
    .from(slackAccount)
    .innerJoin(person, eq(person.id, slackAccount.personId))
    .where(and(eq(slackAccount.team, team), eq(slackAccount.user, user)));
  return row?.person;
}

export function slackAccountsOf(reader: Reader, personId: number): Promise<SlackAccountRow[]> {
  return reader
    .select()
    .from(slackAccount)
    .where(eq(slackAccount.personId, personId))
    .orderBy(asc(slackAccount.linkedAt), asc(slackAccount.user));
}

/** A Slack user is one person: the newest link counts. */
export async function putSlackAccount(tx: Transaction, values: SlackAccountRow): Promise<void> {
  const { personId, userName, linkedAt } = values;
  await tx
    .insert(slackAccount)
    .values(values)
    .onConflictDoUpdate({ target: [slackAccount.team, slackAccount.user], set: { personId, userName, linkedAt } });
}

/** Whether there was such a link of this person. */
export async function deleteSlackAccount(
  reader: Reader,
  personId: number,
  { team, user }: { team: string; user: string },
): Promise<boolean> {
  const rows = await reader
    .delete(slackAccount)
    .where(and(eq(slackAccount.personId, personId), eq(slackAccount.team, team), eq(slackAccount.user, user)))
    .returning({ user: slackAccount.user });
  return rows.length > 0;
}

// --- one-time links

export type LinkCodeRow = typeof slackLinkCode.$inferSelect;

/** Codes of the same Slack user that nobody has used are void: only the latest is good. */
export async function putLinkCode(tx: Transaction, values: Omit<LinkCodeRow, 'usedAt'>): Promise<void> {
  const ofUser = and(eq(slackLinkCode.team, values.team), eq(slackLinkCode.user, values.user));
  await tx.delete(slackLinkCode).where(and(ofUser, isNull(slackLinkCode.usedAt)));
  await tx.insert(slackLinkCode).values(values);
}

export async function findLinkCode(reader: Reader, codeHash: string): Promise<LinkCodeRow | undefined> {
  const [row] = await reader.select().from(slackLinkCode).where(eq(slackLinkCode.codeHash, codeHash));
  return row;
}

/** Uses the code up, once: of two at the same time one gets nothing. */
export async function takeLinkCode(tx: Transaction, codeHash: string, now: number): Promise<LinkCodeRow | undefined> {
  const [row] = await tx
    .update(slackLinkCode)
    .set({ usedAt: now })
    .where(and(eq(slackLinkCode.codeHash, codeHash), isNull(slackLinkCode.usedAt), gt(slackLinkCode.expiresAt, now)))
    .returning();
  return row;
}

// --- how the bot stands

export async function readSlackStatus(reader: Reader): Promise<SlackStatusRow | undefined> {
  const [row] = await reader.select().from(slackStatus);
  return row;
}

export async function putSlackStatus(
  reader: Reader,
  values: Omit<typeof slackStatus.$inferInsert, 'one'>,
): Promise<void> {
  await reader
    .insert(slackStatus)
    .values({ one: true, ...values })
    .onConflictDoUpdate({ target: slackStatus.one, set: values });
}
