import {
  findLiveSession,
  insertSession,
  noteSessionUse,
  revokeSession,
  takeRotation,
  type PersonRow,
  type SessionRow,
} from '../../../db/queries/people.ts';
import type { Reader } from '../../../db/connect.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../verb.ts';
import { hashOfSecret, newSecret } from './secret.ts';

/** A session that nobody uses ends after three days; one that is used, after thirty. */
const IDLE_MS = 3 * 86_400_000;
export const SESSION_MS = 30 * 86_400_000;
/** The use of a session is noted at most this often: not every request has to write. */
const NOTE_USE_EVERY_MS = 5 * 60_000;
/** After a rotation the requests that are under way with the old secret still get their answer. */
const GRACE_MS = 30_000;

/** A session that has just begun. `secret` goes into the cookie and is kept nowhere. */
export interface OpenedSession {
  secret: string;
  actor: Actor;
}

/** How and from where a session begins. */
export interface Entry {
  openedBy: SessionRow['openedBy'];
  address?: string | undefined;
  /** The session that the browser came with; it ends. */
  before?: string | undefined;
}

export function personActor({ id, name, grants }: Pick<PersonRow, 'id' | 'name' | 'grants'>): Actor {
  return { kind: 'person', id, name, grants };
}

/** Begins a session under a new secret and ends the one that the browser came with. */
export async function openSession(
  reader: Reader,
  person: PersonRow,
  now: number,
  { openedBy, address, before }: Entry,
): Promise<OpenedSession> {
  if (before !== undefined) await revokeSession(reader, hashOfSecret(before), now);
  const secret = newSecret();
  await insertSession(reader, {
    tokenHash: hashOfSecret(secret),
    personId: person.id,
    openedBy,
    address: address ?? null,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + IDLE_MS,
  });
  return { secret, actor: personActor(person) };
}

export interface FoundSession {
  actor: Actor;
  /** What its person may do has changed since it began: it is due for a new secret. */
  rotationDue: boolean;
}

/** Whose session this is; undefined when it has ended. Being used moves its end on, up to its bound. */
export async function findSession(ctx: Context, secret: string, address?: string): Promise<FoundSession | undefined> {
  const now = ctx.clock.now();
  const tokenHash = hashOfSecret(secret);
  const found = await findLiveSession(ctx.db, tokenHash, now);
  if (!found) return undefined;
  const { session, person } = found;
  if (now - session.lastSeenAt >= NOTE_USE_EVERY_MS) {
    const expiresAt = Math.min(now + IDLE_MS, session.createdAt + SESSION_MS);
    await noteSessionUse(ctx.db, tokenHash, { lastSeenAt: now, expiresAt, address: address ?? session.address });
  }
  return { actor: personActor(person), rotationDue: session.rotationDue };
}

/** The same session under a new secret; undefined when another request was first. */
export async function rotateSession(ctx: Context, secret: string): Promise<string | undefined> {
  const now = ctx.clock.now();
  return ctx.db.transaction(async (tx) => {
    const before = await takeRotation(tx, hashOfSecret(secret), now + GRACE_MS);
    if (!before) return undefined;
    const next = newSecret();
    const { personId, openedBy, address, createdAt, lastSeenAt, expiresAt } = before;
    const kept = { personId, openedBy, address, createdAt, lastSeenAt, expiresAt };
    await insertSession(tx, { ...kept, tokenHash: hashOfSecret(next) });
    return next;
  });
}

/** Ends the session at once, in every process. */
export async function signOut(ctx: Context, secret: string): Promise<void> {
  await revokeSession(ctx.db, hashOfSecret(secret), ctx.clock.now());
  ctx.bell.ring({ access: true });
}
