import { one, releaseViews } from '../../../db/queries/views.ts';
import { Refusal } from '../../contracts/errors.ts';
import { verb } from '../verb.ts';

export const showRelease = verb('release.read', async (ctx, _actor, { id }: { id: number }) => {
  const release = await one(releaseViews, ctx.db, id);
  if (!release) throw new Refusal('not_found', `There is no release ${id}. List them with GET /api/v1/releases.`);
  return release;
});
