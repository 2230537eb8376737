import {
  findLiveToken,
  insertToken,
  listTokens as tokenRows,
  noteTokenUse,
  revokeToken as revokeRow,
  type TokenRow,
} from '../../../db/queries/people.ts';
import { Refusal } from '../../contracts/errors.ts';
import { distinctGrants } from '../../domain/grant.ts';
import type { Grant, Role } from '../../domain/permission.ts';
import type { Context } from '../context.ts';
import { verb, type Actor } from '../verb.ts';
import { demandKnownScopes } from './scopes.ts';
import { hashOfSecret, newSecret } from './secret.ts';

const DAY_MS = 86_400_000;
/** `last used` is exact to the minute: a busy token must not write with every request. */
const NOTE_USE_EVERY_MS = 60_000;

interface NewToken {
  name: string;
  /** Never `approver`: tokens do not approve. Rule: section 11. */
  grants: (Grant & { role: Exclude<Role, 'approver'> })[];
  expiresInDays?: number | undefined;
}

/** The secret is in this answer and nowhere else. */
export const createToken = verb('token.manage', async (ctx, actor, { name, grants, expiresInDays }: NewToken) => {
  await demandKnownScopes(ctx.db, grants);
  const now = ctx.clock.now();
  const secret = newSecret('sb_');
  const row = await insertToken(ctx.db, {
    name,
    grants: distinctGrants(grants),
    tokenHash: hashOfSecret(secret),
    createdBy: actor.name,
    createdAt: now,
    expiresAt: expiresInDays === undefined ? null : now + expiresInDays * DAY_MS,
  });
  return { token: tokenView(row), secret };
});

export const listTokens = verb('token.manage', async (ctx) => ({ items: (await tokenRows(ctx.db)).map(tokenView) }));

export const revokeToken = verb('token.manage', async (ctx, _actor, { id }: { id: number }) => {
  if (!(await revokeRow(ctx.db, id, ctx.clock.now()))) {
    throw new Refusal('not_found', `revocation refused: there is no token ${id}, or it is revoked already.`);
  }
  ctx.bell.ring({ access: true });
  return { ok: true as const };
});

/** Whose token this is; undefined when there is none, or it is revoked or has run out. */
export async function tokenActor(ctx: Context, secret: string): Promise<Actor | undefined> {
  const now = ctx.clock.now();
  const row = await findLiveToken(ctx.db, hashOfSecret(secret), now);
  if (!row) return undefined;
  if (row.lastUsedAt === null || now - row.lastUsedAt >= NOTE_USE_EVERY_MS) await noteTokenUse(ctx.db, row.id, now);
  return { kind: 'token', id: row.id, name: `token ${row.name}`, grants: row.grants };
}

function tokenView({ id, name, grants, createdBy, createdAt, expiresAt, lastUsedAt }: TokenRow) {
  return { id, name, grants, createdBy, createdAt, expiresAt, lastUsedAt };
}
