import { hostViews, one } from '../../../db/queries/views.ts';
import { Refusal } from '../../contracts/errors.ts';
import { verb } from '../verb.ts';

export const showHost = verb('host.read', async (ctx, _actor, { id }: { id: number }) => {
  const host = await one(hostViews, ctx.db, id);
  if (!host) throw new Refusal('not_found', `There is no host ${id}. List them with GET /api/v1/hosts.`);
  return host;
});
