import {
  extendSession,
  findLiveSession,
  insertSession,
  revokeSession,
  type PersonRow,
} from '../../../db/queries/people.ts';
import type { Reader } from '../../../db/connect.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../verb.ts';
import { hashOfSecret, newSecret } from './secret.ts';

/** A session that nobody uses ends after three days; one that is used, after thirty. */
const IDLE_MS = 3 * 86_400_000;
export const SESSION_MS = 30 * 86_400_000;
/** A session is moved on at most this often: not every request has to write. */
const EXTEND_EVERY_MS = 5 * 60_000;

/** A session that has just begun. `secret` goes into the cookie and is kept nowhere. */
export interface OpenedSession {
  secret: string;
  actor: Actor;
}

export function personActor({ id, name, roles }: Pick<PersonRow, 'id' | 'name' | 'roles'>): Actor {
  return { kind: 'person', id, name, grants: roles.map((role) => ({ role })) };
}

/** Begins a session under a new secret and ends the one that the browser came with. */
export async function openSession(
  reader: Reader,
  person: PersonRow,
  now: number,
  before: string | undefined,
): Promise<OpenedSession> {
  if (before !== undefined) await revokeSession(reader, hashOfSecret(before), now);
  const secret = newSecret();
  await insertSession(reader, {
    tokenHash: hashOfSecret(secret),
    personId: person.id,
    createdAt: now,
    expiresAt: now + IDLE_MS,
  });
  return { secret, actor: personActor(person) };
}

/** Whose session this is; undefined when it has ended. Being used moves its end on, up to its bound. */
export async function sessionActor(ctx: Context, secret: string): Promise<Actor | undefined> {
  const now = ctx.clock.now();
  const tokenHash = hashOfSecret(secret);
  const session = await findLiveSession(ctx.db, tokenHash, now);
  if (!session) return undefined;
  const expiresAt = Math.min(now + IDLE_MS, session.createdAt + SESSION_MS);
  if (expiresAt - session.expiresAt >= EXTEND_EVERY_MS) await extendSession(ctx.db, tokenHash, expiresAt);
  return personActor(session.person);
}

/** Ends the session at once, in every process. */
export async function signOut(ctx: Context, secret: string): Promise<void> {
  await revokeSession(ctx.db, hashOfSecret(secret), ctx.clock.now());
}
