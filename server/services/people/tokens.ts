import {
  findLiveToken,
  insertToken,
  noteTokenUse,
  revokeToken as revokeRow,
  tokensById,
  type TokenRow,
} from '../../../db/queries/people.ts';
import { tokenList, tokensWhere } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { distinctGrants, grantText } from '../../domain/grant.ts';
import type { Grant, Role } from '../../domain/permission.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import { EVERY_ROW, sortedPage, type SortedInput } from '../sorted-page.ts';
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
  const now = ctx.clock.now();
  const secret = newSecret('sb_');
  const values = {
    name,
    grants: distinctGrants(grants),
    tokenHash: hashOfSecret(secret),
    createdBy: actor.name,
    createdAt: now,
    expiresAt: expiresInDays === undefined ? null : now + expiresInDays * DAY_MS,
  };
  return transact(ctx, async (tx) => {
    await demandKnownScopes(tx, grants);
    const row = await insertToken(tx, values);
    const detail = { name, grants: values.grants.map(grantText), expiresAt: values.expiresAt };
    await record(tx, { now, actor: actor.name }, 'token.created', [row.id], detail);
    return { token: tokenView(row), secret };
  });
});

interface ListTokens extends Partial<SortedInput<keyof typeof tokenList.columns>> {
  search?: string | undefined;
}

/** The oldest first, unless another order is asked for; all of them, unless a limit is. */
export const listTokens = verb('token.manage', (ctx, _actor, { search, ...input }: ListTokens) =>
  sortedPage(
    { limit: EVERY_ROW, ...input },
    'created',
    (seek, limit) => sortedIds(ctx.db, tokenList, tokensWhere({ search }), seek, limit),
    async (ids) => (await tokensById(ctx.db, ids)).map(tokenView),
  ),
);

export const revokeToken = verb('token.manage', async (ctx, actor, { id }: { id: number }) => {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    const row = await revokeRow(tx, id, now);
    if (!row) throw new Refusal('not_found', `revocation refused: there is no token ${id}, or it is revoked already.`);
    await record(tx, { now, actor: actor.name }, 'token.revoked', [id], { name: row.name });
  });
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
