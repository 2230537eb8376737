import { lockClient, updateClient, type ClientPatch, type ClientPlace } from '../../../db/queries/clients.ts';
import { touchRows } from '../../../db/queries/fleet.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { ActivityKind } from '../../domain/activity.ts';
import { nextCheckAt } from '../../domain/check-schedule.ts';
import { installerNamed, keepsCache } from '../../domain/installer.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import { hashOfSecret, newSecret } from '../people/secret.ts';
import { clientTarget } from '../targets.ts';
import { verb, type Actor } from '../verb.ts';
import { noClient } from './check.ts';

/**
 * A new token for the client's feed, in place of the one before: the secret is in this answer and nowhere else. It opens
 * the feed, the artifacts and the reports of this one client, and nothing of the API.
 */
export const issueClientToken = verb(
  'client.token',
  async (ctx, actor, { id }: { id: number }) => {
    const secret = newSecret('sbc_');
    await change(ctx, actor, id, 'environment.token_issued', () => ({
      tokenHash: hashOfSecret(secret),
      tokenIssuedAt: ctx.clock.now(),
      tokenIssuedBy: actor.name,
    }));
    return { secret };
  },
  (ctx, { id }) => clientTarget(ctx, id),
);

/** The token opens nothing any more; from now on the schedule looks in the client's place again. */
export const revokeClientToken = verb(
  'client.token',
  async (ctx, actor, { id }: { id: number }) => {
    await change(ctx, actor, id, 'environment.token_revoked', ({ row, environment }, now) => {
      if (row.tokenHash === null) {
        const sentence = `Revocation refused: ${environment.name} has no token for this feed. There is nothing to revoke.`;
        throw new Refusal('stale', sentence, { reason: 'no_token' });
      }
      const installer = installerNamed(environment.installerMethod, environment.installerVersion);
      const checkDueAt = keepsCache(installer) ? nextCheckAt(now, environment.checkEveryMs, row.id) : null;
      return { tokenHash: null, tokenIssuedAt: null, tokenIssuedBy: null, seenAt: null, checkDueAt };
    });
    return { ok: true as const };
  },
  (ctx, { id }) => clientTarget(ctx, id),
);

async function change(
  ctx: Context,
  actor: Actor,
  id: number,
  kind: ActivityKind & `environment.${string}`,
  patchOf: (place: ClientPlace, now: number) => ClientPatch,
): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    const place = await lockClient(tx, id);
    if (!place) throw noClient(id);
    await updateClient(tx, id, patchOf(place, now));
    await touchRows(tx, 'environment', [place.environment.id]);
    const detail = { product: place.product.name };
    await record(tx, { now, actor: actor.name }, kind, [place.environment.id], detail);
  });
}
