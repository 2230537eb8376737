import { revokeSessionsOf, sessionsOf } from '../../../db/queries/people.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import type { Owner } from './account.ts';
import { hashOfSecret } from './secret.ts';

/** One's own sessions, the one last used first; `current` is the one that asks. */
export async function listSessions(ctx: Context, { personId, sessionSecret }: Owner) {
  const rows = await sessionsOf(ctx.db, personId, ctx.clock.now());
  const mine = hashOfSecret(sessionSecret);
  return {
    items: rows.map(({ id, createdAt, lastSeenAt, expiresAt, address, tokenHash }) => ({
      id,
      createdAt,
      lastSeenAt,
      expiresAt,
      address,
      current: tokenHash === mine,
    })),
  };
}

/** Ends one of one's own sessions. Refusal: `not_found`, for those of others too. */
export async function endSession(ctx: Context, { personId }: Owner, { id }: { id: number }) {
  if ((await revokeSessionsOf(ctx.db, personId, ctx.clock.now(), { id })) === 0) {
    throw new Refusal('not_found', `end of session ${id} refused: you have no such session, or it has ended already.`);
  }
  ctx.bell.ring({ access: true });
  return { ok: true as const };
}

export async function endOtherSessions(ctx: Context, { personId, sessionSecret }: Owner) {
  const except = hashOfSecret(sessionSecret);
  const ended = await revokeSessionsOf(ctx.db, personId, ctx.clock.now(), { except });
  ctx.bell.ring({ access: true });
  return { ended };
}
